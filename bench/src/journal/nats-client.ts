// The part of the NATS client protocol that the benchmark speaks, over one TCP connection, written by hand: it is lines of
// text, and the official packages are five. Answers come to an inbox of numbered subjects.
//
//   to the server    CONNECT <json> | SUB <subject> <sid> | PUB <subject> <reply> <size>\r\n<payload> | PONG
//   from the server  INFO <json> | MSG <subject> <sid> <size>\r\n<payload> | PING | -ERR '<why>' | +OK
//
// Every line ends with CR LF, a payload too. Source: docs.nats.io, "NATS Protocols: Client Protocol".

import { connect, type Socket } from 'node:net';

/** Called once: with the payload of the answer, or with what went wrong. */
type OnAnswer = (problem: string | undefined, payload: string) => void;

const INBOX = '_INBOX.';
/** No `+OK` for every line; one subscription for all answers. */
const HELLO = `CONNECT {"verbose":false,"pedantic":false,"name":"bench"}\r\nSUB ${INBOX}* 1\r\n`;
const LF = 0x0a;
const CRLF_SIZE = 2;

/** A connection to a NATS server. */
export class NatsClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, OnAnswer>();
  #unread: Buffer = Buffer.alloc(0);
  #next = 1;
  #isCorked = false;
  #problem: string | undefined;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server closed the connection'));
    this.#socket.write(HELLO);
  }

  /** Publishes a message to a subject with one responder, and calls back with its answer. */
  ask(subject: string, payload: Uint8Array, onAnswer: OnAnswer): void {
    const problem = this.#problem;
    if (problem !== undefined) return queueMicrotask(() => onAnswer(problem, ''));
    const number = this.#next++;
    this.#waiting.set(number, onAnswer);
    this.#cork();
    this.#socket.write(`PUB ${subject} ${INBOX}${number} ${payload.length}\r\n`);
    this.#socket.write(payload);
    this.#socket.write('\r\n');
  }

  /** As `ask`, with JSON both ways. Rejects when the connection fails or the answer says `error`. */
  request(subject: string, value: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      this.ask(subject, Buffer.from(JSON.stringify(value)), (problem, payload) => {
        const failed = problem ?? problemIn(payload);
        if (failed === undefined) resolve(JSON.parse(payload) as Record<string, unknown>);
        else reject(new Error(`${subject}: ${failed}`));
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Everything of one turn goes out in one write. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#socket.uncork();
    });
  }

  #read(chunk: Buffer): void {
    let unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const end = unread.indexOf(LF) + 1;
      if (end === 0) break;
      const line = unread.toString('latin1', 0, end - CRLF_SIZE);
      const size = line.startsWith('MSG ') ? Number(line.slice(line.lastIndexOf(' ') + 1)) : undefined;
      if (size === undefined) this.#control(line);
      else if (unread.length < end + size + CRLF_SIZE) break;
      else this.#message(line, unread.toString('utf8', end, end + size));
      unread = unread.subarray(size === undefined ? end : end + size + CRLF_SIZE);
    }
    this.#unread = unread;
  }

  #control(line: string): void {
    if (line === 'PING') this.#socket.write('PONG\r\n');
    else if (line.startsWith('-ERR')) this.#fail(line);
  }

  #message(line: string, payload: string): void {
    const number = Number(line.slice('MSG '.length + INBOX.length, line.indexOf(' ', 'MSG '.length)));
    const onAnswer = this.#waiting.get(number);
    this.#waiting.delete(number);
    onAnswer?.(undefined, payload);
  }

  #fail(problem: string): void {
    this.#problem ??= problem;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const onAnswer of waiting) onAnswer(this.#problem, '');
  }
}

/** What JetStream says went wrong, in its answer to a publication or a request; undefined when nothing did. */
export function problemIn(payload: string): string | undefined {
  const { error } = JSON.parse(payload) as { readonly error?: { readonly description?: string } };
  return error === undefined ? undefined : (error.description ?? 'an error without a description');
}
