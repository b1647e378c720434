// Client keys and webhooks of OpenKYC with nothing but Node's own crypto module.
//
// Run alone it checks vectors.json. Given JSON on standard input (by the Go
// test) it also opens what Go sealed and seals something for Go to open. The
// functions below are what an integrator writes; copy them.
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

// The key is the first half of the hexadecimal digest, as text.
const keyOf = (secret) => Buffer.from(createHash('sha256').update(secret).digest('hex').slice(0, 32), 'ascii');

function sealCBC(secret, text, iv = randomBytes(16)) {
  const cipher = createCipheriv('aes-256-cbc', keyOf(secret), iv);
  return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64');
}

function openCBC(secret, token) {
  const data = Buffer.from(token, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', keyOf(secret), data.subarray(0, 16));
  return Buffer.concat([decipher.update(data.subarray(16)), decipher.final()]);
}

const keyOfV2 = (secret) => Buffer.from(hkdfSync('sha256', secret, '', 'openkyc client key v2', 32));

function encryptKeyV2(secret, schemaId, claims, nonce = randomBytes(12)) {
  const cipher = createCipheriv('aes-256-gcm', keyOfV2(secret), nonce);
  cipher.setAAD(Buffer.from(schemaId));
  const sealed = [nonce, cipher.update(JSON.stringify(claims)), cipher.final()];
  return 'v2.' + Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url');
}

function decryptKeyV2(secret, schemaId, token) {
  const data = Buffer.from(token.slice(3), 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keyOfV2(secret), data.subarray(0, 12));
  decipher.setAAD(Buffer.from(schemaId));
  decipher.setAuthTag(data.subarray(-16));
  return JSON.parse(Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]));
}

function sign(secret, id, timestamp, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return 'v1,' + createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}

const equal = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const { key1, key2, webhook } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url)));

assert.equal(keyOf(key1.secret).toString(), key1.key);
for (const { raw, token } of key1.good) {
  assert.equal(sealCBC(key1.secret, raw, Buffer.from(key1.iv, 'hex')), token);
  assert.equal(openCBC(key1.secret, token).toString(), raw);
}
for (const { why, token } of key1.refused.slice(0, 2)) {
  assert.throws(() => openCBC(key1.secret, token), `opened although ${why}`);
}
const random = Buffer.from(key2.random, 'hex');
const claims = { k: key2.raw, exp: key2.exp, jti: random.subarray(12).toString('base64url') };
assert.equal(claims.jti, key2.jti);
assert.equal(encryptKeyV2(key2.secret, key2.schemaId, claims, random.subarray(0, 12)), key2.token);
assert.deepEqual(decryptKeyV2(key2.secret, key2.schemaId, key2.token), claims);
assert.throws(() => decryptKeyV2(key2.secret, 'another scenario', key2.token));
assert.equal(sign(webhook.secret, webhook.id, webhook.timestamp, webhook.body), webhook.signature);
assert.equal(sealCBC(webhook.secret, webhook.body, Buffer.from(webhook.iv, 'hex')), webhook.encrypted);
assert.equal(openCBC(webhook.secret, webhook.encrypted).toString(), webhook.body);

const input = process.stdin.isTTY ? '' : readFileSync(0, 'utf8');
if (input.trim() !== '') {
  const given = JSON.parse(input);
  const { id, timestamp, signature, body } = given.webhook;
  assert.ok(equal(signature, sign(given.webhookSecret, id, timestamp, body)), 'the signature made in Go does not fit');
  const answer = JSON.stringify({ encrypted: sealCBC(given.webhookSecret, JSON.stringify({ clientKey: 'from node ✓' })) });
  const claimsOf = (k) => ({ k, exp: given.exp, jti: randomBytes(16).toString('hex') });
  console.log(JSON.stringify({
    opened1: given.keys1.map((token) => openCBC(given.secret, token).toString()),
    opened2: given.keys2.map((token) => decryptKeyV2(given.secret, given.schemaId, token).k),
    openedWebhook: openCBC(given.webhookSecret, JSON.parse(body).encrypted).toString(),
    keys1: given.raws.map((raw) => sealCBC(given.secret, raw)),
    keys2: given.raws.map((raw) => encryptKeyV2(given.secret, given.schemaId, claimsOf(raw))),
    webhook: { id, timestamp, body: answer, signature: sign(given.webhookSecret, id, timestamp, answer) },
  }));
}
