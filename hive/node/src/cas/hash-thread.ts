// A thread that hashes payloads, so that a hive goes on serving and checking chunks meanwhile: SHA-256 makes some 400 MB/s on one
// core, and every byte of an update is hashed twice, as part of its chunk and as part of the payload. Pieces in shared memory are not
// copied. The thread is there while something is hashed.

import { Worker } from 'node:worker_threads';
import type { Sha256Beside } from '@cohesix/cas';

/** The thread's program: as a text, because a bundle has no second file. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const hashes = new Map();
parentPort.on('message', ({ call, id, piece }) => {
  const hash = hashes.get(id) ?? createHash('sha256');
  hashes.set(id, hash);
  if (piece === 'end') {
    hashes.delete(id);
  } else if (piece === 'digest') {
    parentPort.postMessage({ call, digest: hash.copy().digest() });
  } else {
    hash.update(piece);
    parentPort.postMessage({ call });
  }
});
`;

/** What the thread answers. */
interface Answer {
  readonly call: number;
  readonly digest?: Uint8Array;
}

interface Waiting {
  readonly done: (answer: Answer) => void;
  readonly failed: (error: Error) => void;
}

/** Hashes beside the hive; any number at a time, on one thread. */
export class HashThread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #open = new Set<number>();
  #nextCall = 1;
  #nextId = 1;

  /** Begins a hash; its promises reject when the thread dies. */
  begin(): Sha256Beside {
    const id = this.#nextId++;
    this.#open.add(id);
    return {
      update: async (piece) => {
        await this.#ask(id, piece);
      },
      digest: async () => {
        const { digest } = await this.#ask(id, 'digest');
        return digest ?? new Uint8Array(0);
      },
      close: () => this.#close(id),
    };
  }

  #ask(id: number, piece: Uint8Array | 'digest'): Promise<Answer> {
    const call = this.#nextCall++;
    return new Promise((done, failed) => {
      this.#waiting.set(call, { done, failed });
      this.#thread().postMessage({ call, id, piece });
    });
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(PROGRAM, { eval: true, env: {}, execArgv: [] });
    worker.unref();
    worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.call);
      this.#waiting.delete(answer.call);
      waiting?.done(answer);
    });
    worker.on('error', (error: Error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker, new Error('the thread that hashes ended')));
    this.#worker = worker;
    return worker;
  }

  #died(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#giveUp(error);
  }

  #giveUp(error: Error): void {
    this.#worker = undefined;
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }

  #close(id: number): void {
    if (!this.#open.delete(id)) return;
    if (this.#open.size > 0) return this.#worker?.postMessage({ call: 0, id, piece: 'end' });
    const worker = this.#worker;
    this.#giveUp(new Error('the hash was given up'));
    void worker?.terminate();
  }
}
