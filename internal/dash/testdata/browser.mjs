// A person at the dashboard: what the script adds, and that all of it works
// without. The browser's own complaints, such as a refused style, are failures.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [base, scenario, failed, open, endpoint, lost, sent] = process.argv.slice(2);
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

  await lives(page);
  await webhooks(page);
  await page.context().close();
}

// Pages follow what they show without being loaded again: what was unfolded and
// typed stays.
async function lives(page) {
  const world = (path) => page.evaluate((to) => fetch(to, { method: 'POST' }), path);
  const loads = [];
  page.on('framenavigated', (frame) => loads.push(frame.url()));
  await page.goto(`${base}/dashboard/sessions/${open}`);
  await page.getByText('The checks are running.').waitFor();
  await page.locator('.raw summary').click();
  loads.length = 0;
  await world('/end');
  await page.getByText('Every check of every step passed.').waitFor();
  assert.ok(await page.locator('.raw').evaluate((d) => d.open), 'what was unfolded should stay so');
  assert.ok((await page.locator('.raw pre').textContent()).includes('"status": "success"'));
  await page.getByText('The page was updated.').waitFor({ state: 'attached' });
  assert.deepEqual(loads, [], 'the page should change without being loaded');

  await page.goto(`${base}/dashboard/sessions`);
  const row = page.locator('tr', { has: page.locator(`a[href$="${open}"]`) });
  await row.getByText('Success').waitFor();
  await page.fill('.filter [name=clientKey]', 'half typed');
  await page.locator('a.row').nth(2).focus();
  const [count, focused] = [await page.locator('tbody tr').count(), await page.evaluate(() => document.activeElement.href)];
  loads.length = 0;
  await world('/begin');
  await page.getByText('New here: 1').waitFor();
  assert.equal(await page.locator('tbody tr').count(), count, 'rows should not move under the reader');
  await world('/fail');
  await row.getByText('Failed', { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.href), focused);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('user_new').waitFor();
  assert.equal(await page.locator('tbody tr').count(), count + 1);
  assert.equal(await page.inputValue('.filter [name=clientKey]'), 'half typed');
  await world('/end'); // the list that was put in is alive, too
  await row.getByText('Success').waitFor();
  assert.deepEqual(loads, [], 'the list should change without being loaded');

  await page.goto(`${base}/dashboard/sessions`);
  await page.fill('.filter [name=clientKey]', 'user_new');
  await page.click('.filter button.primary');
  await page.getByText('1 session', { exact: true }).waitFor();
  loads.length = 0;
  await world('/finish'); // found by a key that may not stand in an address
  await page.locator('tbody').getByText('Success').waitFor();
  assert.deepEqual(loads, []);
}

// The webhooks of an account: what is wrong is told everywhere, a secret is
// shown once, a test is seen to arrive.
async function webhooks(page) {
  await page.goto(`${base}/dashboard/scenarios`);
  await page.getByRole('alert').getByText('1 webhook endpoint was disabled').waitFor();
  await page.getByRole('alert').getByRole('link', { name: 'old CRM' }).click();
  await page.waitForURL(`**/webhooks/${lost}`);
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByText('What waited is on its way.').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.locator('#switch').getByRole('button', { name: 'Disable' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByText('Its notifications wait.').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0, 'what was disabled by hand is no alarm');

  await page.goto(`${base}/dashboard/webhooks/${endpoint}`);
  await page.locator('.head').getByText('Resting').waitFor();
  await page.fill('[name=name]', 'half typed');
  await page.evaluate((id) => fetch(`/recover?endpoint=${id}`, { method: 'POST' }), endpoint);
  await page.locator('.head').getByText('Works').waitFor();
  assert.equal(await page.inputValue('[name=name]'), 'half typed', 'settings that are being typed should stay');
  await page.selectOption('[name=overlap]', '1h');
  await page.locator('#rotate button').click();
  await page.locator('dialog .danger').click();
  await page.getByText('whsec_rotated').waitFor();
  await page.getByText('signs beside the new one until').waitFor();
  await page.locator('.fresh [data-copy]').click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'whsec_rotated');
  await page.evaluate((id) => fetch(`/recover?endpoint=${id}`, { method: 'POST' }), endpoint);
  await page.waitForTimeout(300);
  assert.ok(await page.getByText('whsec_rotated').isVisible(), 'a change must not take a secret away that is shown only once');

  await page.selectOption('#test [name=event]', 'session.step');
  await page.locator('#test button').click();
  await page.waitForURL(`**/deliveries/${sent}`);
  await page.locator('.head').getByText('On its way').waitFor();
  await page.evaluate(() => fetch('/arrive', { method: 'POST' }));
  await page.locator('.head').getByText('Delivered').waitFor();
  await page.getByText('Request headers').click();
  await page.getByText('openkyc-test').waitFor();
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
  await page.goto(`${base}/dashboard/webhooks/${endpoint}`);
  await page.locator('#rotate button').click();
  await page.getByRole('button', { name: 'Replace the secret' }).click();
  await page.getByText('whsec_rotated').waitFor();
  await page.locator('#replay form').first().getByRole('button').click();
  await page.getByText('31 notifications will be sent again.').waitFor();
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('31 notifications are on their way again.').waitFor();
  await page.goto(`${base}/dashboard/deliveries`);
  await page.fill('.filter [name=clientKey]', 'user_1040');
  await page.selectOption('.filter [name=status]', 'delivered');
  await page.click('.filter button.primary');
  await page.locator('.pager').waitFor();
  assert.equal(page.url(), `${base}/dashboard/deliveries`, 'a client key must not stand in an address');
  await page.goto(`${base}/dashboard/scenarios/${scenario}`);
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
