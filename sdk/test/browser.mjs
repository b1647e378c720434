// Starting Chromium with a fake camera, opening the widget as an integrator's
// page does, and the few gestures a person makes.
import { chromium } from 'playwright-core';

export const env = process.env;

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP kyc.test 127.0.0.1'];
const fakeCamera = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

/** kind: camera (one that shows a rolling picture), none, or denied. */
export function launch(kind, more = []) {
  const camera = { camera: fakeCamera, none: ['--use-fake-ui-for-media-stream'], denied: ['--use-fake-device-for-media-stream'] }[kind];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: [...quiet, ...camera, ...more] });
}

/** A page of the integrator in a fresh profile; everything odd that it says is kept. */
export async function open(browser, options = {}, address = env.PAGE) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const odd = [];
  page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') odd.push(m.text()); });
  page.on('pageerror', (e) => odd.push(String(e)));
  const requests = [];
  page.on('request', (r) => requests.push(r.url()));
  await page.goto(address);
  return { context, page, odd, requests };
}

/** Calls setupKYC; what comes back is kept in window.seen. */
export async function setup(page, config) {
  await page.waitForFunction(() => window.KYCWidget);
  await page.evaluate((config) => {
    const seen = { success: [], close: 0, error: [] };
    window.seen = seen;
    window.handle = window.KYCWidget.setupKYC({
      ...config, somethingUnknown: { a: 1 },
      successCb: (payload) => seen.success.push(payload),
      closeCb: () => seen.close++,
      errorCb: (error) => seen.error.push(error),
    });
  }, config);
  return widget(page);
}

export function widget(page) {
  const frame = page.frameLocator('iframe[title]');
  const by = (id) => frame.getByTestId(id);
  return {
    frame, by,
    at: (screen, timeout = 15000) => frame.locator(`[data-screen="${screen}"]`).waitFor({ timeout }),
    click: (id) => by(id).click(),
    seen: () => page.evaluate(() => window.seen),
  };
}

export function check(truth, sentence) {
  if (!truth) throw new Error(sentence);
}
