// Pictures of the dashboard's pages: phone and laptop, light and dark.
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const [folder, base, scenario, failed, success, suspicious, processing, endpoint, lost, delivery] = process.argv.slice(2);
const russian = process.env.OPENKYC_SHOTS_LANG === 'ru';
const only = process.env.OPENKYC_SHOTS_ONLY?.split(',');
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const faults = [];
for (const [size, viewport] of Object.entries({ phone: { width: 390, height: 844 }, laptop: { width: 1280, height: 900 } })) {
  for (const theme of ['light', 'dark']) {
    const locale = russian || size === 'phone' && theme === 'dark' ? 'ru-RU' : 'en-GB';
    const context = await browser.newContext({ viewport, colorScheme: theme, locale, timezoneId: 'Europe/Berlin' });
    const page = await context.newPage();
    page.on('console', (m) => { if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) faults.push(`${page.url()}: ${m.text()}`); });
    page.on('pageerror', (e) => faults.push(`${page.url()}: ${e}`));
    const shot = async (name, address, act) => {
      if (only && !only.includes(name)) return;
      if (address) await page.goto(base + address);
      if (act) await act();
      await page.waitForLoadState('load');
      await page.waitForTimeout(150);
      for (const width of size === 'phone' ? [360, 390] : [960, 1100, 1280]) {
        await page.setViewportSize({ ...viewport, width });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) faults.push(`${width} px ${name}: ${wide} px too wide`);
      }
      await page.evaluate(() => { for (const i of document.images) i.loading = 'eager'; });
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${folder}/${size}-${theme}-${name}.png`, fullPage: name !== 'zoom' && name !== 'confirm' });
    };
    await shot('login', '/dashboard/login');
    await shot('welcome', '/dashboard/welcome#one-time');
    await page.goto(`${base}/dashboard/login`);
    await page.fill('[name=email]', 'owner@shop.example');
    await page.fill('[name=password]', 'wrong');
    await page.click('button.primary');
    await shot('login-wrong');
    await page.fill('[name=password]', 'correct horse');
    await page.click('button.primary');
    await shot('sessions', '/dashboard/sessions');
    await shot('nothing', '/dashboard/sessions?status=idle&from=2020-01-01&to=2020-01-02');
    await shot('failed', `/dashboard/sessions/${failed}`, async () => {
      await page.locator('details.proof').evaluateAll((all) => all.forEach((d) => { d.open = true; }));
      await page.locator('.box').first().focus();
    });
    await shot('zoom', null, () => page.click('a.thumb'));
    await shot('success', `/dashboard/sessions/${success}`);
    await shot('suspicious', `/dashboard/sessions/${suspicious}`);
    await shot('processing', `/dashboard/sessions/${processing}`);
    await shot('scenarios', '/dashboard/scenarios');
    await shot('new', '/dashboard/scenarios/new', async () => {
      await page.click('dash-steps > button');
      await page.fill('[name=name]', ' ');
      await page.fill('[name="callback.url"]', 'ftp://shop.example');
      await page.locator('[name="steps.attempts"]').last().fill('3');
      await page.click('button.primary');
      await page.waitForLoadState('load');
    });
    await shot('scenario', `/dashboard/scenarios/${scenario}`, async () => {
      await page.fill('[name=key]', 'user_123');
      await page.click('#check button.primary');
      await page.waitForLoadState('load');
      await page.click('dash-reveal button');
      await page.waitForTimeout(300);
      await page.evaluate(() => scrollTo(0, 0));
    });
    await shot('confirm', null, () => page.click('dash-confirm button'));
    await shot('webhooks', '/dashboard/webhooks');
    await shot('endpoint', `/dashboard/webhooks/${endpoint}`);
    await shot('endpoint-lost', `/dashboard/webhooks/${lost}`);
    await shot('endpoint-primary', `/dashboard/webhooks/${scenario}`);
    await shot('endpoint-new', `/dashboard/webhooks/new?scenario=${scenario}`, async () => {
      await page.fill('[name=name]', 'risk team');
      await page.fill('[name=url]', 'https://user@risk.shop.example/in');
      await page.fill('[name=rate]', '99999');
      await page.click('.save button.primary');
      await page.waitForLoadState('load');
    });
    await shot('endpoint-secret', `/dashboard/webhooks/${endpoint}`, async () => {
      await page.click('#rotate button');
      await page.click('dialog .danger');
      await page.waitForLoadState('load');
    });
    await shot('replay', `/dashboard/webhooks/${endpoint}`, async () => {
      await page.click('#replay form button');
      await page.waitForLoadState('load');
    });
    await shot('deliveries', '/dashboard/deliveries');
    await shot('delivery', `/dashboard/deliveries/${delivery}`, () => page.click('#attempts summary'));
    await shot('tokens', '/dashboard/tokens', async () => {
      await page.fill('[name=name]', 'screenshots');
      await page.click('#new button.primary');
      await page.waitForLoadState('load');
    });
    await shot('account', '/dashboard/account');
    await shot('missing', '/dashboard/sessions/nothing');
    await context.close();
  }
}
await browser.close();
if (faults.length) { console.error([...new Set(faults)].join('\n')); process.exit(1); }
