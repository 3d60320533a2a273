// The peer: JetStream of Debian's NATS server, a stream in memory with a subject for each ring, which like a ring retains the last
// lines of each and drops older ones. A line is a message. A batch is written at once and answered once, by the PONG to a
// PING behind it: that says that the server has read them; that the stream has them is counted at the end.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import getPort from 'get-port';
import { startUntilLine } from '../child.ts';
import { NatsClient } from '../journal/nats-client.ts';
import { LINE_BYTES } from './lines.ts';
import type { RingTarget, RingTargetKind } from './target.ts';

const SERVER = '/usr/sbin/nats-server';
const STREAM = 'telemetry';
/** As many lines as 64 KiB, the default ring of a worker, hold. */
const LINES_RETAINED = 1024;
const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"name":"bench"}\r\n';
const PONG = 'PONG\r\n';
/** How long the stream may take to have what the server has read. */
const SETTLE_MS = 20_000;

/** NATS JetStream in memory. */
export const jetstream: RingTargetKind = {
  name: 'jetstream',
  missing: () => (existsSync(SERVER) ? undefined : `${SERVER} is not installed (Debian package nats-server)`),
  open,
};

async function open({ directory }: { readonly rings: number; readonly directory: string }): Promise<RingTarget> {
  const folder = mkdtempSync(join(directory, 'cohesix-bench-nats-'));
  const port = await getPort({ host: '127.0.0.1' });
  const config = join(folder, 'nats.conf');
  writeFileSync(config, `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(folder)} }\n`);
  const child = await startUntilLine({ command: SERVER, args: ['-c', config] }, (line) =>
    line.includes('Server is ready') ? true : undefined,
  );
  const control = new NatsClient(port);
  await control.request(`$JS.API.STREAM.CREATE.${STREAM}`, {
    ...{ name: STREAM, subjects: [`${STREAM}.*`], storage: 'memory', num_replicas: 1, no_ack: true },
    ...{ retention: 'limits', discard: 'old', max_msgs_per_subject: LINES_RETAINED },
  });
  const publisher = new Publisher(port);
  return {
    name: 'jetstream',
    pid: child.pid,
    append: (ring, batch) => publisher.publish(`${STREAM}.${ring}`, batch),
    taken: () => settledCount(control),
    memory: () => residentBytes(child.pid),
    close: async () => {
      publisher.close();
      control.close();
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Messages that the stream has ever had, once that no longer changes. */
async function settledCount(control: NatsClient): Promise<number> {
  const end = performance.now() + SETTLE_MS;
  for (let before = -1; ; ) {
    const { state } = await control.request(`$JS.API.STREAM.INFO.${STREAM}`);
    const count = (state as { readonly last_seq: number }).last_seq;
    if (count === before || performance.now() > end) return count;
    before = count;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A connection that publishes batches and hears of each that the server has read it. */
class Publisher {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #out: Uint8Array[] = [];
  #unread = '';

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk.toString('latin1')));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    this.#socket.write(HELLO);
  }

  publish(subject: string, batch: Uint8Array): Promise<void> {
    if (this.#out.length === 0) queueMicrotask(() => this.#flush());
    const head = Buffer.from(`PUB ${subject} ${LINE_BYTES - 1}\r\n`);
    for (let at = 0; at < batch.length; at += LINE_BYTES)
      this.#out.push(head, batch.subarray(at, at + LINE_BYTES - 1), CRLF);
    this.#out.push(PING);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #flush(): void {
    const out = this.#out;
    this.#out = [];
    this.#socket.write(Buffer.concat(out));
  }

  #read(text: string): void {
    this.#unread += text;
    for (let end = this.#unread.indexOf('\n') + 1; end > 0; end = this.#unread.indexOf('\n') + 1) {
      const line = this.#unread.slice(0, end);
      this.#unread = this.#unread.slice(end);
      if (line === PONG) this.#waiting.shift()?.resolve();
      else if (line.startsWith('-ERR')) this.#fail(new Error(line.trim()));
      else if (line.startsWith('PING')) this.#socket.write(PONG);
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

const CRLF = Buffer.from('\r\n');
const PING = Buffer.from('PING\r\n');
