// An integrator that knows the wire contract and nothing else of us: it uses
// Node's own crypto only. It serves a page on an origin of its own, encrypts
// client keys, receives webhooks, and tells what it found genuine.
//
// Environment: PLATFORM, SCHEMA, SECRET, WEBHOOK_SECRET. Prints {"port":n}.
import crypto from 'node:crypto';
import http from 'node:http';

const { PLATFORM, SCHEMA, SECRET, WEBHOOK_SECRET } = process.env;

const keyOf = (secret) => Buffer.from(crypto.createHash('sha256').update(secret).digest('hex').slice(0, 32), 'ascii');

function encrypt(secret, text) {
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv('aes-256-cbc', keyOf(secret), iv);
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
}

function decrypt(secret, token) {
  const bytes = Buffer.from(token, 'base64');
  const decipher = crypto.createDecipheriv('aes-256-cbc', keyOf(secret), bytes.subarray(0, 16));
  return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8');
}

// Standard Webhooks: HMAC-SHA256 over id.timestamp.body with the decoded secret.
function genuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signatures } = headers;
  if (!id || !stamp || Math.abs(Date.now() / 1000 - Number(stamp)) > 300) return false;
  const key = Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
  const want = crypto.createHmac('sha256', key).update(`${id}.${stamp}.`).update(body).digest();
  return (signatures ?? '').split(' ').some((s) => {
    const got = Buffer.from(s.replace(/^v1,/, ''), 'base64');
    return got.length === want.length && crypto.timingSafeEqual(got, want);
  });
}

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<script src="${PLATFORM}/lib/widget-lib.js" defer crossorigin="anonymous"></script></head><body><h1>Shop</h1></body></html>`;

const received = [];
const server = http.createServer((req, res) => {
  const chunks = [];
  req.on('data', (c) => chunks.push(c));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    const url = new URL(req.url, 'http://x');
    const send = (status, text, type = 'application/json') => { res.writeHead(status, { 'content-type': type }); res.end(text); };
    if (url.pathname === '/') return send(200, page, 'text/html; charset=utf-8');
    if (url.pathname === '/key') return send(200, JSON.stringify({ schemaId: SCHEMA, clientKey: encrypt(SECRET, url.searchParams.get('raw')) }));
    if (url.pathname === '/received') return send(200, JSON.stringify(received));
    if (url.pathname === '/webhook' && req.method === 'POST') {
      const signed = genuine(req.headers, body);
      let session = null;
      try { session = JSON.parse(decrypt(WEBHOOK_SECRET, JSON.parse(body.toString()).encrypted)); } catch { /* stays null: the test says so */ }
      received.push({ id: req.headers['webhook-id'], signed, session });
      return send(signed && session ? 204 : 401, '');
    }
    return send(404, '');
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.on('end', () => process.exit(0)).resume(); // ends with the test
