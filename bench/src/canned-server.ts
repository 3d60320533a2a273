// The ceiling of any Node 9P server: answers each request from a constant and looks at nothing but its type.
// All answers to one `data` event leave in one write from a pooled buffer; that is what decides the speed.
// Run as a process of its own; prints {"port":N} when it listens.

import { createServer, type Socket } from 'node:net';

const MSIZE = 8192;
const POOLED_SIZE = 1 << 20;
const QID = new Uint8Array([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
const pool: Buffer[] = [];

/** T-type → body of its answer, for those whose answer does not depend on the request. */
const CONSTANT: ReadonlyMap<number, Uint8Array> = new Map([
  [100, new Uint8Array([MSIZE & 255, MSIZE >> 8, 0, 0, 8, 0, ...Buffer.from('9P2000.L')])],
  [104, QID],
  [12, new Uint8Array([...QID, 0, 0, 0, 0])],
  [24, new Uint8Array([0xff, 7, 0, 0, 0, 0, 0, 0, ...QID, 0xa4, 0x81, ...new Uint8Array(130)])],
  [120, new Uint8Array(0)],
]);

const server = createServer({ noDelay: true }, serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`{"port":${address.port}}\n`);
});
process.on('SIGTERM', () => process.exit(0));

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const out = pool.pop() ?? Buffer.allocUnsafeSlow(POOLED_SIZE);
    let [at, end] = [0, 0];
    while (input.length - at >= 4 && input.length - at >= input.readUInt32LE(at) && end < POOLED_SIZE - MSIZE) {
      end = answer(input, at, out, end);
      at += input.readUInt32LE(at);
    }
    rest = Buffer.from(input.subarray(at));
    socket.write(out.subarray(0, end), () => pool.push(out));
  });
}

function answer(input: Buffer, at: number, out: Buffer, start: number): number {
  const type = input[at + 4] ?? 0;
  const size = 7 + putBody(type, input, at, out, start + 7);
  out.writeUInt32LE(size, start);
  out[start + 4] = type + 1;
  out[start + 5] = input[at + 5] ?? 0;
  out[start + 6] = input[at + 6] ?? 0;
  return start + size;
}

function putBody(type: number, input: Buffer, at: number, out: Buffer, to: number): number {
  if (type === 116) return putRead(input.readUInt32LE(at + 19), out, to);
  if (type === 118) return out.writeUInt32LE(input.readUInt32LE(at + 19), to) - to;
  if (type === 110) return putWalk(input.readUInt16LE(at + 15), out, to);
  const constant = CONSTANT.get(type);
  if (!constant) throw new Error(`the canned server has no answer to type ${type}`);
  out.set(constant, to);
  return constant.length;
}

function putRead(count: number, out: Buffer, to: number): number {
  out.writeUInt32LE(count, to);
  out.fill(120, to + 4, to + 4 + count);
  return 4 + count;
}

function putWalk(count: number, out: Buffer, to: number): number {
  out.writeUInt16LE(count, to);
  for (let index = 0; index < count; index++) out.set(QID, to + 2 + index * 13);
  return 2 + count * 13;
}
