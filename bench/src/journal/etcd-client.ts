// The two calls of etcd's gRPC interface that the benchmark makes, over one HTTP/2 connection, written by hand: Node
// brings HTTP/2, and a put is two fields. (etcd's JSON gateway reaches less than half of it: it translates to gRPC.)
//
// A gRPC message is compressed[1] size[4, big endian] and a protobuf message; its status is in the trailers. Messages
// as in etcd's rpc.proto: PutRequest key=1 value=2; RangeRequest key=1 range_end=2 count_only=9; RangeResponse count=4.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';

/** Called once: with the protobuf message of the answer, or with what went wrong. */
type OnAnswer = (problem: string | undefined, message: Buffer) => void;

const PREFIX = 'records/';
/** The prefix with its last byte one higher: the end of all that begin with it. */
const PREFIX_END = 'records0';
const HEAD_SIZE = 5;
const KEY_DIGITS = 12;
const LENGTH_DELIMITED = 2;
const EMPTY = Buffer.alloc(0);

/** A connection to an etcd that keeps records under numbered keys. */
export class EtcdClient {
  readonly #session: ClientHttp2Session;
  #problem: string | undefined;

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`);
    this.#session.on('error', (error) => {
      this.#problem ??= error.message;
    });
  }

  /** Puts a record; etcd answers when it is in its synced log. */
  put(number: number, value: Uint8Array, done: (problem: string | undefined) => void): void {
    const key = Buffer.from(PREFIX + String(number).padStart(KEY_DIGITS, '0'));
    this.#call('Put', [...field(1, key), ...field(2, value)], done);
  }

  /** How many records there are. */
  count(): Promise<number> {
    const countOnly = Buffer.from([(9 << 3) | 0, 1]);
    const request = [...field(1, Buffer.from(PREFIX)), ...field(2, Buffer.from(PREFIX_END)), countOnly];
    return new Promise((resolve, reject) => {
      this.#call('Range', request, (problem, message) =>
        problem === undefined ? resolve(varintField(message, 4)) : reject(new Error(problem)),
      );
    });
  }

  close(): void {
    this.#session.close();
  }

  #call(method: string, parts: readonly Uint8Array[], done: OnAnswer): void {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const head = Buffer.alloc(HEAD_SIZE);
    head.writeUInt32BE(size, 1);
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': `/etcdserverpb.KV/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    onAnswer(stream, (problem, message) =>
      done(problem === undefined ? undefined : (this.#problem ?? problem), message),
    );
    stream.end(Buffer.concat([head, ...parts]));
  }
}

function onAnswer(stream: ClientHttp2Stream, done: OnAnswer): void {
  const chunks: Buffer[] = [];
  let status: string | undefined;
  let error: string | undefined;
  const statusIn = (headers: IncomingHttpHeaders): void => {
    const found = headers['grpc-status'];
    if (found !== undefined) status = found === '0' ? 'ok' : `gRPC status ${found}: ${headers['grpc-message'] ?? ''}`;
  };
  stream.on('response', statusIn);
  stream.on('trailers', statusIn);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', ({ message }) => {
    error = message;
  });
  stream.on('close', () => {
    const problem = status === 'ok' ? undefined : (status ?? error ?? 'no gRPC status');
    done(problem, problem === undefined ? Buffer.concat(chunks).subarray(HEAD_SIZE) : EMPTY);
  });
}

/** A field of bytes, as tag and length, then the bytes. */
function field(number: number, bytes: Uint8Array): readonly [Buffer, Uint8Array] {
  const head = [(number << 3) | LENGTH_DELIMITED];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return [Buffer.from([...head, rest]), bytes];
}

/** A number in a message of numbers and byte fields; 0, protobuf's default, when it is not there. */
function varintField(message: Buffer, wanted: number): number {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const value = varint();
    if (tag === wanted << 3) return value;
    if ((tag & 7) === LENGTH_DELIMITED) at += value;
  }
  return 0;
}
