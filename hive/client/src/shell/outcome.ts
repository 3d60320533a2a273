// How a line of the shell ends, and what the code behind a verb may see and change.

import type { Refusal } from '@cohesix/wire';
import type { HiveClient } from '../hive-client.ts';

/** Takes one line of the transcript, without a line feed. */
export type Emit = (line: string) => void;

/**
 * How a verb ended. `done`: its acknowledgement is `ok`, followed by `body` and END when there is one. `listed`: the body
 * comes first (help, test). `usage`: the line does not parse, `text` says why. The shell alone writes the lines.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly detail: string; readonly body?: readonly string[] }
  | { readonly kind: 'listed'; readonly detail: string; readonly body: readonly string[]; readonly refusal?: Refusal }
  | { readonly kind: 'quit' }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly path?: string }
  | { readonly kind: 'usage'; readonly text: string };

/** What verbs see of their shell. */
export interface ShellState {
  /** The session; undefined before `attach`. */
  readonly client: HiveClient | undefined;
  /** The session that approves, with another ticket than the client's. */
  readonly approver: HiveClient | undefined;
  /** A fresh unique id of 1 to 64 letters, digits, `-` and `_`. */
  readonly newId: () => string;
  /** Makes a new session; undefined when the shell cannot. */
  readonly connect: Connector | undefined;
  /** The running follow. */
  follow: RunningFollow | undefined;
}

/** Makes a session for `attach`. */
export type Connector = (
  role: string,
  ticket: string | undefined,
) => Promise<{ readonly ok: true; readonly value: HiveClient } | { readonly ok: false; readonly refusal: Refusal }>;

/** A follow whose lines go to the transcript until it is stopped. */
export interface RunningFollow {
  readonly path: string;
  /** Ends it; resolves when its last line and END are written. */
  stop(): Promise<void>;
}

/** A good end with `key=value` fields. */
export function done(
  fields: Readonly<Record<string, string | number | bigint>> = {},
  body?: readonly string[],
): Outcome {
  const detail = Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
  return body === undefined ? { kind: 'done', detail } : { kind: 'done', detail, body };
}

/** A refusal, about a path or not. */
export function refused(refusal: Refusal, path?: string): Outcome {
  return path === undefined ? { kind: 'refused', refusal } : { kind: 'refused', refusal, path };
}
