// The eyes and fingers of a person in a real browser: opens the integrator's
// page, opens the widget, says what it shows, and presses what a person would.
// The world in front of the camera is held by whoever reads this script's
// output and answers "done" when the scene is set.
//
// Environment: PAGE, CAMERA (y4m file), CONFIG (JSON for setupKYC), SHOTS (a
// folder for screenshots, optional). Prints one JSON object a line.
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const { PAGE, CAMERA, CONFIG, SHOTS, CHROMIUM = '/usr/bin/chromium' } = process.env;
const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function tell(event) {
  console.log(JSON.stringify(event));
  await answers.next(); // the scene is set
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${CAMERA}`] });
const context = await browser.newContext({ viewport: { width: 1100, height: 820 }, reducedMotion: 'reduce' });
const page = await context.newPage();
const odd = [];
page.on('pageerror', (e) => odd.push(String(e)));
page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('status of 4')) odd.push(m.text()); });

let shot = 0;
const picture = async (name) => { if (SHOTS) await page.screenshot({ path: `${SHOTS}/${String(shot++).padStart(2, '0')}-${name}.png` }); };

try {
  await page.goto(PAGE);
  await page.waitForFunction(() => window.KYCWidget, undefined, { timeout: 15000 });
  await page.evaluate((config) => {
    window.seen = { success: [], close: 0, error: [] };
    window.KYCWidget.setupKYC({ ...config, successCb: (s) => window.seen.success.push(s), closeCb: () => window.seen.close++, errorCb: (e) => window.seen.error.push(e) });
  }, JSON.parse(CONFIG));
  const frame = page.frameLocator('iframe[title]');
  const card = frame.getByTestId('widget');
  const press = (id) => frame.getByTestId(id).click({ timeout: 15000 });
  const final = new Set(['success', 'failed', 'expired', 'error', 'suspicious', 'review']);
  let last = '';
  let move = '';
  const deadline = Date.now() + 110000;
  for (;;) {
    if (Date.now() > deadline) throw new Error(`the widget is still at ${last} ${move}`);
    const screen = await card.getAttribute('data-screen', { timeout: 15000 });
    if (screen !== last) {
      last = screen;
      move = '';
      await picture(screen);
      const text = screen === 'error' ? await frame.getByTestId('message').innerText() : '';
      await tell({ screen, text });
      if (final.has(screen)) break;
      if (screen === 'welcome') await press('start');
      else if (screen === 'preview') await press('use');
      else if (screen === 'step-failed') { await tell({ hints: await frame.getByTestId('hints').innerText() }); await press('way-on'); }
    } else if (screen === 'liveness') {
      const ready = frame.getByTestId('ready');
      if (await ready.isVisible() && await ready.isEnabled()) { await ready.click({ timeout: 3000 }).catch(() => {}); }
      const now = await frame.getByTestId('stage').getAttribute('data-move', { timeout: 500 }).catch(() => null);
      const index = await frame.getByTestId('stage').getAttribute('data-move-index', { timeout: 500 }).catch(() => null);
      const key = `${index} ${now}`;
      if (now && now !== 'none' && key !== move) {
        move = key;
        await picture(`move-${index}-${now}`);
        await tell({ move: now === 'end' ? 'centre' : now });
      }
    }
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(300);
  const left = await page.evaluate(() => ({ local: localStorage.length, session: sessionStorage.length }));
  const seen = await page.evaluate(() => window.seen);
  await tell({ over: true, seen, odd, left });
} catch (error) {
  await picture('wrong');
  console.log(JSON.stringify({ wrong: String(error), odd }));
} finally {
  await browser.close();
}
process.exit(0);
