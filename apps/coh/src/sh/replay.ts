// `coh sh --replay`: gives the lines of a recorded session to a shell whose hive is the trace, and says where it first
// went another way. Without lines, of a trace that somebody else recorded, it shows what the trace holds.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  decodeTrace,
  type HiveClient,
  NinePClient,
  parseRecordedLines,
  type RecordedAttach,
  type RecordedLine,
  realTimers,
  type Shell,
  TRACE_BYTES_MAX,
  TRACE_FAULTS,
  type Trace,
  type TraceDifference,
  TraceReplay,
  type TraceResult,
  traceLines,
} from '@cohesix/client';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { type Result, refuse } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { type Failure, fail, failureOf } from '../failure.ts';
import { DONE, failSession } from '../session.ts';
import { errorText, TOKEN } from '../token.ts';
import { type KeepWish, KeptFiles, linesFileOf } from './kept-files.ts';
import { runLines, runScriptFile } from './piped.ts';
import { shellOver } from './shell-over.ts';
import type { Listener } from './transcript.ts';

/** Milliseconds for each answer: all of them are at hand, so one that does not come is a difference. */
const DEADLINE_MS = 2000;

/** Longest file of lines: as long as a trace, and room for a number before each. */
const LINES_FILE_BYTES_MAX: number = 8 * TRACE_BYTES_MAX;

/** A trace and the name it was given by. */
export interface NamedTrace {
  readonly name: string;
  readonly trace: Trace;
}

/** What gives the lines, and what is kept of them. */
export interface ReplayWish extends Pick<KeepWish, 'transcript'> {
  /** A script; undefined: the lines beside the trace. */
  readonly script: { readonly name: string; readonly text: string } | undefined;
}

/** Reads a trace. An exit status when it is none, or was altered; that is told. */
export function readTrace(context: Context, name: string): NamedTrace | number {
  const file = resolve(context.io.cwd, name);
  try {
    const trace = traceOf(file);
    if (trace.ok) return { name, trace: trace.value };
    return failTrace(context, { what: `${name} cannot be replayed`, sentence: TRACE_FAULTS[trace.fault] });
  } catch (error) {
    return fail(context, { what: `cannot read ${name}`, code: 'failed', sentence: errorText(error), advice: [] });
  }
}

/** Too large is known before anything is read. @throws what the disk says. */
function traceOf(file: string): TraceResult<Trace> {
  if (statSync(file).size > TRACE_BYTES_MAX) return { ok: false, fault: 'too-large' };
  return decodeTrace(readFileSync(file), nodeTicketCrypto.sha256);
}

/** Replays a trace, or shows it when there are no lines for it. Exit status 1 when the replay differs. */
export async function replayTrace(context: Context, { name, trace }: NamedTrace, wish: ReplayWish): Promise<number> {
  const lines = wish.script === undefined ? readLines(context, name) : [];
  if (typeof lines === 'number') return lines;
  if (lines === undefined) return show(context, name, trace);
  const replay = new TraceReplay(trace, { turn: setImmediate, secret: TOKEN });
  const opened: HiveClient[] = [];
  try {
    replay.allow(lines[0]?.after);
    const failed = await openSessions(context, replay, opened);
    if (failed !== undefined) return failed;
    const kept = new KeptFiles(context, wish, comparing(replay));
    const problem = kept.problem(context);
    if (problem !== undefined) return fail(context, problem);
    const exit = await give(context, shellOfReplay(replay, opened), {
      lines: paced(replay, lines),
      script: wish.script,
      kept,
    });
    await replay.quiet();
    const difference = replay.end();
    const unsaved = kept.save();
    if (difference !== undefined) return failTrace(context, differenceOf(name, difference));
    if (unsaved !== undefined) return fail(context, unsaved);
    note(context, `${name}: ${trace.exchanges.length} exchanges and ${trace.acks.length} acknowledgements as recorded`);
    return exit;
  } finally {
    await Promise.all(opened.map((client) => client.close()));
  }
}

/** The sessions that were there before the first line: the shell's, and that of who approves. */
async function openSessions(context: Context, replay: TraceReplay, opened: HiveClient[]): Promise<number | undefined> {
  for (const recorded of replay.firstAttaches()) {
    const session = await attach(replay, recorded);
    if (session.ok) opened.push(session.value);
    else if (opened.length === 0) return failSession(context, session.refusal);
  }
  const [client] = opened;
  if (client === undefined) {
    const sentence = 'It does not begin with a session; without --script it is shown, not replayed.';
    return failTrace(context, { what: 'the trace cannot be replayed', sentence });
  }
  await client.ping();
  return undefined;
}

function attach(replay: TraceReplay, recorded: RecordedAttach): Promise<Result<HiveClient>> {
  return NinePClient.attach(replay.transport(), { ...recorded, timers: realTimers, deadlineMs: DEADLINE_MS });
}

/** A shell that waits before each line until the trace has nothing more to say, and quits at the first difference. */
function shellOfReplay(replay: TraceReplay, opened: HiveClient[]): Pick<Shell, 'execute'> {
  const shell = shellOver(opened, (role, ticket) => attach(replay, { role, ticket }));
  return {
    execute: async (line, emit) => {
      await replay.quiet();
      const reply = await shell.execute(line, emit);
      return replay.difference === undefined ? reply : { ...reply, ok: true, isQuit: true };
    },
  };
}

/** The lines, each when as much has happened as had when it was recorded. */
async function* paced(replay: TraceReplay, lines: readonly RecordedLine[]): AsyncGenerator<string, void, void> {
  for (const [index, { text }] of lines.entries()) {
    await replay.quiet();
    replay.allow(lines[index + 1]?.after);
    yield text;
  }
}

interface Giving {
  readonly lines: AsyncIterable<string>;
  readonly script: ReplayWish['script'];
  readonly kept: KeptFiles;
}

/** Gives the lines. The exit status is that of a script; a refusal that was recorded is no failure. */
async function give(context: Context, shell: Pick<Shell, 'execute'>, giving: Giving): Promise<number> {
  const { lines, script, kept } = giving;
  const { transcript } = kept;
  if (script !== undefined) return runScriptFile(context, shell, { ...script, transcript });
  await runLines(context, shell, { lines, transcript });
  return DONE;
}

function comparing(replay: TraceReplay): Listener {
  return { begin: () => {}, ended: () => {}, heard: (line) => replay.heard(line) };
}

/** The lines beside a trace; undefined when there are none; an exit status when they cannot be read. */
function readLines(context: Context, name: string): readonly RecordedLine[] | number | undefined {
  const file = linesFileOf(name);
  const path = resolve(context.io.cwd, file);
  try {
    if (!existsSync(path)) return undefined;
    const lines =
      statSync(path).size > LINES_FILE_BYTES_MAX ? refuse('too-big') : parseRecordedLines(readFileSync(path, 'utf8'));
    return lines.ok
      ? lines.value
      : fail(context, { ...failureOf(`cannot take the lines of ${file}`, lines.refusal), advice: [] });
  } catch (error) {
    return fail(context, { what: `cannot read ${file}`, code: 'failed', sentence: errorText(error), advice: [] });
  }
}

function show(context: Context, name: string, trace: Trace): number {
  const lines = traceLines(trace);
  answer(context, { exchanges: trace.exchanges.length, acks: trace.acks, lines }, lines);
  note(context, `${linesFileOf(name)} is not there, so ${name} is shown; give its lines with --script to replay it.`);
  return DONE;
}

function differenceOf(name: string, { what, recorded, now }: TraceDifference): Pick<Failure, 'what' | 'sentence'> {
  return { what: `the replay differs from ${name} at ${what}`, sentence: `recorded: ${recorded}\nnow:      ${now}` };
}

function failTrace(context: Context, failure: Pick<Failure, 'what' | 'sentence'>): number {
  return fail(context, { ...failure, code: 'failed', advice: [] });
}
