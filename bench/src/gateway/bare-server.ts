// The peer of the governed read: a bare `node:http` server that answers every request with one constant. A program of its own:
// the constant comes as the first argument, the address is printed.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [body = ''] = process.argv.slice(2);
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
