// What must be known of a function before its entry is changed: its extent, and who comes into its middle.

import { accepted, type Outcome, refused } from '@cohesix/check';
import { type Program, rowsTo } from '@cohesix/flow';
import { type Address, bytesAt, relocationColumns } from '@cohesix/image';
import { decoderOf, FLOW, type Step } from '@cohesix/isa';
import type { Arch } from './arch.ts';
import { addressOfPlace, hex } from './place.ts';

/** A function whose entry is changed. */
export interface Entry {
  readonly program: Program;
  readonly name: string;
  readonly row: number;
  readonly start: number;
  /** Where its code, followed from the start without a gap, ends. */
  readonly end: number;
  /** Bytes behind `end` that nobody runs. */
  readonly padding: number;
  /** From `start` to `end` and its padding; borrowed. */
  readonly code: Uint8Array;
}

/** Bytes of padding that are looked at. */
const PADDING_MAX = 64;

/** The function of a name or address. Refuses an address inside a function, and what is not in the file. */
export function entryOf(program: Program, place: string, arch: Arch): Outcome<Entry> {
  const at = addressOfPlace(program, place);
  if (!at.ok) return at;
  const start = at.value;
  const row = program.functionAt(start);
  if (row < 0) return refused(`${place}: no function is known at ${hex(start)}`);
  const first = program.functions.starts[row] as number;
  if (first !== start) return refused(`${place}: ${hex(start)} lies inside the function that starts at ${hex(first)}`);
  const end = runEnd(program, row, start);
  const extent = program.functions.ends[row] as number;
  const next = row + 1 < program.functions.count ? (program.functions.starts[row + 1] as number) : extent + PADDING_MAX;
  const behind = end === extent ? Math.max(0, Math.min(next - end, PADDING_MAX)) : 0;
  const code = bytesAt(program.image, start as Address, end + behind - start);
  if (code.length < end - start || end === start) return refused(`${place}: its code is not in the file`);
  const padding = arch.padding(code.subarray(end - start));
  return accepted({ program, name: place, row, start, end, padding, code });
}

/** End of the blocks that follow each other from the start on. */
function runEnd(program: Program, row: number, start: number): number {
  let end = start;
  for (const block of program.graph(row).blocks) if (block.start === end) end = block.end;
  return end;
}

/** What a change of some bytes at an entry takes away. */
export interface Covered {
  /** Whole instructions from the address on. */
  readonly instructions: Uint8Array;
  /** Bytes that are overwritten; more than the instructions where padding is taken, too. */
  readonly size: number;
}

/** The instructions in the `size` bytes from `at` on. Refuses when the function, with the padding behind it, is shorter. */
export function covered(entry: Entry, at: number, size: number): Outcome<Covered> {
  const { start, end, padding, code } = entry;
  const have = end + padding - at;
  if (have < size) return refused(`there are ${Math.max(0, have)} bytes, ${size} are needed`);
  const decoder = decoderOf(entry.program.isa);
  const step: Step = { length: 1, flow: FLOW.bad, target: -1 };
  let to = at;
  while (to < at + size && to < end) {
    decoder.step({ code, address: start }, to - start, step);
    if (step.flow === FLOW.bad) return refused(`there is no instruction at ${hex(to)}`);
    to += step.length;
  }
  return accepted({ instructions: code.slice(at - start, to - start), size: Math.max(size, to - at) });
}

/** Who comes to a range of code, or names it. */
export interface Visit {
  readonly from: number;
  readonly to: number;
}

/** The part of an entry that says which function it is. */
type Extent = Pick<Entry, 'program' | 'row' | 'start' | 'end'>;

/** Jumps of the function itself to `from <= address < to`. */
export function jumpsInto({ program, row }: Extent, from: number, to: number): Visit | undefined {
  for (const block of program.graph(row).blocks) {
    const edge = block.to.find(
      ({ address, kind }) => address >= from && address < to && /^(taken|jump|table)$/.test(kind),
    );
    const last = block.start + (block.instructions.at(-1) ?? 0);
    if (edge !== undefined) return { from: last, to: edge.address };
  }
  return undefined;
}

/** References from outside `[start, end)` of the function to `from <= address < to`. */
export function namedFromOutside({ program, start, end }: Extent, from: number, to: number): Visit | undefined {
  const references = program.references();
  const rows = { first: rowsTo(references, from).first, end: rowsTo(references, to - 1).end };
  for (let row = rows.first; row < rows.end; row += 1) {
    const source = references.from[row] as number;
    if (source < start || source >= end) return { from: source, to: references.to[row] as number };
  }
  return undefined;
}

/** A place in a range that the loader writes when it relocates the file. */
export function relocationIn(program: Program, from: number, to: number): number | undefined {
  const { count, addresses } = relocationColumns(program.image);
  for (let row = 0; row < count; row += 1) {
    const at = addresses[row] as number;
    if (at > from - 8 && at < to) return at;
  }
  return undefined;
}
