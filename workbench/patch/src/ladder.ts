// The ladder: ways to lead a function's callers to new code, from the least change to the largest, and why one does not fit.
// What is decided here needs no address of the new code but a rough one; bytes are made later (hook.ts).

import { getU32 } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { REFERENCE, rowsTo, SOURCE } from '@cohesix/flow';
import { type Address, bytesAt, type Image } from '@cohesix/image';
import { type Step as Decoded, decoderOf, FLOW } from '@cohesix/isa';
import type { Arch, Detour, LandingPad } from './arch.ts';
import { type Covered, covered, type Entry, jumpsInto, namedFromOutside, relocationIn } from './entry.ts';
import { hex } from './place.ts';
import type { Step } from './plan.ts';

/** What a hook wants of an entry. */
export interface Wish {
  readonly entry: Entry;
  readonly arch: Arch;
  readonly when: 'before' | 'replace';
  /** The function as it was is still run: displaced instructions must work elsewhere. */
  readonly keepsOriginal: boolean;
}

/** The rung that fits. */
export interface Chosen {
  readonly rung: string;
  readonly refused: Step['refused'];
  readonly pad: LandingPad;
  /** Where the entry is changed: behind what must stay first. */
  readonly at: number;
  /** Instructions taken from there; none when callers are redirected. */
  readonly covered?: Covered;
  readonly detour?: Detour;
  /** Address of the bytes that take the long jump. */
  readonly island?: number;
  /** Addresses of the instructions that call or jump to the function. */
  readonly callers?: readonly number[];
}

/** The first rung that leads from the entry to about `target`. */
export function chooseRung(wish: Wish, target: number): Outcome<Chosen> {
  const pad = wish.arch.landingPad(wish.entry.code, wish.when);
  const at = wish.entry.start + pad.size;
  const tried: { rung: string; reason: string }[] = [];
  for (const detour of wish.arch.detours) {
    const fit = fitting(wish, at, detour, target);
    if (fit.ok) return accepted({ rung: detour.rung, refused: tried, pad, at, covered: fit.value, detour });
    tried.push({ rung: detour.rung, reason: fit.problem });
  }
  for (const [rung, climb] of [
    ['island', island],
    ['redirect-callers', redirect],
  ] as const) {
    const fit = climb(wish, at, target);
    if (fit === undefined) continue;
    if (fit.ok) return accepted({ rung, refused: tried, pad, at, ...fit.value });
    tried.push({ rung, reason: fit.problem });
  }
  const reasons = tried.map(({ rung, reason }) => `${rung}: ${reason}`).join('; ');
  return refused(`${wish.entry.name} cannot be led to new code: ${reasons}`);
}

function fitting(wish: Wish, at: number, detour: Detour, target: number): Outcome<Covered> {
  const problem = detour.problem(wish.entry.program.image, at, target);
  return problem === undefined ? displaceable(wish, at, detour.size) : refused(problem);
}

/** The instructions in the first bytes, if they can go: nobody comes to their middle, and they can run elsewhere. */
function displaceable(wish: Wish, at: number, size: number): Outcome<Covered> {
  const { entry, keepsOriginal } = wish;
  const cover = covered(entry, at, size);
  if (!cover.ok) return cover;
  const end = at + cover.value.size;
  const outside = namedFromOutside(entry, entry.start + 1, end);
  if (outside !== undefined)
    return refused(`${hex(outside.from)} names ${hex(outside.to)}, which the jump would overwrite`);
  const relocation = relocationIn(entry.program, entry.start, end);
  if (relocation !== undefined) return refused(`the loader writes at ${hex(relocation)}`);
  const problem = keepsOriginal ? (loopProblem(wish, at, end) ?? callProblem(entry, cover.value, at)) : undefined;
  return problem === undefined ? cover : refused(problem);
}

function loopProblem({ entry }: Wish, at: number, end: number): string | undefined {
  const inside = jumpsInto(entry, at + 1, end);
  if (inside !== undefined)
    return `the jump at ${hex(inside.from)} goes to ${hex(inside.to)}, among the bytes that a jump would take`;
  const loop = jumpsInto(entry, entry.start, at + 1);
  return loop && `a loop goes back to the first instruction (from ${hex(loop.from)}): the code would run at each turn`;
}

/** An exception that is thrown in a call finds no unwind data for displaced instructions. */
function callProblem({ program }: Entry, { instructions }: Covered, at: number): string | undefined {
  const decoder = decoderOf(program.isa);
  const step: Decoded = { length: 1, flow: FLOW.bad, target: -1 };
  for (let offset = 0; offset < instructions.length; offset += step.length) {
    decoder.step({ code: instructions, address: at }, offset, step);
    if (step.flow === FLOW.call || step.flow === FLOW.callIndirect)
      return `there is a call at ${hex(at + offset)}: an exception could not pass it from elsewhere`;
  }
  return undefined;
}

/** Bytes before and behind the entry that are looked at for an island. */
const ISLAND_REACH = 120;

/** A short jump to padding between functions, where a long one has room. */
function island(
  wish: Wish,
  at: number,
  target: number,
): Outcome<Pick<Chosen, 'covered' | 'detour' | 'island'>> | undefined {
  const short = wish.arch.shortJump;
  const long = wish.arch.detours[0];
  if (short === undefined || long === undefined) return undefined;
  const cover = displaceable(wish, at, short.size);
  if (!cover.ok) return cover;
  const place = paddingNear(wish, at, long.size);
  if (place === undefined) return refused(`there is no padding of ${long.size} bytes within ${ISLAND_REACH} bytes`);
  const problem = long.problem(wish.entry.program.image, place, target);
  if (problem !== undefined) return refused(problem);
  return accepted({ covered: cover.value, detour: short, island: place });
}

/** Padding behind a function near the entry that nothing names. */
function paddingNear({ entry, arch }: Wish, at: number, size: number): number | undefined {
  const { program } = entry;
  const { starts, ends, count } = program.functions;
  for (let row = Math.max(0, entry.row - 16); row < Math.min(count - 1, entry.row + 16); row += 1) {
    const end = ends[row] as number;
    const next = starts[row + 1] as number;
    const first = row === entry.row ? Math.max(end, at + 8) : end;
    if (Math.abs(first - at) > ISLAND_REACH || next - first < size) continue;
    const bytes = bytesAt(program.image, first as Address, next - first);
    const isFree = arch.padding(bytes) >= size && namedFromOutside(entry, first, first + size) === undefined;
    if (isFree) return first;
  }
  return undefined;
}

/** All direct calls and jumps to the function, when there is no other way to it. */
function redirect(wish: Wish): Outcome<Pick<Chosen, 'callers'>> {
  const { program, start, row } = wish.entry;
  const problem = otherWay(wish);
  if (problem !== undefined) return refused(problem);
  const references = program.references();
  const rows = rowsTo(references, start);
  const callers: number[] = [];
  for (let at = rows.first; at < rows.end; at += 1) {
    const kind = references.kinds[at] as number;
    if (kind !== REFERENCE.call && kind !== REFERENCE.jump)
      return refused(`${hex(references.from[at] as number)} holds its address: it may be called through it`);
    callers.push(references.from[at] as number);
  }
  if (program.functionAt(start) !== row || callers.length === 0) return refused('nothing calls it directly');
  return accepted({ callers });
}

function otherWay({ entry: { program, start, row } }: Wish): string | undefined {
  const sources = program.functions.sources[row] as number;
  if ((sources & SOURCE.export) !== 0) return 'the function is exported: other files may call it';
  if ((sources & (SOURCE.entry | SOURCE.initialiser)) !== 0) return 'the loader calls it';
  if ((sources & SOURCE.pointer) !== 0) return 'its address is in data: it may be called through it';
  const written = program.image.kind === 'executable' ? addressWrittenAt(program.image, start) : undefined;
  if (written !== undefined) return `the bytes of its address are at ${hex(written)}: it may be called through it`;
  return program.image.entry === start ? 'the file begins there' : undefined;
}

/** Where the four low bytes of an address stand in what is loaded: files with fixed addresses have them in instructions, too. */
function addressWrittenAt({ bytes, segments }: Image, wanted: number): number | undefined {
  const low = wanted & 0xff;
  for (const { offset, fileSize, address } of segments) {
    const end = offset + fileSize - 3;
    for (let at = bytes.indexOf(low, offset); at >= 0 && at < end; at = bytes.indexOf(low, at + 1))
      if (getU32(bytes, at) === wanted % 2 ** 32) return address + (at - offset);
  }
  return undefined;
}
