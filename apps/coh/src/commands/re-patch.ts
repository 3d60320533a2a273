// coh re plan, explain, apply, verify, revert: a change is planned, read, made, checked, and taken back.

import { existsSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { apply, explain, type Plan, plan, planId, planOf, planText, revert, verify } from '@cohesix/patch';
import { answer, type Context, type PaintedLine, say } from '../context.ts';
import { exitOf } from '../failure.ts';
import { paint } from '../io.ts';
import { foreign } from '../re/foreign.ts';
import { intentsOf, type Wishes } from '../re/intents.ts';
import { failed, type Opened, openProgram, readBytes, taken } from '../re/open-file.ts';
import { tellJson } from '../re/tell.ts';
import { DONE } from '../session.ts';
import { errorText } from '../token.ts';

/** Characters of a line of a plan that are shown. */
const LINE_MAX = 400;

/** Where a command writes. */
export interface OutOptions {
  readonly out: string;
  readonly force?: boolean;
}

/** `coh re plan`: plans a change of a file and writes the plan; the file stays as it is. */
export function makePlan(context: Context, file: string, options: Wishes & OutOptions, version: string): number {
  const intents = taken(context, 'cannot plan', intentsOf(context.io, options));
  if (!intents.ok) return intents.exit;
  const program = openProgram(context, file);
  if (!program.ok) return program.exit;
  const made = plan(program.value, intents.value, { tools: [`cohesix ${version}`] });
  const planned = taken(context, `cannot plan a change of ${file}`, made);
  if (!planned.ok) return planned.exit;
  const text = planText(planned.value);
  const written = write(context, options, { bytes: Buffer.from(text), like: undefined, not: file });
  if (!written.ok) return written.exit;
  const { steps, edits } = planned.value;
  const id = planId(text);
  if (context.json) tellJson(context, 'plan', { id, out: options.out, plan: planned.value });
  else
    say(context, [
      ...steps.map(({ intent, rung }) => `${intent + 1}. by ${rung}`),
      `${options.out}: ${edits.length} ranges change; read it: coh re explain ${options.out}`,
      `id ${id}`,
    ]);
  return DONE;
}

interface Writing {
  readonly bytes: Uint8Array;
  /** File whose mode it gets. */
  readonly like: string | undefined;
  /** File it must not be. */
  readonly not: string;
}

function write(context: Context, { out, force }: OutOptions, { bytes, like, not }: Writing): Opened<string> {
  const path = resolve(context.io.cwd, out);
  const what = `cannot write ${out}`;
  if (existsSync(path) && realpathSync(path) === realpathSync(resolve(context.io.cwd, not)))
    return failed(context, what, 'It is the file that is read; give another name.');
  if (existsSync(path) && force !== true) return failed(context, what, 'It is there already; --force overwrites it.');
  try {
    const mode = like === undefined ? 0o644 : statSync(resolve(context.io.cwd, like)).mode & 0o777;
    writeFileSync(path, bytes, { mode });
    return { ok: true, value: path };
  } catch (error) {
    return failed(context, what, `${errorText(error)}.`);
  }
}

interface ReadPlan {
  readonly plan: Plan;
  readonly id: string;
}

function readPlan(context: Context, file: string): Opened<ReadPlan> {
  const bytes = readBytes(context, file);
  if (!bytes.ok) return bytes;
  const read = taken(context, `cannot use ${file}`, planOf(bytes.value));
  return read.ok ? { ok: true, value: { plan: read.value, id: planId(planText(read.value)) } } : read;
}

/** `coh re explain`: the plan for people. */
export function explainPlan(context: Context, file: string): number {
  const read = readPlan(context, file);
  if (!read.ok) return read.exit;
  const lines = explain(read.value.plan).map((line) => foreign(line, LINE_MAX));
  if (context.json) tellJson(context, 'explain', { id: read.value.id, untrusted: ['lines'], lines });
  else say(context, [`Plan ${read.value.id}`, ...lines]);
  return DONE;
}

/** `coh re apply`: makes the patched file. With `id` only the plan that has it. */
export function applyPlan(
  context: Context,
  { planFile, file }: { readonly planFile: string; readonly file: string },
  options: OutOptions & { readonly id?: string },
): number {
  const read = readPlan(context, planFile);
  if (!read.ok) return read.exit;
  const { plan: approved, id } = read.value;
  if (options.id !== undefined && options.id.toLowerCase() !== id)
    return failed(context, `cannot apply ${planFile}`, `Its id is ${id}, not the one that was approved.`).exit;
  return changed(context, { name: 'apply', file, id }, options, (bytes) => apply(bytes, approved));
}

/** `coh re revert`: the original again. */
export function revertPlan(
  context: Context,
  { planFile, file }: { readonly planFile: string; readonly file: string },
  options: OutOptions,
): number {
  const read = readPlan(context, planFile);
  if (!read.ok) return read.exit;
  const { plan: made, id } = read.value;
  return changed(context, { name: 'revert', file, id }, options, (bytes) => revert(bytes, made));
}

function changed(
  context: Context,
  { name, file, id }: { readonly name: string; readonly file: string; readonly id: string },
  options: OutOptions,
  change: (bytes: Uint8Array) => ReturnType<typeof apply>,
): number {
  const bytes = readBytes(context, file);
  if (!bytes.ok) return bytes.exit;
  const done = taken(context, `cannot ${name} the plan to ${file}`, change(bytes.value));
  if (!done.ok) return done.exit;
  const written = write(context, options, { bytes: done.value, like: file, not: file });
  if (!written.ok) return written.exit;
  const fields = { schema: `cohesix.re.${name}/1`, id, out: options.out, bytes: done.value.length };
  answer(context, fields, [`${options.out}: ${done.value.length} bytes`]);
  return DONE;
}

/** `coh re verify`: is the patched file the original with the planned changes only, and whole? Fails when it is not. */
export function verifyPlan(
  context: Context,
  { planFile, original, patched }: { readonly planFile: string; readonly original: string; readonly patched: string },
): number {
  const read = readPlan(context, planFile);
  if (!read.ok) return read.exit;
  const before = readBytes(context, original);
  if (!before.ok) return before.exit;
  const now = readBytes(context, patched);
  if (!now.ok) return now.exit;
  const { isRight, checks } = verify(before.value, now.value, read.value.plan);
  const told = checks.map(({ kind, isRight: right, text }) => ({ kind, right, text: foreign(text, LINE_MAX) }));
  if (context.json) tellJson(context, 'verify', { id: read.value.id, right: isRight, checks: told });
  else
    say(
      context,
      told.map(({ kind, right, text }) => checkLine(context, kind, right, text)),
    );
  return isRight ? DONE : exitOf('failed');
}

function checkLine({ colors }: Context, kind: string, right: boolean, text: string): PaintedLine {
  const mark = right ? paint(colors.out, 'green', 'right') : paint(colors.out, 'red', 'WRONG');
  return { painted: `${mark}  ${kind.padEnd(12)} ${text}` };
}
