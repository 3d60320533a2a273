// Being told when the list of tools is another one: while somebody wants to know, it is made again from time to time.

import type { Result } from '@cohesix/wire';
import type { Tool } from '@modelcontextprotocol/server';
import { type Listening, pause } from './watch.ts';

/** Who wants to know, and what was there last. */
export class ToolsWatch {
  readonly #tools: () => Promise<Result<readonly Tool[]>>;
  readonly #pollMs: number;
  readonly #listeners = new Set<() => void>();
  #stop = new AbortController();

  constructor(tools: () => Promise<Result<readonly Tool[]>>, pollMs: number) {
    this.#tools = tools;
    this.#pollMs = pollMs;
  }

  /** Calls `changed` whenever the list is another one, until it is stopped. */
  add(changed: () => void): Listening {
    const listener = (): void => changed();
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      this.#stop = new AbortController();
      void this.#look(this.#stop.signal);
    }
    const stop = (): void => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stop.abort();
    };
    return { stop, ready: Promise.resolve() };
  }

  close(): void {
    this.#stop.abort();
    this.#listeners.clear();
  }

  async #look(signal: AbortSignal): Promise<void> {
    let seen: string | undefined;
    while (!signal.aborted) {
      const tools = await this.#tools();
      const now = tools.ok ? tools.value.map(({ name }) => name).join() : seen;
      if (seen !== undefined && now !== seen && !signal.aborted) for (const listener of this.#listeners) listener();
      seen = now;
      await pause(this.#pollMs, signal);
    }
  }
}
