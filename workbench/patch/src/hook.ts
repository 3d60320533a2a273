// Hooks: new code before or instead of a function. First it is decided how (in place, or which rung of the ladder), then,
// when the address of the room is known, the code is made and written.

import { accepted, HOLDS, type Outcome, refused, type Verdict } from '@cohesix/check';
import { relocate } from '@cohesix/isa';
import { type Entry, entryOf, namedFromOutside, relocationIn } from './entry.ts';
import { retarget } from './in-place.ts';
import { type Chosen, chooseRung, type Wish } from './ladder.ts';
import { hex } from './place.ts';
import type { HookCode, Step } from './plan.ts';
import { assembled, bytesOf, type Work, writeAt, writeCode } from './work.ts';

/** A hook as it was asked for. */
export interface HookAsk {
  readonly index: number;
  readonly place: string;
  readonly when: 'before' | 'replace';
  readonly code: HookCode;
}

/** A hook that needs room. */
export interface Hook {
  readonly ask: HookAsk;
  readonly wish: Wish;
  /** Why the code does not go into the function itself. */
  readonly refused: Step['refused'];
  /** Bytes of room, at most. */
  readonly size: number;
}

/** Name, in the code, of the function as it was. */
const ORIGINAL = 'original';
/** Room for the jump back, and for displaced instructions that grow. */
const TAIL_SIZE = 64;
const GROWTH = 4;
const ROUNDS_MAX = 8;

/** Carries the hook out in place, or says what room it needs; `guess` is about where the room will be. */
export function prepareHook(work: Work, ask: HookAsk, guess: number): Outcome<Hook | undefined> {
  const entry = entryOf(work.program, ask.place, work.arch);
  if (!entry.ok) return entry;
  const body = bodyOf(work, ask, guess, () => guess);
  if (!body.ok) return body;
  const keepsOriginal = ask.when === 'before' || body.value.usesOriginal;
  const wish: Wish = { entry: entry.value, arch: work.arch, when: ask.when, keepsOriginal };
  const placed = keepsOriginal ? refused('the function as it was is still needed') : inPlace(work, ask, wish);
  if (placed.ok) return accepted(undefined);
  const chosen = chooseRung(wish, guess);
  if (!chosen.ok) return chosen;
  const displaced = chosen.value.covered?.instructions.length ?? 0;
  const size = body.value.bytes.length + displaced * GROWTH + TAIL_SIZE;
  return accepted({ ask, wish, size, refused: [{ rung: 'in-place', reason: placed.problem }] });
}

interface Body {
  readonly bytes: Uint8Array;
  readonly usesOriginal: boolean;
  /** A name in it has no address yet. */
  readonly usesGuess: boolean;
}

function bodyOf(work: Work, { code }: HookAsk, at: number, original: () => number): Outcome<Body> {
  if ('bytes' in code) {
    const bytes = bytesOf(code.bytes);
    return bytes.ok ? accepted({ bytes: bytes.value, usesOriginal: false, usesGuess: false }) : bytes;
  }
  let usesOriginal = false;
  let usesGuess = false;
  const bytes = assembled(work, code.assembly, at, (name) => {
    usesGuess ||= work.guessed.has(name);
    if (name !== ORIGINAL) return undefined;
    usesOriginal = true;
    return original();
  });
  return bytes.ok ? accepted({ bytes: bytes.value, usesOriginal, usesGuess }) : bytes;
}

/** The new body in the old one's place; what is left of it traps. */
function inPlace(work: Work, ask: HookAsk, { entry, arch }: Wish): Verdict {
  const pad = arch.landingPad(entry.code, 'replace');
  const at = entry.start + pad.size;
  const body = bodyOf(work, ask, at, () => at);
  if (!body.ok) return body;
  if (body.value.usesGuess) return refused('it uses new data, which lies with new code');
  const code = body.value.bytes;
  const room = entry.end + entry.padding - at;
  if (code.length > room) return refused(`the new body has ${code.length} bytes, the old one ${room}`);
  const end = Math.max(entry.end, at + code.length);
  const outside = namedFromOutside(entry, entry.start + 1, end);
  if (outside !== undefined) return refused(`${hex(outside.from)} names ${hex(outside.to)}, inside the function`);
  const relocation = relocationIn(entry.program, entry.start, end);
  if (relocation !== undefined) return refused(`the loader writes at ${hex(relocation)}`);
  const done = writePad(work, entry, pad.replacement, `entry of ${entry.name}`);
  const written = done.ok ? writeCode(work, at, code, `new body of ${entry.name}`) : done;
  if (!written.ok) return written;
  const rest = end - at - code.length;
  const filled: Verdict =
    rest === 0 ? HOLDS : writeAt(work, at + code.length, arch.traps(rest), `rest of ${entry.name}`);
  if (filled.ok) work.steps.push({ intent: ask.index, rung: 'in-place', refused: [], moved: [] });
  return filled;
}

function writePad(work: Work, entry: Entry, bytes: Uint8Array | undefined, reason: string): Verdict {
  return bytes === undefined ? HOLDS : writeCode(work, entry.start, bytes, reason);
}

/** Makes a hook's code for its room, and leads the function there. Gives the code. */
export function carryOut(work: Work, hook: Hook, to: number): Outcome<Uint8Array> {
  const chosen = chooseRung(hook.wish, to);
  if (!chosen.ok) return chosen;
  const made = codeOf(work, hook, chosen.value, to);
  if (!made.ok) return made;
  const led = lead(work, hook, chosen.value, to);
  if (!led.ok) return led;
  const { entry } = hook.wish;
  const moved = [{ from: hex(entry.start), to: hex(to) }, ...made.value.moved];
  const refusals = [...hook.refused, ...chosen.value.refused];
  work.steps.push({ intent: hook.ask.index, rung: chosen.value.rung, refused: refusals, moved });
  if (hook.wish.keepsOriginal && entry.program.graph(entry.row).unresolved.length > 0)
    work.notes.add(`${entry.name} has jumps whose targets are not known: none of them may go to its first bytes`);
  return accepted(made.value.bytes);
}

interface Made {
  readonly bytes: Uint8Array;
  readonly moved: Step['moved'];
}

/** The hook's code and, where it is needed, the original's first instructions and the way back. */
function codeOf(work: Work, hook: Hook, chosen: Chosen, to: number): Outcome<Made> {
  let size = -1;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const body = bodyOf(work, hook.ask, to, () => originalAt(hook.wish, chosen, to + Math.max(size, 0)));
    if (!body.ok) return body;
    const padded = aligned(work, body.value.bytes);
    if (padded.length === size) return withTail(work, { hook, chosen, to }, padded);
    size = padded.length;
  }
  return refused(`${hook.wish.entry.name}: the size of the new code does not come to rest`);
}

function originalAt({ entry }: Wish, { covered }: Chosen, tail: number): number {
  return covered === undefined ? entry.start : tail;
}

/** Displaced AArch64 instructions lie at multiples of four, whatever bytes come before them. */
function aligned({ program }: Work, bytes: Uint8Array): Uint8Array {
  if (program.isa === 'x86-64' || bytes.length % 4 === 0) return bytes;
  const longer = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  longer.set(bytes);
  return longer;
}

function withTail(
  work: Work,
  { hook, chosen, to }: { readonly hook: Hook; readonly chosen: Chosen; readonly to: number },
  body: Uint8Array,
): Outcome<Made> {
  const { entry, keepsOriginal } = hook.wish;
  const isLeft = hook.ask.when === 'replace' && chosen.covered === undefined;
  if (!keepsOriginal || isLeft) return accepted({ bytes: body, moved: [] });
  const at = to + body.length;
  if (chosen.covered === undefined) return wayBack(work, { from: at, to: entry.start }, body, []);
  // A landing pad that was replaced did something: the function as it was begins with it.
  const isPadMoved = chosen.pad.replacement !== undefined;
  const from = isPadMoved ? entry.start : chosen.at;
  const first = isPadMoved ? entry.code.slice(0, chosen.pad.size) : new Uint8Array();
  const instructions = Uint8Array.of(...first, ...chosen.covered.instructions);
  const displaced = relocate(work.program.isa, instructions, { from, to: at });
  if (!displaced.ok) return refused(`${entry.name}: ${displaced.problem}`);
  const { bytes, map } = displaced.value;
  const moved = map.map((one) => ({ from: hex(from + one.from), to: hex(at + one.to) }));
  const next = chosen.at + chosen.covered.instructions.length;
  return wayBack(work, { from: at + bytes.length, to: next }, Uint8Array.of(...body, ...bytes), moved);
}

function wayBack(
  work: Work,
  { from, to }: { readonly from: number; readonly to: number },
  code: Uint8Array,
  moved: Step['moved'],
): Outcome<Made> {
  const jump = work.arch.detours.find((detour) => detour.problem(work.program.image, from, to) === undefined);
  if (jump === undefined) return refused(`there is no jump from ${hex(from)} back to ${hex(to)}`);
  return accepted({ bytes: Uint8Array.of(...code, ...jump.encode(from, to)), moved });
}

/** Writes the way from the entry, or from its callers, to the new code. */
function lead(work: Work, { wish, ask }: Hook, chosen: Chosen, to: number): Verdict {
  const { entry, arch } = wish;
  const reason = `${entry.name}: jump to the code that runs ${ask.when === 'before' ? 'before it' : 'in its place'}`;
  if (chosen.callers !== undefined)
    return redirectAll(work, chosen.callers, to, `call of ${entry.name} goes to new code`);
  if (chosen.detour === undefined || chosen.covered === undefined) return refused(`${entry.name}: there is no rung`);
  const padded = writePad(work, entry, chosen.pad.replacement, reason);
  if (!padded.ok) return padded;
  const first = arch.detours[0];
  if (chosen.island !== undefined && first !== undefined) {
    const done = writeCode(work, chosen.island, first.encode(chosen.island, to), `${reason}, from the island`);
    if (!done.ok) return done;
  }
  const jump = chosen.detour.encode(chosen.at, chosen.island ?? to);
  const bytes = arch.traps(Math.max(chosen.covered.instructions.length, jump.length));
  bytes.set(jump);
  return writeCode(work, chosen.at, bytes, reason);
}

function redirectAll(work: Work, callers: readonly number[], to: number, reason: string): Verdict {
  for (const caller of callers) {
    const done = retarget(work, caller, to, reason);
    if (!done.ok) return done;
  }
  return HOLDS;
}
