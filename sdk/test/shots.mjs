// Pictures of the screens, for a person to look at: light and dark, phone and
// laptop. Run by the browser test when OPENKYC_SHOTS names a folder.
import { launch, open, setup } from './browser.mjs';

export async function shots(folder, config) {
  const more = process.env.OPENKYC_CAMERA ? [`--use-file-for-fake-video-capture=${process.env.OPENKYC_CAMERA}`] : [];
  const camera = await launch('camera', more);
  const denied = await launch('denied');
  for (const [size, viewport] of Object.entries({ phone: { width: 360, height: 740 }, laptop: { width: 1280, height: 800 } })) {
    for (const theme of ['light', 'dark']) {
      const lang = theme === 'dark' && size === 'phone' ? 'ru' : 'en';
      const options = { viewport, deviceScaleFactor: 1, colorScheme: theme };
      const save = (page, name) => page.screenshot({ path: `${folder}/${size}-${theme}-${name}.png` });
      const { context, page } = await open(camera, options);
      const w = await setup(page, config('failfirst', { lang }));
      const at = async (screen, wait = 500) => {
        await w.at(screen, 40000);
        await page.waitForTimeout(wait);
        await save(page, screen);
      };
      await at('welcome');
      if (size === 'laptop') {
        await w.click('handoff');
        await at('handoff');
        const phone = await open(camera, { viewport: { width: 360, height: 740 }, colorScheme: theme }, await w.by('link').textContent());
        await w.at('on-phone');
        await at('on-phone');
        await phone.context.close();
        await page.evaluate(() => window.handle.close());
        await setup(page, config('failfirst', { lang }));
        await w.at('welcome');
      }
      await w.click('start');
      await at('document', 700);
      await at('preview');
      await page.keyboard.press('Escape');
      await page.waitForTimeout(200);
      await save(page, 'confirm');
      await page.keyboard.press('Escape');
      await w.click('use');
      await at('processing', 150);
      await at('step-failed');
      await w.click('way-on');
      await w.at('preview');
      await w.click('use');
      await at('selfie', 600);
      await w.at('preview', 20000);
      await page.waitForTimeout(300);
      await save(page, 'selfie-preview');
      await w.click('use');
      await at('liveness', 600);
      await w.click('ready');
      await w.frame.locator('[data-move="left"]').waitFor({ timeout: 15000 });
      await page.waitForTimeout(500);
      await save(page, 'liveness-left');
      await at('success');
      await context.close();

      const still = await open(camera, options);
      const m = await setup(still.page, config('moves', { lang }));
      await m.click('start');
      await m.at('liveness');
      await m.click('ready');
      for (const move of ['nod', 'blink', 'closer']) {
        await m.frame.locator(`[data-move="${move}"]`).waitFor({ timeout: 20000 });
        await still.page.waitForTimeout(300);
        await save(still.page, `liveness-${move}`);
      }
      await still.context.close();

      const glow = await open(camera, options);
      const c = await setup(glow.page, config('light', { lang }));
      await c.click('start');
      await c.at('liveness');
      await glow.page.waitForTimeout(600);
      await save(glow.page, 'light-warning');
      await c.click('ready');
      await c.frame.locator('[data-move="light"]').waitFor();
      await glow.page.waitForTimeout(300);
      await save(glow.page, 'light-before');
      for (const colour of ['blue', 'yellow']) {
        await c.frame.locator(`[data-colour="${colour}"]`).waitFor();
        await save(glow.page, `light-${colour}`);
      }
      await glow.context.close();

      const other = await open(denied, options);
      const o = await setup(other.page, config('good', { lang }));
      await o.click('start');
      await o.at('permission');
      await other.page.waitForTimeout(200);
      await save(other.page, 'permission');
      await other.context.setOffline(true);
      await o.by('file').setInputFiles(process.env.PICTURE);
      await o.at('preview');
      await o.click('use');
      await o.at('offline');
      await save(other.page, 'offline');
      await other.context.close();

      const letter = await open(denied, { ...options, hasTouch: size === 'phone', isMobile: size === 'phone' });
      const l = await setup(letter.page, config('address', { lang }));
      await l.at('welcome');
      await save(letter.page, 'address-welcome');
      await l.click('start');
      await l.at('address');
      await letter.page.waitForTimeout(200);
      await save(letter.page, 'address');
      await l.by('file').setInputFiles({ name: 'Electricity bill November 2026.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 1 ') });
      await l.at('preview');
      await letter.page.waitForTimeout(200);
      await save(letter.page, 'address-preview');
      await l.click('use');
      await l.at('step-failed');
      await letter.page.waitForTimeout(200);
      await save(letter.page, 'address-failed');
      await letter.context.close();

      const read = await open(camera, options);
      const r = await setup(read.page, config('correct', { lang }));
      await r.click('start');
      await r.at('preview');
      await save(read.page, 'back-wanted');
      await r.click('add-side');
      await r.at('document');
      await read.page.waitForTimeout(400);
      await save(read.page, 'document-back');
      await r.at('preview');
      await r.click('use');
      await r.at('review');
      await read.page.waitForTimeout(200);
      await save(read.page, 'review');
      await read.context.close();

      const bad = await open(denied, options);
      const b = await setup(bad.page, config('raw', { lang }));
      await b.at('error');
      await bad.page.waitForTimeout(200);
      await save(bad.page, 'error');
      await bad.context.close();
    }
  }
  await camera.close();
  await denied.close();
}
