// HTTP by hand: what a socket sends is exactly what a test says, and what comes back is read as far as it comes.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it was on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection that a test holds. */
export interface RawConnection {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** The next answer. @throws Error when the connection ends before it is whole. */
  answer(): Promise<RawAnswer>;
  /** Settles when the other side has ended the connection. */
  readonly closed: Promise<void>;
  /** Bytes that came and are no part of an answer yet. */
  left(): string;
}

/** Connects to `http://host:port`. */
export async function rawConnect(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  let received = '';
  let isClosed = false;
  const wakes: (() => void)[] = [];
  const wake = (): void => {
    for (const each of wakes.splice(0)) each();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    wake();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  const answer = async (): Promise<RawAnswer> => {
    for (;;) {
      const parsed = parse(received);
      if (parsed !== undefined) {
        received = received.slice(parsed.size);
        return parsed.answer;
      }
      if (isClosed) throw new Error(`the connection ended after ${JSON.stringify(received.slice(0, 200))}`);
      await new Promise<void>((resolve) => wakes.push(resolve));
    }
  };
  return { socket, send: (text) => void socket.write(text), answer, closed, left: () => received };
}

/** Sends a text on a connection of its own and reads one answer. */
export async function rawAsk(url: string, text: string): Promise<RawAnswer> {
  const connection = await rawConnect(url);
  try {
    connection.send(text);
    return await connection.answer();
  } finally {
    connection.socket.destroy();
  }
}

/** The text of a request: the line, `Host`, the headers, an empty line, the body. */
export function requestText(line: string, headers: readonly string[] = [], body = ''): string {
  const withHost = headers.some((header) => /^host:/i.test(header)) ? headers : ['Host: localhost', ...headers];
  return `${[`${line} HTTP/1.1`, ...withHost].join('\r\n')}\r\n\r\n${body}`;
}

/** A whole answer at the beginning of a text; those of this gateway have a length, unless they are streams. */
function parse(text: string): { readonly answer: RawAnswer; readonly size: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const status = Number(line.split(' ')[1]);
  const length = Number(headers['content-length'] ?? 0);
  const size = end + 4 + length;
  if (text.length < size) return undefined;
  return { answer: { status, headers, body: text.slice(end + 4, size) }, size };
}
