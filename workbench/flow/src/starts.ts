// Where functions start: first what the file itself says, then what its code says, where the file is silent.

import { type Image, relocationColumns, SYMBOL_KINDS, symbolColumns, unwindColumns } from '@cohesix/image';
import { FLOW } from '@cohesix/isa';
import type { Bits } from './bits.ts';
import { addressOfPosition, type Code, positionOf, rangeAt } from './code.ts';
import { isPlausibleEntry } from './entry.ts';
import type { Findings } from './findings.ts';
import { Memory } from './memory.ts';
import { isOpening, isPrologue } from './padding.ts';
import { SOURCE } from './program.ts';
import { sortedOrder } from './sorted-order.ts';
import { lastAtMost, StartSet, type Starts } from './start-set.ts';
import { tableHints } from './table-hints.ts';

/** Functions that the file describes with their ends, by start. */
export interface Described {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** Starts, and what the file says of ends. */
export interface Found {
  readonly starts: Starts;
  readonly described: Described;
}

interface Ground {
  readonly image: Image;
  readonly code: Code;
  readonly found: Findings;
  readonly described: Described;
  /** Cases of switches, as tables in data say. */
  readonly cases: Bits;
  readonly set: StartSet;
}

/** All function starts of an image. */
export function startsOf(image: Image, code: Code, found: Findings): Found {
  const described = describedOf(image, code);
  const cases = tableHints({ code, memory: new Memory(image), found });
  const ground: Ground = { image, code, found, described, cases, set: new StartSet() };
  addDescribed(ground);
  addNamed(ground);
  addCalled(ground);
  addPointers(ground);
  addUnreached(ground);
  addTailCalled(ground);
  return { starts: ground.set.sorted(), described };
}

/** Stub sections have one description for all their stubs, and stubs are told by the imports. */
function describedOf(image: Image, code: Code): Described {
  const { count, starts, ends } = unwindColumns(image);
  const stubs = image.sections.filter(({ name }) => /^(?:\.plt|__stubs)/.test(name));
  const isStub = (at: number): boolean => stubs.some(({ address, size }) => at >= address && at < address + size);
  const order = sortedOrder(starts.subarray(0, count));
  const rows = order.filter((row) => positionOf(code, starts[row] as number) >= 0 && !isStub(starts[row] as number));
  return {
    starts: Float64Array.from(rows, (row) => starts[row] as number),
    ends: Float64Array.from(rows, (row) => ends[row] as number),
  };
}

function addDescribed({ described, set }: Ground): void {
  for (const start of described.starts) set.add(start, SOURCE.unwind);
}

/** Symbols, exports, the entry, initialisers, import stubs. */
function addNamed({ image, code, set }: Ground): void {
  const add = (at: number, source: number): void => {
    if (positionOf(code, at) >= 0) set.add(at, source);
  };
  const symbols = symbolColumns(image);
  const isFunction = SYMBOL_KINDS.indexOf('function');
  for (let row = 0; row < symbols.count; row++)
    if (symbols.kinds[row] === isFunction) add(symbols.addresses[row] as number, SOURCE.symbol);
  for (const { address } of image.exports()) add(address, SOURCE.export);
  if (image.entry !== undefined) add(image.entry, SOURCE.entry);
  for (const address of image.initialisers()) add(address, SOURCE.initialiser);
  for (const { stub } of image.imports()) if (stub !== undefined) add(stub, SOURCE.stub);
}

/** Whether an address is inside a described function, behind its start. */
function isInside({ starts, ends }: Described, at: number): boolean {
  const row = lastAtMost(starts, at);
  return row >= 0 && at > (starts[row] as number) && at < (ends[row] as number);
}

function addCalled(ground: Ground): void {
  const { found, set } = ground;
  found.called.forEach((position) => {
    if (!found.instructions.has(position)) return;
    const at = addressOfPosition(ground.code, position);
    if (!isInside(ground.described, at)) set.add(at, SOURCE.call);
  });
}

/** Addresses of code that data holds or that code takes: functions if nothing runs into them. */
function addPointers(ground: Ground): void {
  const { image, code, found, set } = ground;
  const add = (position: number): void => {
    if (position < 0 || !found.instructions.has(position) || found.branched.has(position)) return;
    if (!startsAnew(ground, position) || !mayStart(ground, position)) return;
    const at = addressOfPosition(code, position);
    if (!isInside(ground.described, at)) set.add(at, SOURCE.pointer);
  };
  found.taken.forEach(add);
  const { count, targets } = relocationColumns(image);
  for (let row = 0; row < count; row++) {
    if ((targets[row] as number) >= 0) add(positionOf(code, targets[row] as number));
  }
  if (image.kind === 'executable') eachWord(image, (value) => add(positionOf(code, value)));
}

/** Aligned words of the data of a program that is loaded where it says: its pointers need no relocation. */
function eachWord({ bytes, segments }: Image, each: (value: number) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const { address, offset, fileSize, permissions } of segments) {
    if (permissions.execute) continue;
    const first = offset + ((WORD - (address % WORD)) % WORD);
    for (let at = first; at + WORD <= offset + fileSize; at += WORD) {
      const high = view.getInt32(at + 4, true);
      if (high >= 0 && high < HIGH_END) each(high * 2 ** 32 + view.getUint32(at, true));
    }
  }
}

const WORD = 8;
/** Addresses are below 2^53. */
const HIGH_END = 1 << 21;

/** Nothing runs into it, or it stands and begins as functions do: the call before it may not come back. */
function startsAnew({ code, found }: Ground, position: number): boolean {
  if (found.boundaries.has(position)) return true;
  return addressOfPosition(code, position) % USUAL_ALIGNMENT === 0 && begins(code, position, isOpening);
}

/** Whether a function can begin there: it begins as they do, or is no case of a switch and breaks no rule of calls. */
function mayStart({ code, cases }: Ground, position: number): boolean {
  if (beginsLikeAFunction(code, position)) return true;
  const at = addressOfPosition(code, position);
  return !cases.has(position) && !followsTableJump(code, at) && isPlausibleEntry(code, at);
}

/** AArch64: tables of bytes count from the code behind the `br`, whose address is taken for it. */
function followsTableJump(code: Code, at: number): boolean {
  const range = rangeAt(code, at);
  if (code.decoder.isa !== 'aarch64' || range === undefined || at === range.address) return false;
  const step = { length: 4, flow: 0, target: -1 };
  code.decoder.step(range, at - 4 - range.address, step);
  return step.flow === FLOW.jumpIndirect;
}

function beginsLikeAFunction(code: Code, position: number): boolean {
  return begins(code, position, isPrologue);
}

function begins(code: Code, position: number, how: typeof isPrologue): boolean {
  const at = addressOfPosition(code, position);
  const range = rangeAt(code, at);
  return range !== undefined && how(code.decoder.isa, range.code, at - range.address);
}

/** Compilers put functions at multiples of it. */
const USUAL_ALIGNMENT = 16;

/** Code that nothing leads to, outside of what the file describes: functions that are called through pointers only. */
function addUnreached(ground: Ground): void {
  const { code, found, set, described } = ground;
  const consider = (position: number): void => {
    if (found.called.has(position) || found.branched.has(position) || found.jumped.has(position)) return;
    const at = addressOfPosition(code, position);
    if (isInside(described, at)) return;
    const isLikely = beginsLikeAFunction(code, position) || at % USUAL_ALIGNMENT === 0;
    // What a file with descriptions leaves out is assembly, which has calls of its own kind.
    const isAssembly = described.starts.length > 0 && found.padded.has(position) && !ground.cases.has(position);
    if (isLikely && (isAssembly || mayStart(ground, position))) set.add(at, SOURCE.prologue);
  };
  found.boundaries.forEach(consider);
  found.padded.forEach((position) => {
    if (!found.boundaries.has(position) && beginsLikeAFunction(code, position)) consider(position);
  });
}

/** Targets of jumps from another function, where nothing else runs into them. */
function addTailCalled(ground: Ground): void {
  const { code, found, set, described } = ground;
  const { addresses } = set.sorted();
  const { from, to } = found.jumps;
  for (let row = 0; row < to.count; row++) {
    const target = to.values[row] as number;
    const position = positionOf(code, target);
    if (!canBeTail(found, position) || isInside(described, target)) continue;
    if (lastAtMost(addresses, from.values[row] as number) !== lastAtMost(addresses, target))
      set.add(target, SOURCE.jump);
  }
}

function canBeTail({ instructions, boundaries, branched }: Findings, position: number): boolean {
  return instructions.has(position) && boundaries.has(position) && !branched.has(position);
}
