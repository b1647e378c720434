// Records what ZXing (npm zxing-wasm 3.1.4) writes and reads, for TestAgreesWithZXing. Not part of any build: install the
// package anywhere with scripts off, then, from this folder,
//
//   OPENKYC_SYMBOLS=/tmp/symbols.json go test -run WriteSymbols ..
//   node record.mjs /path/to/node_modules/zxing-wasm /tmp/symbols.json > zxing.json
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, symbols] = process.argv.slice(2);
const { prepareZXingModule, writeBarcode, readBarcodes } = await import(pathToFileURL(`${folder}/dist/es/full/index.js`));
prepareZXingModule({ overrides: { wasmBinary: readFileSync(`${folder}/dist/full/zxing_full.wasm`).buffer } });

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const wrote = [];
const texts = ['A', 'Ein Beispiel 417: (a+b)*c', '1234567890'.repeat(9), '@\n\u001e\rANSI 636000\nDCSUTOPIAN\nDBB01021970\n', 'MiXeD CaSe, 12 & 345 {punctuation}!'];
for (const [i, input] of [...texts, new Uint8Array(90).map((_, k) => 128 + ((k * 53) % 128)), new Uint8Array(41).map((_, k) => (k * 97) % 256)].entries()) {
  const { symbol, error } = await writeBarcode(input, { format: 'PDF417', scale: 1, addQuietZones: false, options: `columns=${3 + 2 * i},ecLevel=${i % 5}` });
  if (error) throw new Error(error);
  const rows = [];
  for (let y = 0; y < symbol.height; y += 3) {
    let row = '';
    for (let x = 0; x < symbol.width; x += 4) {
      let v = 0;
      for (let k = 0; k < 4; k++) v = v * 2 + (x + k < symbol.width && !symbol.data[y * symbol.width + x + k] ? 1 : 0);
      row += v.toString(16);
    }
    rows.push(row);
  }
  wrote.push({ data: base64(typeof input === 'string' ? Buffer.from(input) : input), rows });
}

const read = {};
for (const [hash, rows] of Object.entries(JSON.parse(readFileSync(symbols)))) {
  const module = 3, quiet = 4 * module;
  const modules = Math.floor((rows[0].length * 4) / 17) * 17 + 1;
  const width = modules * module + 2 * quiet, height = rows.length * 3 * module + 2 * quiet;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = quiet; y < height - quiet; y++) {
    for (let x = quiet; x < width - quiet; x++) {
      const m = Math.floor((x - quiet) / module), row = rows[Math.floor((y - quiet) / (3 * module))];
      if ((parseInt(row[m >> 2], 16) >> (3 - (m & 3))) & 1) data.set([0, 0, 0], (y * width + x) * 4);
    }
  }
  const [found] = await readBarcodes({ data, width, height, colorSpace: 'srgb' }, { formats: ['PDF417'] });
  if (!found?.isValid) throw new Error(`ZXing does not read the symbol ${hash}`);
  read[hash] = base64(found.bytes);
}
console.log(JSON.stringify({ wrote, read }, null, 1));
