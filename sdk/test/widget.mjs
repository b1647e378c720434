// The widget as a person meets it, in Chromium, against a stand-in room. The
// Go test TestWidgetInBrowser starts the servers and runs this.
import jsQR from 'jsqr';
import { check, env, launch, open, setup, widget } from './browser.mjs';
import { shots } from './shots.mjs';

const key = (name) => `${name} MARKER ${Math.random().toString(36).slice(2)}`;
const config = (name, more = {}) => ({ schemaId: env.OPEN_SCHEMA, clientKey: key(name), lang: 'en', ...more });

/** Everything a browser could keep for our origin. */
async function leftovers(context, page) {
  const own = await context.newPage();
  await own.goto(`${env.WIDGET}/widget/`);
  const kept = await own.evaluate(async () => ({
    local: localStorage.length, session: sessionStorage.length, caches: (await caches.keys()).length,
    databases: (await indexedDB.databases()).length, cookies: document.cookie,
  }));
  await own.close();
  const cookies = await context.cookies();
  check(JSON.stringify(kept) === JSON.stringify({ local: 0, session: 0, caches: 0, databases: 0, cookies: '' }) && cookies.length === 0,
    `S34: something stays in the browser: ${JSON.stringify(kept)} ${JSON.stringify(cookies)}`);
  const dom = await page.evaluate(() => document.querySelectorAll('iframe, dialog, [data-openkyc]').length);
  check(dom === 0, 'S34: parts of the widget stay in the page');
}

const tests = {
  async 'the whole journey by camera, hands off, and nothing stays'(browsers) {
    const { context, page, odd, requests } = await open(browsers.camera);
    const w = await setup(page, config('failfirst', { clientUser: 'u' }));
    await w.at('welcome');
    await w.click('start');
    await w.at('document');
    await w.at('preview'); // taken by itself
    await w.click('use');
    await w.at('step-failed');
    const hints = await w.by('hints').innerText();
    check(hints.includes('<<<') && hints.includes('too dark') && hints.includes('Part of the document'), `hints: ${hints}`);
    check((await w.by('attempts-left').innerText()).includes('2'), 'attempts left');
    await page.route('**/capture/look/document*', (route) => route.fulfill({ status: 429, body: '{}' })); // the server is too busy for hints
    await w.click('way-on');
    await w.at('document');
    await w.frame.getByText('Use the button').waitFor();
    await w.click('shutter');
    await w.at('preview');
    await w.click('use');
    await w.at('selfie');
    check(await w.by('upload').count() === 0, 'S51: a selfie cannot be uploaded');
    await w.at('preview');
    await w.click('use');
    await w.at('liveness');
    await w.click('ready');
    for (const move of ['centre', 'left', 'right', 'end']) await w.frame.locator(`[data-move="${move}"]`).waitFor({ timeout: 15000 });
    await w.at('success', 30000);
    await page.waitForFunction(() => window.seen.success.length === 1);
    const { success } = await w.seen();
    check(success[0].status === 'success' && success[0].sessionId !== '', `successCb got ${JSON.stringify(success)}`);
    const frame = page.frames().find((f) => f.url().startsWith(env.WIDGET));
    check(await frame.evaluate(() => !document.documentElement.outerHTML.includes('MARKER')), 'the key is in the DOM');
    await w.click('way-on');
    await page.waitForFunction(() => window.seen.close === 1);
    await page.evaluate(() => window.handle.close());
    check((await w.seen()).close === 1, 'closeCb must be called once');
    await leftovers(context, page);
    check(!requests.some((u) => u.includes('MARKER')), 'S33: a client key is in an address');
    check(requests.every((u) => u.startsWith(env.WIDGET) || u.startsWith(env.PAGE) || u.startsWith('data:')), `S34: third-party requests: ${requests}`);
    const said = odd.filter((text) => !text.includes('status of 429'));
    check(said.length === 0, `the console says: ${said.join('\n')}`);
    await context.close();
  },

  async 'moves beside turns are asked for in words and by signs'(browsers) {
    const { context, page, odd } = await open(browsers.camera, { viewport: { width: 360, height: 740 } });
    const w = await setup(page, config('moves'));
    await w.click('start');
    await w.at('liveness');
    await w.click('ready');
    for (const [index, move, words] of [[1, 'nod', 'chin'], [2, 'left', 'left'], [4, 'blink', 'Close your eyes'], [5, 'closer', 'Come closer'], [7, 'right', 'right']]) {
      await w.frame.locator(`[data-move="${move}"][data-move-index="${index}"]`).waitFor({ timeout: 20000 });
      const ask = w.by('ask');
      check((await ask.innerText()).includes(words) && await ask.getAttribute('aria-live') === 'assertive', `${move}: ${await ask.innerText()}`);
    }
    await w.at('success', 30000);
    check(odd.length === 0, `the console says: ${odd.join('\n')}`);
    await context.close();
  },

  async 'the screen lights the face with every colour, and says so before'(browsers) {
    const { context, page, odd } = await open(browsers.camera, { viewport: { width: 360, height: 740 }, reducedMotion: 'no-preference' });
    const w = await setup(page, config('light'));
    await w.at('welcome');
    check((await w.frame.locator('[data-step="liveness"]').innerText()).includes('changes colours'), 'the plan does not tell of the light');
    await w.click('start');
    await w.at('liveness');
    check((await w.by('light-warning').innerText()).includes('epilepsy'), 'nobody is warned of the light');
    await w.click('ready');
    await w.frame.locator('[data-move="light"]').waitFor();
    check((await w.by('ask').innerText()).includes('without flashing') && await w.frame.locator('[data-colour]').count() === 0, 'the sentence comes before the light');
    for (const colour of ['red', 'cyan', 'blue', 'yellow', 'green', 'magenta']) await w.frame.locator(`[data-colour="${colour}"]`).waitFor();
    await w.frame.locator('[data-move="left"]').waitFor();
    check(await w.frame.locator('[data-colour]').count() === 0, 'a colour stays');
    await w.at('success', 30000);
    check(odd.length === 0, `the console says: ${odd.join('\n')}`);
    await context.close();
  },

  async 'who cannot bear changing colours does without, and is not warned again'(browsers) {
    const { context, page, odd } = await open(browsers.camera, { viewport: { width: 360, height: 740 } });
    const w = await setup(page, config('light'));
    await w.click('start');
    await w.at('liveness');
    await w.click('unlit');
    for (const move of ['left', 'right', 'end']) {
      await w.frame.locator(`[data-move="${move}"]`).waitFor({ timeout: 15000 });
      check(await w.frame.locator('[data-colour]').count() === 0, 'a colour is shown all the same');
    }
    await w.at('success', 30000);
    check(odd.length === 0, `the console says: ${odd.join('\n')}`);
    await context.close();
  },

  async 'a raw key shows exactly the one sentence'(browsers) {
    const { context, page } = await open(browsers.camera);
    const w = await setup(page, config('raw'));
    await w.at('error');
    check(await w.by('message').innerText() === 'Failed to perform asymmetric decryption!', await w.by('message').innerText());
    check((await w.seen()).error[0].message === 'Failed to perform asymmetric decryption!', 'errorCb');
    await w.click('leave');
    await page.waitForFunction(() => window.seen.close === 1);
    await context.close();
  },

  async 'other ends have their own screens'(browsers) {
    await Promise.all(['failed', 'suspicious', 'exception'].map(async (end) => {
      const { context, page } = await open(browsers.camera);
      const w = await setup(page, config(end));
      await w.click('start');
      await w.at('preview');
      await w.click('use');
      await w.at(end);
      const seen = await w.seen();
      check(seen.success.length === 0 && seen.error[0].code === end, `${end}: ${JSON.stringify(seen)}`);
      await context.close();
    }));
    const { context, page } = await open(browsers.camera);
    const w = await setup(page, config('short'));
    await w.at('welcome');
    await w.at('expired', 10000);
    await context.close();
  },

  async 'permission denied: a screen, a file instead, and again'(browsers) {
    const { context, page } = await open(browsers.denied);
    const w = await setup(page, config('good'));
    await w.click('start');
    await w.at('permission');
    await w.click('way-on');
    await w.at('permission');
    await w.by('file').setInputFiles({ name: 'x.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') });
    await w.by('file-bad').waitFor();
    await w.by('file').setInputFiles(env.PICTURE);
    await w.at('preview');
    await w.click('use');
    await w.at('permission'); // now for the selfie
    check(await w.by('upload').count() === 0, 'S51: a selfie cannot be uploaded');
    await context.close();
  },

  async 'no camera: a screen and a file instead'(browsers) {
    const { context, page } = await open(browsers.none);
    const w = await setup(page, config('good'));
    await w.click('start');
    await w.at('no-camera');
    await w.by('file').setInputFiles(env.PICTURE);
    await w.at('preview');
    await context.close();
  },

  async 'a proof of address: what will do, a PDF, a photo beside it, another try'(browsers) {
    const { context, page } = await open(browsers.none, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    const w = await setup(page, config('address'));
    await w.click('start');
    await w.at('address'); // no camera is asked for
    const kinds = await w.by('kinds').innerText();
    check(kinds.includes('electricity') && kinds.includes('Bank') && !kinds.includes('tax'), `kinds: ${kinds}`);
    await w.frame.getByText('2 months').waitFor();
    check(await w.by('camera-file').getAttribute('capture') === 'environment', 'a phone opens its own camera');
    await w.by('file').setInputFiles({ name: 'x.pdf', mimeType: 'application/pdf', buffer: Buffer.from('no document') });
    await w.by('file-bad').waitFor();
    await w.by('file').setInputFiles({ name: 'large.pdf', mimeType: 'application/pdf', buffer: Buffer.concat([Buffer.from('%PDF-1.4 1'), Buffer.alloc(13 << 20)]) });
    await w.frame.getByText('12 MB').waitFor();
    await w.by('file').setInputFiles({ name: 'bill.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 3 ') });
    await w.at('preview');
    check(await w.by('preview-file').innerText() === 'bill.pdf', 'a PDF is shown by its name');
    await w.click('add-side');
    await w.at('address');
    await w.by('camera-file').setInputFiles(env.PICTURE);
    await w.at('preview');
    check(await w.by('preview-file').count() === 1 && await w.frame.locator('canvas:not([hidden])').count() === 1, 'a PDF and a photo');
    await w.click('use');
    await w.at('step-failed');
    const hints = await w.by('hints').innerText();
    check(hints.includes('too old') && hints.includes('name is not the one'), `hints: ${hints}`);
    await w.click('way-on');
    await w.at('address');
    await w.by('file').setInputFiles({ name: 'bill.pdf', mimeType: '', buffer: Buffer.from('%PDF-1.4 1 ') });
    await w.click('use');
    await w.at('success');
    await context.close();
  },

  async 'what was read is shown, corrected and confirmed, also after a new start'(browsers) {
    const { context, page } = await open(browsers.camera, { viewport: { width: 360, height: 740 } });
    const settings = config('correct');
    let w = await setup(page, settings);
    await w.click('start');
    await w.at('preview');
    await w.click('use');
    await w.at('review');
    check(await w.frame.locator('input.doubtful').count() === 1, 'what is hard to read is marked');
    w = await setup(page, settings); // the page is opened again
    await w.at('review');
    await w.click('retake-read');
    await w.at('preview'); // straight to the camera: nothing went wrong
    await w.click('use');
    await w.at('review');
    await w.frame.getByLabel('Surname').fill('ERIKSSON');
    await w.frame.getByLabel('Date of birth').fill('31.02.1974');
    await w.click('confirm-fields');
    await w.by('review-wrong').waitFor();
    await w.frame.getByLabel('Date of birth').fill('12.08.1974');
    await w.frame.getByLabel('Date of birth').press('Enter');
    await w.at('selfie');
    await context.close();
  },

  async 'an insecure page: its own screen'(browsers) {
    const { context, page } = await open(browsers.camera, {}, `http://kyc.test:${env.PAGE_PORT}`);
    const w = await setup(page, config('good'));
    await w.click('start');
    await w.at('insecure');
    check(await w.by('upload').count() === 1, 'a document can still be uploaded');
    await context.close();
  },

  async 'the network goes and comes: nothing is lost'(browsers) {
    const { context, page } = await open(browsers.camera);
    const w = await setup(page, config('good'));
    await w.click('start');
    await w.at('preview');
    await context.setOffline(true);
    await w.click('use');
    await w.at('offline');
    await w.click('way-on'); // the button alone does not help yet
    await w.at('offline');
    await context.setOffline(false);
    await w.at('selfie', 20000);
    await w.at('preview');
    await context.close();
  },

  async 'opened elsewhere: the older window says so and can take it back'(browsers) {
    const { context, page } = await open(browsers.camera);
    const settings = config('good');
    const w = await setup(page, settings);
    await w.click('start');
    await w.at('preview');
    const other = await open(browsers.camera);
    await (await setup(other.page, settings)).at('welcome');
    await w.click('use');
    await w.at('elsewhere');
    await w.click('way-on');
    await w.at('welcome');
    await context.close();
    await other.context.close();
  },

  async 'by keyboard alone: start, question, stay, leave'(browsers) {
    const { context, page } = await open(browsers.camera);
    await page.focus('#before');
    const w = await setup(page, config('good'));
    await w.at('welcome');
    const focused = () => page.frames()[1].evaluate(() => {
      let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      return { id: e?.dataset?.testid ?? e?.localName ?? '', outline: e ? getComputedStyle(e).outlineStyle : '' };
    });
    for (const [press, want] of [['Tab', 'start'], ['Shift+Tab', 'close'], ['Tab', 'start']]) {
      await page.keyboard.press(press);
      const { id, outline } = await focused();
      check(id === want && outline === 'solid', `after ${press} the focus is on ${id} (${outline}), want ${want}`);
    }
    await page.keyboard.press('Enter');
    await w.at('document');
    await page.keyboard.press('Escape');
    await w.by('confirm').waitFor();
    check((await focused()).id === 'stay', `focus in the question: ${(await focused()).id}`);
    await page.keyboard.press('Escape');
    await w.by('confirm').waitFor({ state: 'detached' });
    check((await focused()).id === 'close', 'focus after staying');
    await w.at('preview');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    check((await focused()).id === 'leave', 'second button of the question');
    void page.keyboard.press('Enter').catch(() => {}); // the frame dies of it, so that the key's answer may never come
    await page.waitForFunction(() => window.seen.close === 1);
    check(await page.evaluate(() => document.activeElement.id) === 'before', 'the page gets its focus back');
    await context.close();
  },

  async 'S40: a page that is not allowed cannot show the widget'(browsers) {
    const { context, page } = await open(browsers.camera);
    await page.clock.install();
    await setup(page, config('good', { schemaId: env.CLOSED_SCHEMA }));
    await page.waitForTimeout(700);
    check(await page.frameLocator('iframe[title]').locator('openkyc-widget').count() === 0, 'the widget is shown');
    await page.clock.fastForward(16000);
    await page.getByRole('button', { name: 'Close' }).click();
    const seen = await page.evaluate(() => window.seen);
    check(seen.close === 1 && seen.error[0].code === 'unreachable' && seen.success.length === 0, JSON.stringify(seen));
    await context.close();
  },

  async 'a forged message is not believed'(browsers) {
    const { context, page } = await open(browsers.camera);
    const w = await setup(page, config('good'));
    await w.at('welcome');
    await page.evaluate(() => {
      for (const nonce of ['', 'x', undefined]) window.postMessage({ protocol: 'openkyc/1', nonce, message: { type: 'success', payload: {} } }, '*');
    });
    await page.waitForTimeout(200);
    check((await w.seen()).success.length === 0, 'a message of the page itself was believed');
    await context.close();
  },

  async 'inside a container, with offsets, one overlay at a time, in Russian'(browsers) {
    const { context, page } = await open(browsers.camera);
    let w = await setup(page, config('good', { topOffset: 60, bottomOffset: '20px', theme: 'dark', lang: 'ru' }));
    await w.at('welcome');
    const box = await page.locator('dialog').boundingBox();
    check(box.y === 60 && box.height === 720 && box.width === 1280, `offsets: ${JSON.stringify(box)}`);
    check(await w.by('start').innerText() === 'Начать', 'Russian');
    await page.evaluate(() => { window.first = window.seen; });
    w = await setup(page, { ...config('good'), schemaId: undefined, scenarioId: env.OPEN_SCHEMA });
    await w.at('welcome');
    check(await page.evaluate(() => window.first.close) === 1 && await page.locator('dialog').count() === 1, 'one overlay at a time');
    await page.evaluate(() => window.handle.close());
    w = await setup(page, config('good', { container: '#box' }));
    await w.at('welcome');
    check(await page.locator('#box iframe').count() === 1 && await page.locator('dialog').count() === 0, 'inside the container');
    await context.close();
  },

  async 'the hosted page goes on to the scenario\'s address'(browsers) {
    const { context, page } = await open(browsers.camera, { viewport: { width: 360, height: 740 } }, `${env.WIDGET}/${env.OPEN_SCHEMA}/page+MARKER//x==`);
    const by = (id) => page.getByTestId(id);
    const at = (screen) => page.locator(`[data-screen="${screen}"]`).waitFor({ timeout: 40000 });
    await by('start').click();
    await at('preview');
    await by('use').click();
    await at('success');
    await by('way-on').click();
    await page.waitForURL('**/after');
    await context.close();
  },

  async 'S34: the camera is let go of between steps and at the end'(browsers) {
    const { context, page } = await open(browsers.camera, {}, 'about:blank');
    await context.addInitScript(() => {
      window.tracks = [];
      const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wish) => {
        const stream = await get(wish);
        window.tracks.push(...stream.getTracks());
        return stream;
      };
    });
    await page.goto(`${env.WIDGET}/${env.OPEN_SCHEMA}/good%20MARKER%2Fcamera`);
    const live = () => page.evaluate(() => window.tracks.map((t) => t.readyState).join());
    await page.getByTestId('start').click();
    await page.locator('[data-screen="preview"]').waitFor();
    check(await live() === 'ended', `at the preview: ${await live()}`);
    await page.getByTestId('retake').click();
    await page.locator('video').waitFor();
    await page.waitForFunction(() => window.tracks.length === 2);
    check(await live() === 'ended,live', `while it is used: ${await live()}`);
    await page.getByTestId('close').click();
    await page.getByTestId('leave').click();
    await page.locator('[data-screen="ended"]').waitFor();
    check(await live() === 'ended,ended', `after closing: ${await live()}`);
    check(await page.locator('canvas, video').count() === 0, 'pictures stay in the DOM');
    await context.close();
  },

  async 'a file chosen while the camera stalls: no complaint, and the shutter still works'(browsers) {
    const { context, page, odd } = await open(browsers.camera, {}, 'about:blank');
    await context.addInitScript(() => { HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0; }); // no new frame comes
    await page.goto(`${env.WIDGET}/${env.OPEN_SCHEMA}/good%20MARKER%2Fstall`);
    await page.getByTestId('start').click();
    await page.locator('[data-testid="shutter"]:not([disabled])').waitFor();
    await page.getByTestId('file').setInputFiles(env.PICTURE);
    await page.locator('[data-screen="preview"]').waitFor();
    await page.waitForTimeout(1300); // what was waited for has ended
    check(odd.length === 0, `the console says: ${odd.join('\n')}`);
    await page.getByTestId('retake').click();
    await page.locator('[data-testid="shutter"]:not([disabled])').waitFor();
    await page.getByTestId('shutter').click();
    await page.locator('[data-screen="preview"]').waitFor();
    await context.close();
  },

  async 'hand-off to a phone: a code that others read, one link, and the end at the desk'(browsers) {
    const { context, page, odd, requests } = await open(browsers.none);
    const w = await setup(page, config('page'));
    await w.at('welcome');
    await w.click('handoff');
    await w.at('handoff');
    const qr = await w.by('qr').screenshot();
    const pixels = await page.evaluate(async (bytes) => {
      const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      return { width: image.width, height: image.height, data: [...canvas.getImageData(0, 0, image.width, image.height).data] };
    }, [...qr]);
    const link = jsQR(Uint8ClampedArray.from(pixels.data), pixels.width, pixels.height)?.data;
    check(link === await w.by('link').textContent() && link.startsWith(`${env.WIDGET}/widget/continue#`), `the code says ${link}`);
    const one = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, permissions: ['camera'] };
    const phone = await open(browsers.camera, one, link);
    const at = (screen) => phone.page.locator(`[data-screen="${screen}"]`).waitFor({ timeout: 30000 });
    await at('welcome');
    check(await phone.page.evaluate(() => location.hash) === '', 'the link stays in the address');
    check(await phone.page.getByTestId('handoff').count() === 0, 'a phone offers to go on on a phone');
    await w.at('on-phone');
    const second = await open(browsers.camera, one, link);
    await second.page.locator('[data-screen="link-over"]').waitFor();
    await second.context.close();
    await phone.page.getByTestId('start').click();
    await at('preview');
    await phone.page.getByTestId('use').click();
    await at('success');
    await phone.page.getByText('go back to your computer').waitFor();
    check(await phone.page.getByTestId('way-on').count() === 0, 'the phone goes to the address that is the desk\'s');
    await w.at('success');
    await page.waitForFunction(() => window.seen.success.length === 1);
    const { success } = await w.seen();
    check(success[0].status === 'success' && success[0].sessionId !== '', `successCb got ${JSON.stringify(success)}`);
    const secret = link.split('#')[1];
    check(![...requests, ...phone.requests].some((u) => u.includes(secret) && !u.includes('#')), 'S33: the link\'s secret went into an address');
    check(odd.length === 0 && phone.odd.length === 0, `the console says: ${[...odd, ...phone.odd].join('\n')}`);
    await phone.context.close();
    await context.close();
  },

  async 'who cannot take a selfie says so and goes on'(browsers) {
    const { context, page } = await open(browsers.camera);
    const w = await setup(page, config('cannot'));
    await w.click('start');
    await w.at('document');
    check(await w.by('cannot').count() === 0, 'nobody is excused from a document');
    await w.at('preview');
    await w.click('use');
    await w.at('selfie');
    await w.click('cannot');
    await w.at('cannot');
    await w.click('try-it');
    await w.at('selfie');
    await w.click('cannot');
    await w.click('excuse');
    await w.at('liveness');
    await w.click('cannot');
    await w.click('excuse');
    await w.at('success'); // the stand-in room knows no other end
    await context.close();
  },

  async 'hand-off: staying after all, and going on where there is no camera'(browsers) {
    const { context, page } = await open(browsers.none);
    const w = await setup(page, config('good', { lang: 'ru' }));
    await w.click('handoff');
    await w.at('handoff');
    await w.click('stay-here');
    await w.at('welcome');
    await w.click('start');
    await w.at('no-camera');
    await w.click('handoff');
    await w.at('handoff');
    await page.keyboard.press('Escape');
    await w.by('confirm').waitFor();
    await w.click('leave');
    await page.waitForFunction(() => window.seen.close === 1);
    await context.close();
  },

  async 'hand-off: a phone that reloads, and the desk that takes the check back from one'(browsers) {
    const { context, page } = await open(browsers.none);
    const w = await setup(page, config('good'));
    const phones = [];
    for (const _ of [1, 2]) {
      await w.click('handoff');
      await w.at('handoff');
      phones.push(await open(browsers.camera, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }, await w.by('link').textContent()));
      await phones.at(-1).page.getByTestId('start').waitFor();
      await w.at('on-phone');
      await w.click('stay-here');
      await w.at('welcome');
    }
    const shows = (phone, screen) => phone.page.locator(`[data-screen="${screen}"]`).waitFor({ timeout: 15000 });
    await phones[0].page.reload();
    await shows(phones[0], 'link-over');
    await phones[0].page.getByText('make a new code').waitFor();
    await phones[1].page.getByTestId('start').click();
    await shows(phones[1], 'elsewhere'); // by itself, before a photo is taken for nothing
    await phones[1].page.getByText('go back to your computer').waitFor();
    check(await phones[1].page.locator('button').count() === 0, 'a phone offers what its link cannot do any more');
    for (const phone of phones) await phone.context.close();
    await context.close();
  },

  async 'nothing is cut off at 320 pixels'(browsers) {
    const { context, page } = await open(browsers.camera, { viewport: { width: 320, height: 568 } });
    const w = await setup(page, config('failfirst', { lang: 'ru' }));
    const fits = async (screen) => {
      await w.at(screen);
      const over = await page.frames()[1].evaluate(() => {
        const wide = [];
        const walk = (root) => root.querySelectorAll('*').forEach((e) => {
          const box = e.getBoundingClientRect();
          const unseen = e.closest('.unseen, svg') || e.localName === 'video' || getComputedStyle(e).position === 'absolute' && e.className === 'unseen';
          if (!unseen && box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)) wide.push(`${e.localName}.${e.className} ${box.right}`);
          if (e.shadowRoot) walk(e.shadowRoot);
        });
        walk(document);
        return wide;
      });
      check(over.length === 0, `${screen}: wider than the screen: ${over.join(', ')}`);
    };
    await fits('welcome');
    await w.click('handoff');
    await fits('handoff');
    await w.click('stay-here');
    await w.at('welcome');
    await w.click('start');
    await fits('document');
    await fits('preview');
    await w.click('use');
    await fits('step-failed');
    await context.close();
  },
};

const start = async () => ({ camera: await launch('camera'), none: await launch('none'), denied: await launch('denied') });
const stop = (browsers) => bounded(Promise.all(Object.values(browsers).map((b) => b.close())), 5000).catch(() => {});

class Unanswered extends Error {}

/**
 * Some calls have no limit of their own (a key, a script in the page) and wait
 * for ever for a browser that lost them. That is no fault of the widget, whose
 * faults end in a limit of Playwright's, so such a case may begin anew once.
 */
function bounded(work, limit) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Unanswered(`no end after ${limit} ms`)), limit); });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

const only = process.argv[2] ?? env.OPENKYC_ONLY; // part of a name, while working on it
let browsers = await start();
let failed = 0;
for (const [name, test] of Object.entries(tests).filter(([name]) => !only || name.includes(only))) {
  const began = Date.now();
  try {
    await bounded(test(browsers), 60000).catch(async (fault) => {
      if (!(fault instanceof Unanswered)) throw fault;
      console.log(`     ${name}: ${fault.message}; once more in another browser`);
      await stop(browsers);
      browsers = await start();
      await bounded(test(browsers), 60000);
    });
    console.log(`ok   ${name} (${Date.now() - began} ms)`);
  } catch (fault) {
    failed++;
    console.log(`FAIL ${name}: ${fault.stack}`);
    await stop(browsers); // what it left open must not fail the next
    browsers = await start();
  }
}
if (env.OPENKYC_SHOTS) await shots(env.OPENKYC_SHOTS, config);
await stop(browsers);
process.exit(failed === 0 ? 0 : 1);
