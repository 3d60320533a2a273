// What is measured: a place that keeps records and says when each is durable, so that ours and its peers differ by
// nothing but this.

/** Told once for each record: undefined when it is durable, else why it never will be. */
export type OnStored = (problem: string | undefined) => void;

/** An open store. */
export interface Store {
  /** What runs, for the report: name and version. */
  readonly version: string;
  /** The process whose CPU time counts too, where the store is not in this process. */
  readonly pid?: number;
  /** Takes a record; `body` is borrowed until `done`, which is never called before this returns. */
  submit(body: Uint8Array, done: OnStored): void;
  /** Ends it and answers how many records it then holds. To be called when nothing is under way. */
  close(): Promise<number>;
}

/** A store that can be opened. */
export interface StoreTarget {
  /** As in the table and after `--targets`. */
  readonly name: string;
  /** Why it cannot run on this machine, or undefined. */
  missing(): string | undefined;
  /** Opens it in a folder of its own that does not exist yet. @throws Error when that fails. */
  open(directory: string): Promise<Store>;
}
