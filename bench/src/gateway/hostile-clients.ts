// Clients that mean no good, as a program of its own: host, port, a ticket and how many of each kind as arguments; prints `ready`
// once all are connected, and goes on until it is ended. Kinds:
//
// slow     one byte of a request's head a second, for ever (slow-loris)
// deaf     asks for the largest answers there are, over and over, and never reads one
// flood    asks again as soon as it was answered, with a valid ticket
// stranger the same without a ticket
// half     sends half of a body, or closes its side, and keeps the connection

import { connect, type Socket } from 'node:net';

const [host = '127.0.0.1', port = '0', ticket = '', each = '200'] = process.argv.slice(2);
const HEAD = `Host: ${host}:${port}\r\n`;
const SIGNED = `${HEAD}Authorization: Bearer ${ticket}\r\n`;
const READ = 'GET /v1/fs/cat?path=/proc/lifecycle/state&max_bytes=4096 HTTP/1.1\r\n';
const BIG = 'GET /v1/fs/cat?path=/log/queen.log&max_bytes=65536 HTTP/1.1\r\n';
const DRIP_MS = 1000;
/** How soon one that was thrown out comes back. */
const AGAIN_MS = 100;

type Kind = (socket: Socket) => void;

const slow: Kind = (socket) => {
  const text = `${READ}${HEAD}X-Padding: ${'x'.repeat(4000)}`;
  let at = 0;
  const drip = setInterval(() => socket.write(text[at++ % text.length] ?? ''), DRIP_MS);
  socket.on('close', () => clearInterval(drip));
};

const deaf: Kind = (socket) => {
  socket.pause();
  socket.write(`${BIG}${SIGNED}\r\n`.repeat(64));
};

const flood: Kind = (socket) => again(socket, `${READ}${SIGNED}\r\n`);

const stranger: Kind = (socket) => again(socket, `${READ}${HEAD}\r\n`);

const half: Kind = (socket) => {
  const body = '{"path":"/queen/ctl","line":"';
  socket.write(
    `POST /v1/fs/echo HTTP/1.1\r\n${SIGNED}Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n${body}`,
  );
  if (Math.random() < 0.5) socket.end();
};

/** Asks, and asks again with each answer. */
function again(socket: Socket, text: string): void {
  socket.on('data', () => socket.write(text));
  socket.write(text);
}

const KINDS: readonly Kind[] = [slow, deaf, flood, stranger, half];

let waiting = KINDS.length * Number(each);

function open(kind: Kind, isFirst: boolean): void {
  let isCounted = !isFirst;
  const counted = (): void => {
    if (isCounted) return;
    isCounted = true;
    waiting -= 1;
    if (waiting === 0) console.log('ready');
  };
  const socket = connect({ host, port: Number(port), allowHalfOpen: true }, () => {
    counted();
    kind(socket);
  });
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    counted();
    setTimeout(open, AGAIN_MS, kind, false);
  });
}

for (const kind of KINDS) for (let count = 0; count < Number(each); count += 1) open(kind, true);
