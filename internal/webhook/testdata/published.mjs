// A receiver that leaves all checking to the verifier published for JavaScript.
//
// For every notification it prints one line of JSON: what the verifier made of
// it, and which altered copies it took. The secrets of the addresses come in the
// environment as SECRETS: {"/path": [secret, …]}, the last one a stranger's.
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const secrets = JSON.parse(process.env.SECRETS);

function takes(secret, body, headers) {
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function altered(body, headers) {
  const stamp = Number(headers['webhook-timestamp']);
  const middle = Math.floor(body.length / 2);
  return {
    'a character less': [body.slice(0, middle) + body.slice(middle + 1), headers],
    'a space more': [body + ' ', headers],
    'written anew': [JSON.stringify(JSON.parse(body), null, 1), headers],
    'another id': [body, { ...headers, 'webhook-id': headers['webhook-id'] + '0' }],
    'a second later': [body, { ...headers, 'webhook-timestamp': String(stamp + 1) }],
    'an hour ago': [body, { ...headers, 'webhook-timestamp': String(stamp - 3600) }],
    'no signature': [body, { ...headers, 'webhook-signature': '' }],
    'another version': [body, { ...headers, 'webhook-signature': headers['webhook-signature'].replaceAll('v1,', 'v2,') }],
  };
}

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    const known = secrets[request.url];
    console.log(JSON.stringify({
      path: request.url,
      genuine: known.map((secret) => takes(secret, body, request.headers)),
      fooled: Object.entries(altered(body, request.headers)).filter(([, [b, h]]) => takes(known[0], b, h)).map(([name]) => name),
      body: JSON.parse(body),
    }));
    response.writeHead(204).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
