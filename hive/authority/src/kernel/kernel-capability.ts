// What the kernel itself remembers: the last command it applied and the retained log of every control file. Its one
// control file, `/sys/clock`, is how time passes when nobody writes: the hive appends `tick` at a deadline.

import Type from 'typebox';
import type { Acceptance, Capability, Command, Control, Outcome, State } from '../types.ts';
import { accept } from './decision.ts';
import { sliceOf } from './slice.ts';
import { utf8Size } from './text.ts';

/** A capability whose slice type is known only to itself. */
export type AnyCapability = Omit<Capability<never>, 'initial'> & {
  readonly initial: (manifest: Parameters<Capability<unknown>['initial']>[0]) => unknown;
};

/** The retained log of one control file: JSON lines without LF, oldest first. */
export interface ControlLog {
  readonly lines: string[];
  /** UTF-8 bytes of the lines, each with its LF. */
  bytes: number;
  /** Journal entry of the newest line. */
  seq: number;
}

/** The slice of the kernel. */
export interface KernelSlice {
  /** Journal entry of the last applied command; 0 before the first. */
  seq: number;
  /** Its time, ms. */
  at: number;
  readonly logs: Map<string, ControlLog>;
}

/** Time of the last command, ms; 0 before the first. */
export function lastTime(state: Readonly<State>): number {
  return sliceOf<KernelSlice>(state, 'kernel').at;
}

/** Journal entry of the newest accepted line of a control file; 0 when there is none. */
export function controlVersion(state: Readonly<State>, path: string): number {
  return sliceOf<KernelSlice>(state, 'kernel').logs.get(path)?.seq ?? 0;
}

/** The control file by which time passes, and its only line. */
export const CLOCK_PATH = '/sys/clock';
export const CLOCK_LINE = 'tick';

type Tick = (state: Readonly<State>, clock: Pick<Command, 'at' | 'seq'>) => Acceptance;

/** The kernel's own capability; `tickAll` asks all others. */
export function kernelCapability(tickAll: Tick): Capability<KernelSlice> {
  const clock: Control<KernelSlice, string> = {
    pattern: CLOCK_PATH,
    summary: 'Lets time pass: what has expired at the time of this line ends.',
    schema: Type.Literal(CLOCK_LINE),
    parseWord: (line) => line,
    writers: ['system'],
    examples: [CLOCK_LINE],
    decide: (_slice, command, state) => accept(tickAll(state, command)),
  };
  return {
    name: 'kernel',
    controls: [clock],
    views: [],
    names: [],
    initial: () => ({ seq: 0, at: 0, logs: new Map() }),
    evolve: () => undefined,
    invariants: ({ logs }) =>
      [...logs].flatMap(([path, { lines, bytes }]) => {
        const size = lines.reduce((sum, line) => sum + utf8Size(line) + 1, 0);
        return size === bytes ? [] : [`kernel: the log of ${path} has ${size} bytes, not ${bytes}`];
      }),
  };
}

/** Bounds of the log of one control file. */
export interface ControlLogBounds {
  readonly control_log_entries: number;
  readonly control_log_bytes: number;
}

/** Remembers an accepted command: its position, its time and its line; evicts the oldest whole lines. */
export function remember(
  slice: KernelSlice,
  bounds: ControlLogBounds,
  { command, reply }: { readonly command: Command; readonly reply: Extract<Outcome, { ok: true }>['reply'] },
): void {
  slice.seq = command.seq;
  slice.at = command.at;
  const { seq, at, who, path, line } = command;
  const text = JSON.stringify({
    seq,
    at,
    who: { subject: who.subject, role: who.role, ticket: who.ticket },
    line,
    reply,
  });
  const log = slice.logs.get(path) ?? { lines: [], bytes: 0, seq: 0 };
  slice.logs.set(path, log);
  log.lines.push(text);
  log.bytes += utf8Size(text) + 1;
  log.seq = seq;
  if (slice.logs.size > LOGS_MAX) forgetOldest(slice.logs);
  while (log.lines.length > bounds.control_log_entries || log.bytes > bounds.control_log_bytes) {
    log.bytes -= utf8Size(log.lines.shift() ?? '') + 1;
  }
}

/** Control files of which a log is kept. Patterns with names in them (`/queen/telemetry/:device/ctl`) make any number of files. */
const LOGS_MAX = 1024;

/** Forgets the log of the file that was written longest ago; what its lines did is elsewhere. */
function forgetOldest(logs: Map<string, ControlLog>): void {
  let oldest: readonly [path: string, seq: number] | undefined;
  for (const [path, { seq }] of logs) if (oldest === undefined || seq < oldest[1]) oldest = [path, seq];
  if (oldest !== undefined) logs.delete(oldest[0]);
}
