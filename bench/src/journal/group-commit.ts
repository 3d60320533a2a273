// Group commit for the stores that have none of their own: what is submitted while one commit is under way makes the
// next. The same schedule as the journal's: the first commit begins at the end of the turn, each next one at once.

import type { OnStored, Store } from './store.ts';

/** Makes records durable together, in one go. Rejects or throws when it cannot. */
export type Commit = (bodies: readonly Uint8Array[]) => Promise<void> | void;

interface Waiting {
  readonly body: Uint8Array;
  readonly done: OnStored;
}

/** The gathering half of a store. */
export class GroupCommit {
  readonly #commit: Commit;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  readonly submit: Store['submit'] = (body, done) => {
    this.#waiting.push({ body, done });
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  };

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const problem = await this.#problemOf(batch);
      for (const { done } of batch) done(problem);
    }
    this.#isRunning = false;
  }

  async #problemOf(batch: readonly Waiting[]): Promise<string | undefined> {
    try {
      const committed = this.#commit(batch.map(({ body }) => body));
      if (committed !== undefined) await committed;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
