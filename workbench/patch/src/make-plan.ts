// Making a plan: intents that stay in place are carried out at once, the others get room together (one for code and
// constants, one for data that is written), then everything is written into the draft, and the draft becomes the plan.

import { accepted, type Outcome, refused, type Verdict } from '@cohesix/check';
import type { Program } from '@cohesix/flow';
import { archOf } from './arch-of.ts';
import { Draft } from './draft.ts';
import { finished } from './finish.ts';
import { carryOut, type Hook, type HookAsk, prepareHook } from './hook.ts';
import { changeInPlace } from './in-place.ts';
import type { Intent, Plan } from './plan.ts';
import { bytesOf, type Work } from './work.ts';

/** What a plan is made with. */
export interface PlanOptions {
  /** Named in the plan: `cohesix 0.1.0`. */
  readonly tools?: readonly string[];
}

/** Intents of one plan at most. */
const INTENTS_MAX = 1000;
const BLOCK = 16;
const NEAR = 2 ** 31 - 2 ** 24;
const NEAR_ARM = 2 ** 27 - 2 ** 20;

/** Plans the changes; nothing is changed by it. Refuses what cannot be done, and says which intent and why. */
export function plan(program: Program, intents: readonly Intent[], options: PlanOptions = {}): Outcome<Plan> {
  if (intents.length === 0 || intents.length > INTENTS_MAX)
    return refused(`expected 1 to ${INTENTS_MAX} intents, got ${intents.length}`);
  const work: Work = {
    program,
    arch: archOf(program.isa),
    draft: new Draft(program.image),
    names: new Map(),
    guessed: new Set(),
    steps: [],
    emitted: [],
    notes: new Set(),
  };
  const done = carriedOut(work, intents);
  return done.ok ? finished(work, intents, options.tools ?? []) : done;
}

/** A piece of data that gets room. */
interface Datum {
  readonly index: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isWritable: boolean;
}

function carriedOut(work: Work, intents: readonly Intent[]): Verdict {
  const data = dataOf(intents);
  if (!data.ok) return data;
  const writable = data.value.filter(({ isWritable }) => isWritable);
  const constant = data.value.filter(({ isWritable }) => !isWritable);
  const guess = memoryEnd(work.program);
  for (const { name } of data.value) {
    work.names.set(name, guess);
    work.guessed.add(name);
  }
  const placed = placeData(work, writable);
  if (!placed.ok) return placed;
  const hooks = hooksOf(work, intents, guess);
  if (!hooks.ok) return hooks;
  const room = placeCode(work, hooks.value, constant);
  if (!room.ok) return room;
  for (const [index, intent] of intents.entries()) {
    if (intent.kind === 'data' || intent.kind === 'hook' || intent.kind === 'return') continue;
    const done = changeInPlace(work, intent, index);
    if (!done.ok) return done;
  }
  return { ok: true };
}

function memoryEnd({ image }: Program): number {
  const end = image.segments.reduce((most, { address, memorySize }) => Math.max(most, address + memorySize), 0);
  return Math.ceil(end / 65_536) * 65_536;
}

const NAME = /^[A-Za-z_][\w.]{0,99}$/;

function dataOf(intents: readonly Intent[]): Outcome<readonly Datum[]> {
  const data: Datum[] = [];
  for (const [index, intent] of intents.entries()) {
    if (intent.kind !== 'data') continue;
    const bytes = bytesOf(intent.bytes);
    if (!bytes.ok) return refused(`intent ${index + 1}: ${bytes.problem}`);
    if (!NAME.test(intent.name)) return refused(`intent ${index + 1}: expected a name of letters, digits and _`);
    if (data.some(({ name }) => name === intent.name))
      return refused(`intent ${index + 1}: there is new data named ${intent.name} already`);
    data.push({ index, name: intent.name, bytes: bytes.value, isWritable: intent.isWritable });
  }
  return accepted(data);
}

const round = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** Data that is written gets room of its own. */
function placeData(work: Work, data: readonly Datum[]): Verdict {
  if (data.length === 0) return { ok: true };
  const size = data.reduce((sum, { bytes }) => sum + round(bytes.length), 0);
  const space = work.draft.room({ size, permissions: { read: true, write: true, execute: false } });
  if (!space.ok) return space;
  for (const note of space.value.notes) work.notes.add(note);
  return writeData(work, data, space.value);
}

interface Place {
  readonly address: number;
  readonly offset: number;
}

function writeData(work: Work, data: readonly Datum[], start: Place): Verdict {
  let skip = 0;
  for (const { index, name, bytes } of data) {
    const done = work.draft.write(start.offset + skip, bytes, `new data ${name}`);
    if (!done.ok) return done;
    work.names.set(name, start.address + skip);
    work.guessed.delete(name);
    const moved = [{ from: name, to: `0x${(start.address + skip).toString(16)}` }];
    work.steps.push({ intent: index, rung: 'new-data', refused: [], moved });
    skip += round(bytes.length);
  }
  return { ok: true };
}

/** Hooks that need room; those that fit in place are carried out. */
function hooksOf(work: Work, intents: readonly Intent[], guess: number): Outcome<readonly Hook[]> {
  const hooks: Hook[] = [];
  for (const [index, intent] of intents.entries()) {
    const ask = askOf(work, intent, index);
    if (!ask.ok) return refused(`intent ${index + 1}: ${ask.problem}`);
    if (ask.value === undefined) continue;
    const hook = prepareHook(work, ask.value, guess);
    if (!hook.ok) return refused(`intent ${index + 1}: ${hook.problem}`);
    if (hook.value !== undefined) hooks.push(hook.value);
  }
  return accepted(hooks);
}

function askOf({ arch }: Work, intent: Intent, index: number): Outcome<HookAsk | undefined> {
  if (intent.kind === 'hook') return accepted({ index, place: intent.function, when: intent.when, code: intent.code });
  if (intent.kind !== 'return') return accepted(undefined);
  const value = numberOf(intent.value);
  if (!value.ok) return value;
  return accepted({ index, place: intent.function, when: 'replace', code: { assembly: arch.returning(value.value) } });
}

function numberOf(text: string): Outcome<bigint> {
  if (!/^-?(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) return refused(`expected a number to return, got ${text}`);
  const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  const isHeld = value >= -(1n << 63n) && value < 1n << 64n;
  return isHeld ? accepted(value) : refused(`${text} does not fit 64 bits`);
}

/** Room for code and constants, and both in it. */
function placeCode(work: Work, hooks: readonly Hook[], data: readonly Datum[]): Verdict {
  if (hooks.length === 0 && data.length === 0) return { ok: true };
  const constants = data.reduce((sum, { bytes }) => sum + round(bytes.length), 0);
  const size = hooks.reduce((sum, hook) => sum + round(hook.size), constants);
  const space = codeRoom(work, size, hooks);
  if (!space.ok) return space;
  for (const note of space.value.notes) work.notes.add(note);
  const written = writeData(work, data, space.value);
  if (!written.ok) return written;
  let skip = constants;
  for (const hook of hooks) {
    const to = space.value.address + skip;
    const code = carryOut(work, hook, to);
    if (!code.ok) return refused(`intent ${hook.ask.index + 1}: ${code.problem}`);
    if (skip + code.value.length > space.value.size) return refused('the new code outgrows its room');
    const done = work.draft.write(space.value.offset + skip, code.value, `new code for ${hook.wish.entry.name}`);
    if (!done.ok) return done;
    work.emitted.push({ address: to, offset: space.value.offset + skip, size: code.value.length });
    skip += round(code.value.length);
  }
  return { ok: true };
}

/** Near the first hook if there is such room, else anywhere. */
function codeRoom(work: Work, size: number, hooks: readonly Hook[]): ReturnType<Draft['room']> {
  const permissions = { read: true, write: false, execute: true };
  const reach = work.program.isa === 'aarch64' ? NEAR_ARM : NEAR;
  const address = hooks[0]?.wish.entry.start;
  if (address !== undefined) {
    const near = work.draft.room({ size, permissions, alignment: BLOCK, near: { address: address as never, reach } });
    if (near.ok) return near;
  }
  return work.draft.room({ size, permissions, alignment: BLOCK });
}
