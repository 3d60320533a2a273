// coh sh: the operator's shell, at a terminal, from a pipe, or from a script; recorded, or replayed without a hive.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HiveClient, Shell } from '@cohesix/client';
import { type Context, detail } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { connectTo, doorUrl, failSession, openApprover, openSession } from '../session.ts';
import { type KeepWish, KeptFiles } from '../sh/kept-files.ts';
import { checkScriptText, runPiped, runScriptFile } from '../sh/piped.ts';
import { shellOver } from '../sh/shell-over.ts';
import { errorText, readStdin } from '../token.ts';

/** Longest script that is read from stdin. */
const SCRIPT_BYTES_MAX: number = 1 << 20;

/** What `coh sh` is told. */
export interface ShOptions extends KeepWish {
  readonly script?: string;
  readonly check?: string;
  readonly replay?: string;
  readonly approverTicket?: string;
}

/** A script and the name it was given by. */
interface Script {
  readonly name: string;
  readonly text: string;
}

/** `coh sh`. */
export async function sh(context: Context, options: ShOptions): Promise<number> {
  if (options.replay !== undefined) return replay(context, options.replay, options);
  const named = options.check ?? options.script;
  const script = named === undefined ? undefined : await readScript(context, named);
  if (typeof script === 'number') return script;
  if (options.check !== undefined && script !== undefined) return checkScriptText(context, script.name, script.text);
  return live(context, options, script);
}

/** Nothing is done before the trace is known to be good. */
async function replay(context: Context, file: string, { script: named, transcript }: ShOptions): Promise<number> {
  const { readTrace, replayTrace } = await import('../sh/replay.ts');
  const trace = readTrace(context, file);
  if (typeof trace === 'number') return trace;
  const script = named === undefined ? undefined : await readScript(context, named);
  return typeof script === 'number'
    ? script
    : replayTrace(context, trace, { script, ...(transcript === undefined ? {} : { transcript }) });
}

async function live(context: Context, options: ShOptions, script: Script | undefined): Promise<number> {
  const kept = new KeptFiles(context, options);
  const problem = kept.problem(context);
  if (problem !== undefined) return fail(context, problem);
  const session = await openSession(context, { needsRole: true, wrap: kept.wrap });
  if (!session.ok) return failSession(context, session.refusal);
  const opened: HiveClient[] = [session.value];
  try {
    const shell = await makeShell(context, { kept, opened, approverTicket: options.approverTicket });
    const exit = await run(context, shell, { script, kept });
    const failure = kept.save();
    return failure === undefined ? exit : fail(context, failure);
  } finally {
    await Promise.all(opened.map((client) => client.close()));
  }
}

interface Making {
  readonly kept: KeptFiles;
  /** The session; gets those that are made later, so that all are closed at the end. */
  readonly opened: HiveClient[];
  readonly approverTicket: string | undefined;
}

async function makeShell(context: Context, { kept, opened, approverTicket }: Making): Promise<Shell> {
  const { wrap, isRecording } = kept;
  const approver = await openApprover(context, approverTicket, wrap);
  if (approver?.ok === true) opened.push(approver.value);
  else if (approver !== undefined) detail(context, `no approver: ${approver.refusal.detail}`);
  // In a trace the first ping says that no more sessions follow: what is attached later, a line attaches.
  if (isRecording) await opened[0]?.ping();
  return shellOver(opened, async (role, ticket) => {
    const url = doorUrl(context);
    return url.ok ? connectTo(context, { url: url.value, role, ticket, wrap }) : url;
  });
}

interface Work {
  readonly script: Script | undefined;
  readonly kept: KeptFiles;
}

async function run(context: Context, shell: Shell, { script, kept }: Work): Promise<number> {
  const { io } = context;
  const { transcript, isRecording } = kept;
  const isInteractive = script === undefined && io.stdin.isTTY === true && io.stdout.isTTY === true && !context.json;
  const off = kept.saveOnSignal(context, { isInteractive });
  try {
    if (script !== undefined) return await runScriptFile(context, shell, { ...script, transcript });
    if (!isInteractive) return await runPiped(context, shell, transcript);
    const { runInteractive } = await import('../sh/interactive.ts');
    return await runInteractive(context, shell, { transcript, isRecording });
  } finally {
    off();
  }
}

/** The script; an exit status when it cannot be read, which is told. */
async function readScript(context: Context, file: string): Promise<Script | number> {
  try {
    if (file !== '-') return { name: file, text: readFileSync(resolve(context.io.cwd, file), 'utf8') };
  } catch (error) {
    return fail(context, { what: `cannot read ${file}`, code: 'failed', sentence: errorText(error), advice: [] });
  }
  const text = await readStdin(context.io, SCRIPT_BYTES_MAX);
  if (text.ok) return { name: file, text: text.value };
  fail(context, { ...failureOf('cannot read the script', text.refusal), advice: [] });
  return 1;
}
