// One pass over all code. What functions are made from is kept as bits and short lists; no instruction is kept.

import { columns, FLOW, foldAddresses, knownAddresses } from '@cohesix/isa';
import { Bits } from './bits.ts';
import { type Code, type CodeRange, positionOf } from './code.ts';
import { NumberList } from './number-list.ts';
import { isPadding } from './padding.ts';

/** Rows of one step of the sweep. */
const ROWS = 65_536;

/** What the pass found; positions are those of the code. */
export interface Findings {
  /** Instructions begin here, as one sweep from each range's start reads them. */
  readonly instructions: Bits;
  /** Named by a direct call. */
  readonly called: Bits;
  /** Named by a conditional branch. */
  readonly branched: Bits;
  /** Named by a direct jump. */
  readonly jumped: Bits;
  /** Named by an instruction that is no branch: the address of code is taken. */
  readonly taken: Bits;
  /** Control cannot come here from the instruction before, which is a return, jump or trap, with or without padding. */
  readonly boundaries: Bits;
  /** Padding lies directly before. */
  readonly padded: Bits;
  /** Returns and indirect jumps. */
  readonly exits: Bits;
  /** Direct jumps, and conditional branches that go far: address, target. */
  readonly jumps: { readonly from: NumberList; readonly to: NumberList };
  /** Places in data that code names: tables may be there. Address of the instruction, address in data. */
  readonly data: { readonly from: NumberList; readonly to: NumberList };
}

/** Who hears how far the pass is. */
export interface SweepOptions {
  readonly progress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** Sweeps all code. An aborted signal ends it early; what was found until then holds. */
export function findingsOf(code: Code, options: SweepOptions = {}): Findings {
  const found = emptyFindings(code.size);
  const rows = columns(ROWS);
  for (const range of code.ranges) {
    const known = knownAddresses();
    let isAfterEnd = true;
    let isPadded = false;
    for (let at = 0; at < range.code.length && options.signal?.aborted !== true; ) {
      at = code.decoder.sweep(range, at, rows);
      if (code.decoder.isa === 'aarch64') foldAddresses(range, rows, known);
      [isAfterEnd, isPadded] = collect({ code, range, rows, found }, isAfterEnd, isPadded);
      options.progress?.(range.first + at, code.size);
    }
  }
  return found;
}

function emptyFindings(size: number): Findings {
  const pair = (): { from: NumberList; to: NumberList } => ({ from: new NumberList(), to: new NumberList() });
  const bits = (): Bits => new Bits(size);
  return {
    instructions: bits(),
    called: bits(),
    branched: bits(),
    jumped: bits(),
    taken: bits(),
    boundaries: bits(),
    padded: bits(),
    exits: bits(),
    jumps: pair(),
    data: pair(),
  };
}

interface Swept {
  readonly code: Code;
  readonly range: CodeRange;
  readonly rows: ReturnType<typeof columns>;
  readonly found: Findings;
}

/** Takes the rows of one step; gives whether the next instruction stands behind an end, and behind padding. */
function collect({ code, range, rows, found }: Swept, afterEnd: boolean, padded: boolean): [boolean, boolean] {
  const { offsets, lengths, flows, targets } = rows;
  const { isa } = code.decoder;
  let isAfterEnd = afterEnd;
  let isPadded = padded;
  for (let row = 0; row < rows.count; row++) {
    const at = offsets[row] as number;
    const position = range.first + at;
    const flow = flows[row] as number;
    if (isPadding(isa, range.code, { at, length: lengths[row] as number })) {
      isPadded = true;
      continue;
    }
    found.instructions.add(position);
    if (isAfterEnd) found.boundaries.add(position);
    if (isPadded) found.padded.add(position);
    isPadded = false;
    isAfterEnd = ENDS[flow] === 1;
    if (flow === FLOW.return || flow === FLOW.jumpIndirect) found.exits.add(position);
    const target = targets[row] as number;
    if (target >= 0)
      note(
        { code, range, found },
        { from: range.address + at, next: range.address + at + (lengths[row] as number), flow, target },
      );
  }
  return [isAfterEnd, isPadded];
}

/** Flows that never go on to the next instruction. */
const ENDS: Uint8Array = Uint8Array.from(Object.values(FLOW), (flow) =>
  flow === FLOW.jump || flow === FLOW.return || flow === FLOW.jumpIndirect || flow === FLOW.trap || flow === FLOW.bad
    ? 1
    : 0,
);

/** Bytes; a branch beyond it may lead to a part of a function that was put elsewhere, where cold code is. */
const FAR = 65_536;

interface Named {
  readonly from: number;
  readonly next: number;
  readonly flow: number;
  readonly target: number;
}

function note({ code, range, found }: Omit<Swept, 'rows'>, { from, next, flow, target }: Named): void {
  const isNear = target >= range.address && target < range.end;
  const position = isNear ? range.first + (target - range.address) : positionOf(code, target);
  if (position < 0) {
    if (flow === FLOW.next || flow === FLOW.jumpIndirect) addPair(found.data, from, target);
    return;
  }
  if (flow === FLOW.branch) {
    if (Math.abs(target - from) > FAR) addPair(found.jumps, from, target);
    else found.branched.add(position);
  } else if (flow === FLOW.next) found.taken.add(position);
  else if (flow === FLOW.jump) {
    found.jumped.add(position);
    addPair(found.jumps, from, target);
  } else if (flow === FLOW.call && target !== next) found.called.add(position); // a call of the next instruction reads the address
}

function addPair(pair: { readonly from: NumberList; readonly to: NumberList }, from: number, to: number): void {
  pair.from.push(from);
  pair.to.push(to);
}
