// Pumps a follow into console lines: at most one chunk ahead of the peer, so that a reader that stops reading costs one
// chunk and loses, marked by the stream, what the ring drops meanwhile.

import { contentLines, type Refusal } from '@cohesix/wire';
import type { PathFollow } from '../path-session.ts';

/** How a console follow reaches its connection. */
export interface ConsoleFollowPorts {
  readonly lineBytesMax: number;
  readonly send: (lines: readonly string[]) => void;
  /** Whether the peer has too much to read already. */
  readonly isFull: () => boolean;
  /** Called once at the end; with the refusal that ended it, if it was not `stop`. */
  readonly ended: (reason: Refusal | undefined) => void;
}

export class ConsoleFollow {
  readonly #source: PathFollow;
  readonly #ports: ConsoleFollowPorts;
  readonly #done: Promise<void>;
  #isStopped = false;
  #resume: (() => void) | undefined;

  constructor(source: PathFollow, ports: ConsoleFollowPorts) {
    this.#source = source;
    this.#ports = ports;
    this.#done = this.#pump();
  }

  /** The peer has taken what was queued. */
  resume(): void {
    this.#resume?.();
  }

  /** Ends it; resolves after `ended` was called. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#source.stop();
    this.#resume?.();
    return this.#done;
  }

  async #pump(): Promise<void> {
    for (;;) {
      while (this.#ports.isFull() && !this.#isStopped) await this.#drained();
      const chunk = await this.#source.next();
      if (!chunk.ok) {
        this.#source.stop();
        return this.#ports.ended(chunk.refusal);
      }
      if (chunk.value === undefined) return this.#ports.ended(undefined);
      this.#ports.send(contentLines(chunk.value, this.#ports.lineBytesMax));
    }
  }

  async #drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#resume = undefined;
  }
}
