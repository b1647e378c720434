// A person at the dashboard: what the script adds, and that all of it works
// without. The browser's own complaints, such as a refused style, are failures.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [base, scenario, failed, open] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const faults = [];

async function visitor(options) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Asia/Tokyo', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !m.text().startsWith('Failed to load resource')) faults.push(`${page.url()}: ${m.text()}`); });
  page.on('pageerror', (e) => faults.push(`${page.url()}: ${e}`));
  page.on('request', (r) => { if (!r.url().startsWith(base) && !r.url().startsWith('data:')) faults.push(`a request to ${r.url()}`); });
  return page;
}

async function signIn(page) {
  await page.goto(`${base}/dashboard/sessions/${failed}`);
  await page.fill('[name=email]', 'owner@shop.example');
  await page.fill('[name=password]', 'correct horse');
  await page.click('button.primary');
  await page.waitForURL(`**/sessions/${failed}`);
}

async function withScript() {
  const page = await visitor({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(`${base}/dashboard/welcome#one-time`);
  assert.equal(await page.inputValue('[name=secret]'), 'one-time');
  assert.equal(await page.isVisible('[name=secret]'), false);
  assert.equal(page.url(), `${base}/dashboard/welcome`, 'the code should leave the address');

  await signIn(page);
  const [utc, local] = await page.locator('.facts time').first().evaluate((t) => [t.dateTime, t.textContent]);
  assert.equal(local, new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Asia/Tokyo' }).format(new Date(utc)), 'times are the reader\'s own');

  await page.locator('dash-copy [data-copy]').first().click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), failed);

  await page.locator('a.thumb').first().click();
  const large = page.locator('dialog.zoom img');
  const first = await large.getAttribute('src');
  assert.ok(first.includes('/images/kycfull/'));
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await large.getAttribute('src'), first);
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });

  const kept = page.waitForResponse('**/dashboard/preferences');
  await page.click('button[name=theme][value=dark]');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await kept;
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'the choice should last');

  await page.goto(`${base}/dashboard/scenarios/${scenario}`);
  assert.ok(!(await page.content()).includes('the-scenario-secret'));
  await page.locator('dash-reveal').first().getByRole('button', { name: 'Reveal' }).click();
  await page.getByText('the-scenario-secret').waitFor();
  await page.locator('dash-reveal').first().locator('[data-copy]').click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'the-scenario-secret');

  const kinds = () => page.locator('dash-steps li select').evaluateAll((list) => list.map((s) => s.value).join(' '));
  await page.locator('dash-steps li').nth(2).getByRole('button', { name: 'Move up' }).click();
  assert.equal(await kinds(), 'document liveness selfie');
  await page.getByRole('button', { name: 'Add a step' }).click();
  await page.locator('dash-steps li').first().getByRole('button', { name: 'Remove' }).click();
  assert.equal(await kinds(), 'liveness selfie document');

  const replace = page.locator('dash-confirm').first().getByRole('button', { name: 'Replace' });
  await replace.click();
  await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
  await replace.click();
  await page.locator('dialog').getByRole('button', { name: 'Replace' }).click();
  await page.getByText('The secret is new.').waitFor();

  await page.goto(`${base}/dashboard/sessions/${open}`);
  await page.getByText('The checks are running.').waitFor();
  await page.evaluate(() => fetch('/end', { method: 'POST' }));
  await page.getByText('Every check of every step passed.').waitFor();
  await page.context().close();
}

async function withoutScript() {
  const page = await visitor({ javaScriptEnabled: false });
  await signIn(page);
  await page.getByText('Refused, because').waitFor();
  assert.match(await page.locator('.facts time').first().textContent(), / UTC$/);
  await page.click('button[name=lang][value=ru]');
  await page.getByText('Отказ: не пройдена').waitFor();
  await page.click('button[name=lang][value=en]');
  await page.goto(`${base}/dashboard/sessions`);
  await page.fill('.filter [name=clientKey]', 'user_1040');
  await page.click('.filter button.primary');
  await page.getByText('1 session', { exact: true }).waitFor();
  assert.equal(page.url(), `${base}/dashboard/sessions`, 'a client key must not stand in an address');
  await page.click('a.row');
  await page.getByText('Every check of every step passed.').waitFor();

  await page.goto(`${base}/dashboard/scenarios/${scenario}`);
  await page.locator('dash-steps li').nth(2).getByRole('button', { name: 'Move up' }).click();
  assert.equal(await page.locator('dash-steps li').nth(1).locator('select').inputValue(), 'liveness');
  await page.fill('[name=name]', 'Without script');
  await page.press('[name=name]', 'Enter');
  await page.getByText('Saved.').waitFor();
  assert.equal(await page.locator('h1').textContent(), 'Without script', 'Enter should save');
  await page.locator('dash-reveal').first().getByRole('button', { name: 'Reveal' }).click();
  await page.getByText('the-scenario-secret').waitFor();
  await page.locator('dash-confirm').nth(1).getByRole('button').click();
  await page.getByRole('button', { name: 'Replace' }).click();
  await page.getByText('The secret is new.').waitFor();
  await page.locator('label', { hasText: 'PHP' }).click();
  assert.ok(await page.getByText('openssl_encrypt').isVisible());
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(`${base}/dashboard/tokens`);
  assert.equal(page.url(), `${base}/dashboard/login?next=%2Fdashboard%2Ftokens`, 'the cookie should be gone');
  await page.context().close();
}

try {
  await withScript();
  await withoutScript();
  assert.deepEqual(faults, []);
} finally {
  await browser.close();
}
