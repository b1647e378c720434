// Records what the original networks answer, so that a Go test can hold the converted ones against it.
//
//   node models/parity/record.mjs [role …]
//
// Every network runs as its npm package ships it: face-api by its own classes, human's graph models by the TensorFlow.js
// that human bundles, both on the plain CPU backend. Inputs are two synthetic pictures, so nothing personal is in the files.
// The only re-arrangement is that of the model cards: boxes as left, top, right, bottom in parts of the side.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = path.resolve(here, '../../node_modules');
const roles = process.argv.slice(2);

// The bundles are made for browsers and look for a module of Node's under a name that their bundler replaced. Without
// `process` and with a minimal `window` they take the browser's way, which needs nothing that Node lacks.
const exit = process.exit.bind(process);
globalThis.window = globalThis;
globalThis.document = { createElement: () => ({ style: {}, getContext: () => null }) };
delete globalThis.process;
console.warn = () => {};

const load = (file) => import(pathToFileURL(path.join(packages, file)));
const faceapi = await load('@vladmandic/face-api/dist/face-api.esm.js');
const tf = faceapi.tf; // human's bundle registers on the same engine, and both are TensorFlow.js 4.22.0
const { loadGraphModel } = await load('@vladmandic/human/dist/tfjs.esm.js');
await tf.setBackend('cpu');
await tf.ready();

const bytes = (file) => {
  const b = fs.readFileSync(path.join(packages, file));
  return b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength);
};
const json = (file) => JSON.parse(fs.readFileSync(path.join(packages, file), 'utf8'));

/** Two pictures that need integers only, so that Go makes exactly the same: noise, and soft rings around a point. */
const patterns = {
  noise(side) {
    let state = 20240229;
    return (_x, _y, _c) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    };
  },
  rings(side) {
    return (x, y, c) => {
      const dx = x - ((side * (3 + c)) >> 3);
      const dy = y - ((side * (5 - c)) >> 3);
      const v = Math.floor(((dx * dx + dy * dy) * 1024) / (side * side)) % 512;
      return v < 256 ? v : 511 - v;
    };
  },
};

function picture(pattern, side) {
  const value = patterns[pattern](side);
  const data = new Float32Array(side * side * 3);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) for (let c = 0; c < 3; c++) data[(y * side + x) * 3 + c] = value(x, y, c);
  return tf.tensor4d(data, [1, side, side, 3]);
}

function faceapiNet(Net, name) {
  const base = `@vladmandic/face-api/model/${name}_model`;
  const specs = json(`${base}-weights_manifest.json`).flatMap((group) => group.weights);
  const net = new Net();
  net.loadFromWeightMap(tf.io.decodeWeights(bytes(`${base}.bin`), specs));
  return net;
}

async function humanNet(name) {
  const model = json(`@vladmandic/human/models/${name}.json`);
  return loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      signature: model.signature ?? model.userDefinedMetadata?.signature,
      weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
      weightData: bytes(`@vladmandic/human/models/${name}.bin`),
    }),
  });
}

const netInput = (t) => new faceapi.NetInput([t]);

/** BlazeFace answers offsets from anchors; this is the arithmetic of human's own decoder. */
function decodeBlazeface(grids, side) {
  const boxes = [], points = [], scores = [];
  for (const { cells, anchors, numbers, logits } of grids) {
    const stride = side / cells;
    for (let i = 0; i < logits.length; i++) {
      const cell = Math.floor(i / anchors);
      const ax = stride * ((cell % cells) + 0.5);
      const ay = stride * (Math.floor(cell / cells) + 0.5);
      const n = numbers.subarray(i * 16, i * 16 + 16);
      const cx = n[0] + ax, cy = n[1] + ay;
      boxes.push((cx - n[2] / 2) / side, (cy - n[3] / 2) / side, (cx + n[2] / 2) / side, (cy + n[3] / 2) / side);
      for (let p = 4; p < 16; p += 2) points.push((n[p] + ax) / side, (n[p + 1] + ay) / side);
      scores.push(1 / (1 + Math.exp(-logits[i])));
    }
  }
  return { boxes, points, scores };
}

const networks = {
  'face-embedder': {
    side: 150,
    open: () => faceapiNet(faceapi.FaceRecognitionNet, 'face_recognition'),
    run: (net, t) => ({ embedding: net.forwardInput(netInput(t)).dataSync() }),
  },
  'face-landmarks': {
    side: 112,
    open: () => faceapiNet(faceapi.FaceLandmark68Net, 'face_landmark_68'),
    run: (net, t) => ({ landmarks: net.runNet(netInput(t)).dataSync() }),
  },
  'face-age-gender': {
    side: 112,
    open: () => faceapiNet(faceapi.AgeGenderNet, 'age_gender'),
    run: (net, t) => {
      const { age, gender } = net.forwardInput(netInput(t));
      return { age: age.dataSync(), gender: gender.dataSync() };
    },
  },
  'face-detector-ssd': {
    side: 512,
    open: () => faceapiNet(faceapi.SsdMobilenetv1, 'ssd_mobilenetv1'),
    run: (net, t) => {
      const { boxes, scores } = net.forwardInput(netInput(t));
      const b = boxes[0].dataSync();
      const turned = [];
      for (let i = 0; i < b.length; i += 4) turned.push(b[i + 1], b[i], b[i + 3], b[i + 2]);
      return { boxes: turned, scores: scores[0].dataSync() };
    },
  },
  'face-detector': {
    side: 256,
    open: () => humanNet('blazeface'),
    run: (net, t) => {
      const names = ['Identity:0', 'Identity_1:0', 'Identity_2:0', 'Identity_3:0'];
      const [l16, l8, n16, n8] = net.execute(tf.sub(tf.div(t, 127.5), 1), names).map((o) => o.dataSync());
      return decodeBlazeface([
        { cells: 16, anchors: 2, numbers: n16, logits: l16 },
        { cells: 8, anchors: 6, numbers: n8, logits: l8 },
      ], 256);
    },
  },
  'face-mesh': {
    side: 192,
    open: () => humanNet('facemesh'),
    run: (net, t) => {
      const [mesh, score] = net.execute(tf.div(t, 255), ['Identity_2:0', 'Identity_1:0']).map((o) => o.dataSync());
      return { mesh, score };
    },
  },
};

/** 256 values spread over the output, and sums that notice a change or a swap anywhere else. */
function digest(values) {
  const list = Array.from(values);
  const step = Math.max(1, Math.floor(list.length / 256));
  const mean = (f) => list.reduce((sum, v, i) => sum + f(v, i), 0) / list.length;
  return {
    count: list.length,
    step,
    samples: list.filter((_, i) => i % step === 0).slice(0, 256).map((v) => Number(v.toPrecision(9))),
    mean: mean((v) => v),
    meanAbs: mean(Math.abs),
    ordered: mean((v, i) => v * ((i % 97) - 48)),
    min: list.reduce((a, b) => Math.min(a, b), Infinity),
    max: list.reduce((a, b) => Math.max(a, b), -Infinity),
  };
}

for (const role of roles.length ? roles : Object.keys(networks)) {
  const spec = networks[role];
  if (!spec) {
    console.error(`no such role: ${role}; known: ${Object.keys(networks).join(', ')}`);
    exit(2);
  }
  const net = await spec.open();
  const cases = [];
  for (const pattern of Object.keys(patterns)) {
    const outputs = {};
    for (const [name, values] of Object.entries(spec.run(net, picture(pattern, spec.side)))) outputs[name] = digest(values);
    cases.push({ pattern, outputs });
  }
  fs.writeFileSync(path.join(here, `${role}.json`), `${JSON.stringify({ role, side: spec.side, runtime: `TensorFlow.js ${tf.version.tfjs}, CPU`, cases })}\n`);
  console.log(role);
}
exit(0);
