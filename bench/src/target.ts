// What is measured: a server described by data, so that ours and its peers differ by nothing but this.

/** Paths an operation works on; a peer may use different names for the same thing. */
export interface TargetPaths {
  /** At least 128 bytes, read from offset 0. */
  readonly small: string;
  /** At least 8,168 bytes, read from offset 0. */
  readonly big: string;
  /** A path of exactly four names. */
  readonly walk4: string;
  /** A file that takes 64-byte lines. */
  readonly append: string;
  /** A control file whose line is on disk before it is answered, and such a line; absent where a peer has none. */
  readonly durable?: { readonly path: string; readonly line: string };
}

/** A running server. */
export interface RunningTarget {
  readonly host: string;
  readonly port: number;
  readonly uname: string;
  readonly aname: string;
  readonly paths: TargetPaths;
  /** The process whose CPU time, with that of its descendants, is the server's. */
  readonly pid: number;
  /** What runs, for the report: name and version. */
  readonly version: string;
  /** Ends the server and removes what it left; idempotent. */
  stop(): Promise<void>;
}

/** A server that can be started. */
export interface Target {
  /** `hive`, `diod` or `canned`. */
  readonly name: string;
  /** Why it cannot run on this machine, or undefined. */
  missing(): string | undefined;
  start(): Promise<RunningTarget>;
}
