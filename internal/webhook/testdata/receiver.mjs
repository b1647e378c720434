// A receiver of notifications written as an integrator would, with Node's
// standard library alone: it verifies the signature, decrypts the body, and
// recognises repeats by their id.
//
// The webhook secret comes in the environment as WEBHOOK_SECRET. The receiver
// prints its port, then one line of JSON for every notification. To be hard on
// the sender it answers 500 to the first and redirects the second to itself.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET;
const signingKey = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
const cipherKey = Buffer.from(createHash('sha256').update(secret).digest('hex').slice(0, 32), 'ascii');
const seen = new Set();

function genuine(headers, body) {
  const stamp = headers['webhook-timestamp'];
  if (!(Math.abs(Date.now() / 1000 - Number(stamp)) <= 300)) return false;
  const want = createHmac('sha256', signingKey).update(`${headers['webhook-id']}.${stamp}.`).update(body).digest();
  return headers['webhook-signature'].split(' ').some((signature) => {
    const have = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return signature.startsWith('v1,') && have.length === want.length && timingSafeEqual(have, want);
  });
}

function open(body) {
  const message = JSON.parse(body);
  if (message.encrypted === undefined) return message;
  const data = Buffer.from(message.encrypted, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, data.subarray(0, 16));
  return JSON.parse(Buffer.concat([decipher.update(data.subarray(16)), decipher.final()]));
}

let calls = 0;
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    calls += 1;
    const id = request.headers['webhook-id'];
    const ok = genuine(request.headers, body);
    console.log(JSON.stringify({
      id, genuine: ok, repeat: seen.has(id), url: request.url, type: request.headers['content-type'], session: ok ? open(body) : null,
    }));
    seen.add(id);
    const code = [500, 307][calls - 1] ?? 204;
    response.writeHead(code, code === 307 ? { location: '/elsewhere' } : {}).end('thank you');
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
