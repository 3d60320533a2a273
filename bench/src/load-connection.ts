// One connection of the load client: slots that each send the next request when the last is answered.
//
// Answers are looked at as they arrive and never collected: 11 bytes of each hold all that is checked. All requests
// that one `data` event allows leave in one write.

import { connect, type Socket } from 'node:net';
import { NOTAG, TYPE } from './frames.ts';
import type { Step } from './operations.ts';

/** Where and as whom to connect. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Called at the end of each cycle of a slot, times in milliseconds; false ends the slot. */
export type OnCycle = (now: number, startedAt: number) => boolean;

const HEAD_SIZE = 11;
const RECEIVE_SIZE = 1 << 18;
const SEND_SIZE = 1 << 16;
/** All connections live in one thread and a chunk is consumed before the next arrives: one buffer serves all. */
const received = Buffer.allocUnsafeSlow(RECEIVE_SIZE);
const sendPool: Buffer[] = [];

/** A connection; `run` may be called again when the last run has ended. */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #head = new Uint8Array(HEAD_SIZE);
  #headLength = 0;
  #headWanted = 7;
  #replySize = 0;
  #skip = 0;
  #out: Buffer | undefined;
  #outLength = 0;
  #programs: readonly (readonly Step[])[] = [];
  #positions = new Int32Array(0);
  #startedAt = new Float64Array(0);
  #running = 0;
  #onCycle: OnCycle = () => false;
  #finish: (error?: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects; rejects with the system's error. */
  static open(endpoint: Endpoint): Promise<LoadConnection> {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: received,
        callback: (length: number) => {
          connection.#receive(length);
          return true;
        },
      };
      const socket = connect({ ...endpoint, noDelay: true, onread });
      const connection = new LoadConnection(socket);
      socket.once('connect', () => resolve(connection));
      socket.on('error', (error) => {
        reject(error);
        connection.#end(error);
      });
      socket.on('close', () => connection.#end(new Error('the server closed the connection')));
    });
  }

  /** Runs each program, slot by slot in parallel, until `onCycle` says false for every slot. Rejects on a wrong answer. */
  run(programs: readonly (readonly Step[])[], onCycle: OnCycle): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#programs = programs;
      this.#positions = new Int32Array(programs.length);
      this.#startedAt = new Float64Array(programs.length).fill(performance.now());
      this.#running = programs.length;
      this.#onCycle = onCycle;
      this.#finish = (error) => (error ? reject(error) : resolve());
      for (let slot = 0; slot < programs.length; slot++) this.#sendNext(slot);
      this.#flush();
    });
  }

  /** Closes at once; a run in progress rejects. */
  close(): void {
    this.#socket.destroy();
  }

  #receive(length: number): void {
    const now = performance.now();
    let at = 0;
    while (at < length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, length - at);
        this.#skip -= skipped;
        at += skipped;
      } else {
        this.#head[this.#headLength++] = received[at++] ?? 0;
        if (this.#headLength === this.#headWanted) this.#onHead(now);
      }
    }
    this.#flush();
  }

  #onHead(now: number): void {
    if (this.#headLength === 7) {
      this.#replySize = new DataView(this.#head.buffer).getUint32(0, true);
      this.#headWanted = Math.min(HEAD_SIZE, this.#replySize);
      if (this.#headWanted > 7) return;
    }
    this.#skip = Math.max(0, this.#replySize - this.#headLength);
    this.#headLength = 0;
    this.#headWanted = 7;
    this.#onReply(now);
  }

  #onReply(now: number): void {
    const tag = (this.#head[5] ?? 0) | ((this.#head[6] ?? 0) << 8);
    const slot = tag === NOTAG ? 0 : tag;
    const step = this.#programs[slot]?.[this.#positions[slot] ?? 0];
    const wrong = step ? this.#wrongIn(step) : `an answer with tag ${tag}, which asked nothing`;
    if (wrong === undefined) this.#advance(slot, now);
    else this.#end(new Error(wrong));
  }

  #wrongIn(step: Step): string | undefined {
    const [type, count] = [this.#head[4], new DataView(this.#head.buffer).getUint32(7, true)];
    const asked = `T-message ${step.frame[4]}`;
    if (type === TYPE.Rlerror) return `${asked} was answered Rlerror ${count}`;
    if (type !== step.replyType) return `${asked} was answered by message ${type}`;
    if (this.#replySize !== step.replySize) {
      return `${asked} was answered by ${this.#replySize} bytes instead of ${step.replySize}`;
    }
    if (step.written !== undefined && count !== step.written) return `${asked} wrote ${count} of ${step.written} bytes`;
    return undefined;
  }

  #advance(slot: number, now: number): void {
    const next = (this.#positions[slot] ?? 0) + 1;
    const isCycleEnd = next === this.#programs[slot]?.length;
    this.#positions[slot] = isCycleEnd ? 0 : next;
    if (!isCycleEnd || this.#startsAgain(slot, now)) this.#sendNext(slot);
    else this.#endSlot();
  }

  #startsAgain(slot: number, now: number): boolean {
    const isOn = this.#onCycle(now, this.#startedAt[slot] ?? now);
    this.#startedAt[slot] = now;
    return isOn;
  }

  #endSlot(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#end();
  }

  #end(error?: Error): void {
    const finish = this.#finish;
    this.#finish = () => undefined;
    finish(error);
  }

  #sendNext(slot: number): void {
    const frame = this.#programs[slot]?.[this.#positions[slot] ?? 0]?.frame;
    if (!frame) throw new TypeError('a program needs a step');
    if (this.#outLength + frame.length > SEND_SIZE) this.#flush();
    this.#out ??= sendPool.pop() ?? Buffer.allocUnsafeSlow(SEND_SIZE);
    this.#out.set(frame, this.#outLength);
    this.#outLength += frame.length;
  }

  #flush(): void {
    const out = this.#out;
    if (!out) return;
    this.#socket.write(out.subarray(0, this.#outLength), () => sendPool.push(out));
    this.#out = undefined;
    this.#outLength = 0;
  }
}
