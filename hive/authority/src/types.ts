// The shapes of the authority: what a command, a change, an outcome and a capability are. Everything here is plain
// data in and plain data out. Time enters as `command.at`, randomness as bytes in the line, the outside world as
// lines written by the system principal to `/sys/...`; so running the journal again gives the same state.

import type { Manifest } from '@cohesix/manifest';
import type { Refusal, RefusalCode } from '@cohesix/wire';
import type { TSchema } from 'typebox';
import type { ViewRecord } from './kernel/record.ts';

/** Who acts: derived from the ticket at attach, never from what the client says about itself. */
export interface Principal {
  readonly subject: string;
  readonly role: string;
  /** Fingerprint of the presented ticket; the ticket itself never enters the authority. */
  readonly ticket: string;
  /** Ids of the ticket's chain, root first. Two principals with one root id are never two persons to `policy`. */
  readonly ticketIds: readonly string[];
  /** Session id, unique within a boot. */
  readonly session: string;
}

/** One accepted-or-refused line on its way through the authority. */
export interface Command {
  /** Position in the journal, from 1, without gaps over accepted commands. */
  readonly seq: number;
  /** Wall time in ms since the epoch; never less than that of the command before. */
  readonly at: number;
  readonly who: Principal;
  /** Absolute path of the control file written to. */
  readonly path: string;
  /** The exact line, without its LF. */
  readonly line: string;
}

/** A command whose line was parsed by its control's schema and whose path parameters were bound. */
export interface ParsedCommand<Value = unknown> extends Command {
  readonly value: Value;
  readonly params: Readonly<Record<string, string>>;
}

/** What `decide` wants done: plain data that only the owning capability's `evolve` understands. */
export interface Change {
  readonly capability: string;
  readonly change: unknown;
}

/** An action outside the authority, carried out only after the command is durable; idempotent by `entry`. */
export interface Effect {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** What a capability's `decide` returns when it accepts. */
export interface Acceptance {
  readonly kind: 'accept';
  readonly changes: readonly Change[];
  readonly effects?: readonly Effect[];
  /** Lines for `/log/queen.log`, without LF. */
  readonly log?: readonly string[];
  /** Fields the writer gets back (kept in the control file's log), for example the id of a new worker. */
  readonly reply?: Readonly<Record<string, string | number | boolean>>;
}

/** What a capability's `decide` returns when it refuses. */
export interface Rejection {
  readonly kind: 'refuse';
  readonly refusal: Refusal;
  /** Lines for `/log/queen.log`, without LF; most refusals are audited by NineDoor and have none. */
  readonly log?: readonly string[];
}

/** What a capability's `decide` returns. */
export type Decision = Acceptance | Rejection;

/**
 * What a capability's `decide` returns for a line that carries another: that one is decided as if its writer had appended
 * it to its own file, policy included, and becomes part of the same outcome. It may not carry a third.
 */
export interface Delegation {
  readonly kind: 'delegate';
  readonly path: string;
  readonly line: string;
  /** Called when that line is accepted: what the carrying file adds. Its reply is the reply of the whole. */
  readonly accepted: (inner: Extract<Outcome, { ok: true }>) => Acceptance;
}

/** The result of one command: what is journaled and compared on replay. */
export type Outcome =
  | {
      readonly ok: true;
      readonly changes: readonly Change[];
      readonly effects: readonly Effect[];
      readonly log: readonly string[];
      readonly reply: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly ok: false; readonly code: RefusalCode; readonly detail: string; readonly log: readonly string[] };

/** Lifecycle gates of `contracts-1.md` 4.10. */
export type Gate =
  | 'new-work'
  | 'telemetry-ingest'
  | 'worker-attach'
  | 'worker-telemetry'
  | 'worker-job'
  | 'host-publish';

/** The whole state: one slice of plain data (objects, arrays, Maps, strings, numbers, booleans) per capability. */
export type State = Map<string, unknown>;

/** A control file: lines appended to it become commands. */
export interface Control<Slice, Value = unknown> {
  /** Absolute path; a component `:name` binds a parameter. */
  readonly pattern: string;
  /** One line of documentation. */
  readonly summary: string;
  /** The one schema of its line; a plain-word line (not JSON) is given to `parseWord` when that is set. */
  readonly schema: TSchema;
  /** For files whose lines are words, not JSON (`cordon`): turns the trimmed line into a value to be checked. */
  readonly parseWord?: (line: string) => unknown;
  /** Roles that may write, whatever their ticket says; `system` is the hive itself. */
  readonly writers: readonly string[];
  /** Which lifecycle gate must be open for this line, if any. */
  readonly gate?: (value: Value) => Gate | undefined;
  /** Longest line in UTF-8 bytes; `LINE_BYTES_MAX` when absent. */
  readonly lineBytesMax?: number;
  /** A line for `/log/queen.log` when a line does not match the schema. */
  readonly logInvalid?: (slice: Readonly<Slice>) => string;
  /** What reading the file gives instead of the lines it retains: of a pointer, what it points to. */
  readonly text?: (slice: Readonly<Slice>, state: Readonly<State>) => string;
  /** Examples of valid lines, for docs, completion and tests. */
  readonly examples: readonly string[];
  /** Pure: (state, command) → decision. Must not touch its arguments. */
  readonly decide: (
    slice: Readonly<Slice>,
    command: ParsedCommand<Value>,
    state: Readonly<State>,
  ) => Decision | Delegation;
}

/** A read-only file rendered from state at open. */
export interface View<Slice> {
  readonly pattern: string;
  readonly summary: string;
  /** Longest rendering in bytes; a longer one is cut at a line end and ends with `… truncated`. */
  readonly boundBytes: number;
  readonly render: (slice: Readonly<Slice>, params: Readonly<Record<string, string>>, state: Readonly<State>) => string;
  /** The same as fields, when the text was made from them (`recordView`): what a CBOR twin is made of. */
  readonly record?: (
    slice: Readonly<Slice>,
    params: Readonly<Record<string, string>>,
    state: Readonly<State>,
  ) => ViewRecord;
}

/** Names that exist for one parameter component, for example the worker ids under `/worker`. */
export interface Names<Slice> {
  /** Pattern up to and including the parameter: `/worker/:worker`. */
  readonly pattern: string;
  readonly list: (
    slice: Readonly<Slice>,
    params: Readonly<Record<string, string>>,
    state: Readonly<State>,
  ) => Iterable<string>;
  readonly has: (
    slice: Readonly<Slice>,
    name: string,
    params: Readonly<Record<string, string>>,
    state: Readonly<State>,
  ) => boolean;
}

/** A capability is a room: everything it owns, and nothing else touches its slice. */
export interface Capability<Slice> {
  /** Folder name and key of its slice. */
  readonly name: string;
  readonly controls: readonly Control<Slice, never>[];
  readonly views: readonly View<Slice>[];
  readonly names: readonly Names<Slice>[];
  /** State at boot, before any record. */
  readonly initial: (manifest: Manifest) => Slice;
  /** Applies a change in place; cannot fail. */
  readonly evolve: (slice: Slice, change: never) => void;
  /** What must hold after every command: the broken rules, as sentences; empty when all hold. */
  readonly invariants: (slice: Readonly<Slice>, state: Readonly<State>) => readonly string[];
  /** Earliest time (ms) at which a clock command would change something, 0 for at once; undefined when none. */
  readonly deadline?: (slice: Readonly<Slice>, state: Readonly<State>) => number | undefined;
  /** What a clock command (`/sys/clock`) makes of this capability. */
  readonly tick?: (slice: Readonly<Slice>, clock: Pick<Command, 'at' | 'seq'>, state: Readonly<State>) => Acceptance;
}
