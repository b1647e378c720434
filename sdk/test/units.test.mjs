// Hints, the choice of frames and whom to believe, without a browser. TestUnits bundles them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { DocumentJudge, FaceJudge, follow, placement, Rest } = await import(`file://${process.env.UNITS}/judge.mjs`);
const { programOf } = await import(`file://${process.env.UNITS}/device.mjs`);
const { pick } = await import(`file://${process.env.UNITS}/recorder.mjs`);
const { chooseLanguage, unwrap, wrap } = await import(`file://${process.env.UNITS}/protocol.mjs`);

const quad = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
const page = { found: true, quad, luma: 130, sharpness: 100, glare: 0 };
const face = { faces: 1, box: [0.3, 0.2, 0.4, 0.6], yaw: 0, pitch: 0, roll: 0, luma: 120, sharpness: 100, eyes: [0.3, 0.3] };
const moved = (by) => quad.map(([x, y]) => [x + by, y]);

test('a document gets the hint that helps most', () => {
  const cases = [
    [{ luma: 20 }, 'hintTooDark'], [{ found: false }, 'hintSearching'], [{ glare: 0.2 }, 'hintGlare'], [{ sharpness: 10 }, 'hintBlurred'],
    [{ quad: [[0, 0.2], [0.8, 0.2], [0.8, 0.8], [0, 0.8]] }, 'hintDocumentEdge'],
    [{ quad: [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]] }, 'hintDocumentCloser'], [{}, 'hintHold'],
  ];
  for (const [change, want] of cases) {
    const judge = new DocumentJudge();
    judge.judge(page);
    const got = judge.judge({ ...page, ...change });
    assert.equal(got.hint, want);
    assert.equal(got.good, want === 'hintHold');
  }
});

test('a document is taken after three good looks at rest', () => {
  const judge = new DocumentJudge();
  assert.deepEqual([0, 0.001, 0.002].map((by) => judge.judge({ ...page, quad: moved(by) }).take), [false, false, true]);
  const shaking = new DocumentJudge();
  for (const by of [0, 0.1, 0, 0.1, 0, 0.1]) assert.equal(shaking.judge({ ...page, quad: moved(by) }).take, false);
  const interrupted = new DocumentJudge();
  assert.deepEqual([{}, {}, { glare: 1 }, {}, {}].map((change) => interrupted.judge({ ...page, ...change }).take), [false, false, false, false, false]);
});

test('whoever gets nowhere is told of the button', () => {
  const judge = new DocumentJudge();
  const hints = Array.from({ length: 45 }, () => judge.judge({ ...page, glare: 1 }).hint);
  assert.ok(hints.slice(0, 25).every((h) => h === 'hintGlare'));
  assert.ok(hints.slice(25).includes('hintManual') && hints.slice(25).includes('hintGlare'));
});

test('a face gets the hint that helps most', () => {
  const cases = [
    [{ luma: 20 }, 'hintTooDark'], [{ faces: 0 }, 'hintNoFace'], [{ faces: 2 }, 'hintManyFaces'], [{ box: [0.45, 0.4, 0.1, 0.2] }, 'hintCloser'],
    [{ box: [0.1, 0.02, 0.8, 0.95] }, 'hintFarther'], [{ box: [0, 0.2, 0.4, 0.6] }, 'hintCentre'], [{ yaw: 20 }, 'hintStraight'], [{ sharpness: 9 }, 'hintBlurred'], [{}, 'hintReady'],
  ];
  for (const [change, want] of cases) {
    const judge = new FaceJudge();
    judge.judge(face);
    assert.equal(judge.judge({ ...face, ...change }).hint, want);
  }
});

test('turns: the person\'s own left is positive', () => {
  const turn = (move, yaw) => follow(move, { ...face, yaw }, new Rest());
  assert.equal(turn('left', 21).done, true);
  assert.equal(turn('left', 20).done, false);
  assert.equal(turn('right', -21).done, true);
  assert.equal(turn('right', 25).hint, 'moveWrongWay');
  assert.equal(turn('left', 12).hint, 'moveFarther');
  assert.equal(turn('centre', 8).done, true);
  assert.equal(turn('centre', -9).done, false);
  assert.equal(follow('left', { ...face, faces: 0, yaw: 40 }, new Rest()).done, false);
});

test('other moves are held against how the person looked at rest', () => {
  const rest = new Rest();
  for (const pitch of [-6, -4, -5]) rest.learn({ ...face, pitch });
  rest.learn({ ...face, yaw: 30, pitch: 40 }); // looks away: tells nothing
  const does = (move, change) => follow(move, { ...face, pitch: -5, ...change }, rest);
  assert.equal(does('nod', { pitch: -20 }).done, true);
  assert.equal(does('nod', { pitch: -15 }).done, false);
  assert.equal(does('nod', { pitch: 15 }).share, 0);
  assert.equal(does('blink', { eyes: [0.1, 0.12] }).done, true);
  assert.equal(does('blink', { eyes: [0.05, 0.3] }).done, false); // a wink
  assert.equal(does('blink', { eyes: [0.2, 0.2] }).hint, 'moveCloseEyes');
});

test('who comes closer is held against where they were, and goes back', () => {
  const rest = new Rest();
  const sized = (h) => ({ ...face, box: [0.5 - h / 2, 0.5 - h / 2, h, h] });
  for (const h of [0.4, 0.41, 0.39]) rest.learn(sized(h));
  rest.learn(sized(0.6)); // still close by: tells nothing
  assert.equal(follow('closer', sized(0.61), rest).done, true); // 0.6 is a hair under 1.5 times 0.4
  assert.equal(follow('closer', sized(0.55), rest).done, false);
  assert.equal(follow('closer', sized(0.5), rest).hint, 'hintCloser');
  assert.equal(follow('closer', sized(0.3), rest).share, 0);
  assert.equal(follow('centre', sized(0.55), rest).hint, 'hintFarther');
  assert.equal(follow('centre', sized(0.45), rest).done, true);
  assert.equal(placement(sized(0.5)), undefined);
  assert.equal(placement(sized(0.5), true), 'hintFarther');
});

test('all frames under a colour of the screen are sent, in their place', () => {
  const frames = Array.from({ length: 60 }, (_, i) => ({ score: 0, mark: { atMs: 100 * i, move: i < 10 ? 0 : i < 22 ? 1 : 2, ...(i >= 10 && i < 22 ? { colour: 1 + ((i - 10) >> 1) } : {}) } }));
  const got = pick(frames);
  assert.equal(got.length, 36);
  assert.deepEqual(got.filter((f) => f.mark.colour).map((f) => f.mark.atMs), frames.slice(10, 22).map((f) => f.mark.atMs));
  assert.ok(got.every((f, i) => i === 0 || f.mark.atMs > got[i - 1].mark.atMs));
});

test('at most 24 frames are picked: in order, ends and best ones kept, gaps even', () => {
  const frames = Array.from({ length: 120 }, (_, i) => ({ score: i === 37 || i === 77 ? 1 : 0.1, mark: { atMs: i * 250, move: Math.floor(i / 40) } }));
  const got = pick(frames);
  assert.equal(got.length, 24);
  assert.equal(got[0], frames[0]);
  assert.equal(got.at(-1), frames[119]);
  assert.ok(got.includes(frames[37]) && got.includes(frames[77]));
  got.forEach((f, i) => {
    const gap = i === 0 ? 0 : f.mark.atMs - got[i - 1].mark.atMs;
    assert.ok(i === 0 || (gap > 0 && gap <= 2500), `gap ${gap}`);
    assert.ok(i === 0 || f.mark.move - got[i - 1].mark.move <= 1);
  });
  assert.deepEqual(pick(frames.slice(0, 10)), frames.slice(0, 10));
  const many = frames.map((f, i) => ({ ...f, mark: { ...f.mark, move: Math.floor(i / 12) } }));
  assert.equal(pick(many).length, 30); // three for each of ten moves
  const unlooked = frames.map((f) => ({ ...f, score: -1 }));
  assert.equal(pick(unlooked).length, 24);
});

test('S40: a message needs the right window, origin, nonce and protocol, all of them', () => {
  const source = {};
  const event = { source, origin: 'https://a.example', data: wrap('n', { type: 'close' }) };
  const get = (e) => unwrap(e, source, 'https://a.example', 'n');
  assert.deepEqual(get(event), { type: 'close' });
  for (const change of [{ source: {} }, { origin: 'https://a.example.evil' }, { data: wrap('', { type: 'close' }) }, { data: { ...event.data, protocol: 'x' } }, { data: null }, { data: 'close' }]) {
    assert.equal(get({ ...event, ...change }), undefined, JSON.stringify(change));
  }
});

test('the language is the wanted one, else a preferred one, else English', () => {
  assert.equal(chooseLanguage('ru-RU', ['en']), 'ru');
  assert.equal(chooseLanguage('de', ['fr', 'ru_RU']), 'ru');
  assert.equal(chooseLanguage(7, ['fr']), 'en');
});

test('S49: cameras that are programs are known by their labels, others send nothing', () => {
  for (const [label, want] of [['OBS Virtual Camera (m-de:vice)', 'obs'], ['OBS-Camera', 'obs'], ['ManyCam Virtual Webcam', 'manycam'],
    ['Dummy video device (0x0000)', 'loopback'], ['camera.y4m', 'fake'], ['FaceTime HD Camera', undefined], ['Ann’s iPhone Camera', undefined],
    ['Integrated Webcam_HD (0c45:6720)', undefined], ['Jobs Webcam', undefined], ['', undefined]]) assert.equal(programOf(label), want, label);
});
