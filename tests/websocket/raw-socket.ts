// A WebSocket client made of bytes, so that a test can send what no library would: frames cut anywhere, of any kind, or none.

import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Opcodes of RFC 6455, 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame as it was received. */
export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** What the upgrade asks for; a header that is undefined is left out. */
export interface Handshake {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** One connection. It answers a close frame, as it must, and nothing else by itself. */
export class RawSocket {
  readonly socket: Socket;
  /** Status line and headers of the answer, and the body when there is one. */
  head = '';
  readonly frames: RawFrame[] = [];
  /** The gateway has ended it. */
  isClosed = false;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#receive(chunk));
    const end = (): void => {
      this.isClosed = true;
    };
    socket.on('end', end);
    socket.on('close', end);
  }

  /** Status of the answer to the upgrade. */
  get status(): number {
    return Number(this.head.split(' ')[1]);
  }

  /** The bytes of all binary messages so far. */
  get bytes(): Buffer {
    const isData = ({ opcode }: RawFrame): boolean => opcode === OPCODE.binary || opcode === OPCODE.continuation;
    return Buffer.concat(this.frames.filter(isData).map(({ payload }) => payload));
  }

  /** Code of the close frame; undefined while there is none. */
  get closeCode(): number | undefined {
    return this.frames.find(({ opcode }) => opcode === OPCODE.close)?.payload.readUInt16BE(0);
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.head === '') {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.#received.subarray(0, end).toString();
      this.#received = this.#received.subarray(end + 4);
    }
    if (this.status !== 101) return;
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
      this.frames.push(frame);
      if (frame.opcode === OPCODE.close) this.socket.end(frameOf(frame.payload, { opcode: OPCODE.close }));
    }
  }

  #next(): RawFrame | undefined {
    const bytes = this.#received;
    if (bytes.length < 2) return undefined;
    const short = (bytes[1] ?? 0) & 127;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return undefined;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + size) return undefined;
    this.#received = bytes.subarray(start + size);
    return { opcode: (bytes[0] ?? 0) & 15, payload: bytes.subarray(start, start + size) };
  }

  /** The body of a refused upgrade. */
  get body(): string {
    return this.#received.toString();
  }
}

/** Asks for the upgrade; resolves when there is an answer. */
export async function openRaw(
  port: number,
  { path = '/v1/9p', method = 'GET', headers }: Handshake = {},
): Promise<RawSocket> {
  const raw = new RawSocket(createConnection({ host: '127.0.0.1', port, allowHalfOpen: true }));
  const fields: Readonly<Record<string, string | undefined>> = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': '9p2000.L',
    ...headers,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  raw.socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  while (raw.head === '' && !raw.isClosed) await Promise.race([once(raw.socket, 'data'), once(raw.socket, 'end')]);
  return raw;
}

/** How a frame differs from a whole binary message of a client. */
export interface FrameKind {
  readonly opcode?: number;
  readonly isFinal?: boolean;
  readonly isMasked?: boolean;
  /** Bits of the reserved extensions. */
  readonly reserved?: number;
}

/** A frame; masked with zeros, which RFC 6455 does not forbid a test. */
export function frameOf(payload: Uint8Array | string, kind: FrameKind = {}): Buffer {
  const { opcode = OPCODE.binary, isFinal = true, isMasked = true, reserved = 0 } = kind;
  const content = Buffer.from(payload as string);
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = isMasked ? 0x80 : 0;
  const size =
    content.length < 126
      ? Buffer.from([mask | content.length])
      : Buffer.from([mask | 126, content.length >> 8, content.length & 255]);
  const wide = content.length > 65_535;
  const wideSize = Buffer.alloc(9);
  wideSize[0] = mask | 127;
  wideSize.writeBigUInt64BE(BigInt(content.length), 1);
  return Buffer.concat([Buffer.from([first]), wide ? wideSize : size, Buffer.alloc(isMasked ? 4 : 0), content]);
}
