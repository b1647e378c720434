// Describes faces as face-api does by itself, on TensorFlow.js's WebAssembly back end. Each line of input is
// {"file","width","height"}, the file holding plain RGB bytes; each line of output is {"ms","cpu","descriptor"}, the clock and the
// processor time in milliseconds from the decoded picture to the descriptor; no descriptor where no face was seen. Called by BenchmarkBesidePeer of internal/face.
const fs = require('fs');
const path = require('path');
const readline = require('readline');

const wasm = require('@tensorflow/tfjs-backend-wasm');
const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
const { tf } = faceapi;

const folder = (name) => path.dirname(require.resolve(`${name}/package.json`));

async function main() {
  wasm.setWasmPaths(path.join(folder('@tensorflow/tfjs-backend-wasm'), 'dist') + path.sep);
  await tf.setBackend('wasm');
  await tf.ready();
  const models = path.join(folder('@vladmandic/face-api'), 'model');
  for (const net of [faceapi.nets.ssdMobilenetv1, faceapi.nets.faceLandmark68Net, faceapi.nets.faceRecognitionNet]) await net.loadFromDisk(models);
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5, maxResults: 10 });
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  console.log(JSON.stringify({ backend: tf.getBackend(), version: tf.version.tfjs, simd, threads: wasm.getThreadsCount() }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { file, width, height } = JSON.parse(line);
    const picture = tf.tensor3d(new Int32Array(fs.readFileSync(file)), [height, width, 3], 'int32');
    const before = process.cpuUsage();
    const begun = performance.now();
    const found = await faceapi.detectSingleFace(picture, options).withFaceLandmarks().withFaceDescriptor();
    const ms = performance.now() - begun;
    const { user, system } = process.cpuUsage(before);
    picture.dispose();
    console.log(JSON.stringify({ ms, cpu: (user + system) / 1000, descriptor: found ? Array.from(found.descriptor) : null }));
  }
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
