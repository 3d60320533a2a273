// The operations of the 9P benchmark, each as request frames prepared once per slot.
//
// A slot is one tag of one connection: it sends the steps of its cycle one after the other, for ever. Slot i uses tag i
// and fid 1 + i, so 32 slots need 33 fids with the root. One cycle is one operation, however many messages it has.

import {
  O_APPEND,
  O_RDONLY,
  O_WRONLY,
  RREAD_HEADER_SIZE,
  TYPE,
  tattach,
  tclunk,
  tgetattr,
  tlopen,
  tread,
  tversion,
  twalk,
  twrite,
} from './frames.ts';
import type { TargetPaths } from './target.ts';

/** A request, and what an honest answer looks like. */
export interface Step {
  readonly frame: Uint8Array;
  readonly replyType: number;
  /** Exact size of the answer in bytes: a short read or a partial walk is not an answer. */
  readonly replySize: number;
  /** For Twrite: the count that Rwrite must give. */
  readonly written?: number;
}

/** What one slot does: once, then over and over. */
export interface SlotProgram {
  readonly prepare: readonly Step[];
  readonly cycle: readonly Step[];
}

/** One row of the benchmark: what each slot does. The row `session` has no slots and is not among them. */
export interface Operation {
  readonly name: OperationName;
  program(slot: number, paths: TargetPaths): SlotProgram;
}

export type OperationName =
  | 'getattr'
  | 'read 128 B'
  | 'read 8168 B'
  | 'walk+open+read 8168 B+clunk'
  | 'walk 4 names+clunk'
  | 'append 64 B'
  | 'session'
  | 'durable append';

/** msize of every benchmark connection, and the most an Rread carries at it (as the kernel client counts). */
const MSIZE = 8192;
const READ_BIG = MSIZE - 24;
const READ_SMALL = 128;
const ROOT = 0;
const QID_SIZE = 13;
const SIZE = { version: 21, attach: 20, lopen: 24, getattr: 160, write: 11, clunk: 7 } as const;
const LINE_64 = new TextEncoder().encode(`${'bench 0123456789abcdef '.padEnd(63, '.')}\n`);

/** All names, in the order of the table. `session` opens and closes a connection for each operation. */
export const OPERATION_NAMES: readonly OperationName[] = [
  'getattr',
  'read 128 B',
  'read 8168 B',
  'walk+open+read 8168 B+clunk',
  'walk 4 names+clunk',
  'append 64 B',
  'session',
  'durable append',
];

const OPERATIONS: readonly Operation[] = [
  slots('getattr', (slot, { small }) => ({ prepare: [walkTo(slot, small)], cycle: [getattr(slot)] })),
  slots('read 128 B', (slot, { small }) => ({
    prepare: opened(slot, small, O_RDONLY),
    cycle: [read(slot, READ_SMALL)],
  })),
  slots('read 8168 B', (slot, { big }) => ({ prepare: opened(slot, big, O_RDONLY), cycle: [read(slot, READ_BIG)] })),
  slots('walk+open+read 8168 B+clunk', (slot, { big }) => ({
    prepare: [],
    cycle: [...opened(slot, big, O_RDONLY), read(slot, READ_BIG), clunk(slot)],
  })),
  slots('walk 4 names+clunk', (slot, { walk4 }) => ({ prepare: [], cycle: [walkTo(slot, walk4), clunk(slot)] })),
  slots('append 64 B', (slot, { append }) => ({
    prepare: opened(slot, append, O_WRONLY | O_APPEND),
    cycle: [write(slot, LINE_64)],
  })),
  slots('durable append', (slot, { durable }) => {
    if (!durable) throw new TypeError('this target has no durable file');
    const line = new TextEncoder().encode(`${durable.line}\n`);
    return { prepare: opened(slot, durable.path, O_WRONLY | O_APPEND), cycle: [write(slot, line)] };
  }),
];

/** The operation of that name. @throws TypeError for `session`, which has no slots. */
export function operationNamed(name: OperationName): Operation {
  const found = OPERATIONS.find((each) => each.name === name);
  if (!found) throw new TypeError(`${name} has no slots`);
  return found;
}

/** The steps that begin every connection, on slot 0: version, attach of fid 0. */
export function sessionSteps(who: { readonly uname: string; readonly aname: string }): readonly Step[] {
  return [step(tversion(MSIZE), TYPE.Tversion, SIZE.version), step(tattach(0, ROOT, who), TYPE.Tattach, SIZE.attach)];
}

/** The step that ends the `session` operation. */
export function clunkRoot(): Step {
  return step(tclunk(0, ROOT), TYPE.Tclunk, SIZE.clunk);
}

function slots(name: OperationName, program: (slot: number, paths: TargetPaths) => SlotProgram): Operation {
  return { name, program };
}

function opened(slot: number, path: string, flags: number): readonly Step[] {
  return [walkTo(slot, path), step(tlopen(slot, fidOf(slot), flags), TYPE.Tlopen, SIZE.lopen)];
}

function walkTo(slot: number, path: string): Step {
  const names = path.split('/').filter((name) => name !== '').length;
  return step(twalk(slot, ROOT, { newfid: fidOf(slot), path }), TYPE.Twalk, 9 + names * QID_SIZE);
}

function getattr(slot: number): Step {
  return step(tgetattr(slot, fidOf(slot)), TYPE.Tgetattr, SIZE.getattr);
}

function read(slot: number, count: number): Step {
  return step(tread(slot, fidOf(slot), count), TYPE.Tread, RREAD_HEADER_SIZE + count);
}

function write(slot: number, data: Uint8Array): Step {
  return { ...step(twrite(slot, fidOf(slot), data), TYPE.Twrite, SIZE.write), written: data.length };
}

function clunk(slot: number): Step {
  return step(tclunk(slot, fidOf(slot)), TYPE.Tclunk, SIZE.clunk);
}

function step(frame: Uint8Array, type: number, replySize: number): Step {
  return { frame, replyType: type + 1, replySize };
}

function fidOf(slot: number): number {
  return 1 + slot;
}
