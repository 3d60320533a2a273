// coh sh: the operator's shell, at a terminal, from a pipe, or from a script.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createShell, type HiveClient, type Shell } from '@cohesix/client';
import { type Result, refuse } from '@cohesix/wire';
import { type Context, detail } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { connectTo, doorUrl, failSession, openApprover, openSession } from '../session.ts';
import { checkScriptText, runPiped, runScriptFile } from '../sh/piped.ts';
import { Transcript } from '../sh/transcript.ts';
import { errorText, readStdin } from '../token.ts';

/** Longest script that is read from stdin. */
const SCRIPT_BYTES_MAX: number = 1 << 20;

/** What `coh sh` is told. */
export interface ShOptions {
  readonly script?: string;
  readonly check?: string;
  readonly record?: string;
  readonly approverTicket?: string;
}

/** `coh sh`. */
export async function sh(context: Context, options: ShOptions): Promise<number> {
  const named = options.check ?? options.script;
  const text = named === undefined ? undefined : await readText(context, named);
  if (named !== undefined && text === undefined) return 1;
  if (options.check !== undefined) return checkScriptText(context, options.check, text ?? '');
  const session = await openSession(context, { needsRole: true });
  if (!session.ok) return failSession(context, session.refusal);
  const opened: HiveClient[] = [session.value];
  try {
    const shell = await makeShell(context, options, opened);
    const transcript = new Transcript(
      options.record === undefined ? undefined : resolve(context.io.cwd, options.record),
    );
    const exit = await run(context, shell, { named, text, transcript });
    return saved(context, transcript) ?? exit;
  } finally {
    await Promise.all(opened.map((client) => client.close()));
  }
}

async function makeShell(context: Context, options: ShOptions, opened: HiveClient[]): Promise<Shell> {
  const approver = await openApprover(context, options.approverTicket);
  if (approver?.ok === true) opened.push(approver.value);
  else if (approver !== undefined) detail(context, `no approver: ${approver.refusal.detail}`);
  const [client] = opened;
  return createShell({
    ...(client === undefined ? {} : { client }),
    ...(approver?.ok === true ? { approver: approver.value } : {}),
    connect: (role, ticket) => reattach(context, { role, ticket, opened }),
  });
}

interface Attach {
  readonly role: string;
  /** The token itself, as it was typed. */
  readonly ticket: string | undefined;
  /** Where the new session is noted, so that it is closed at the end. */
  readonly opened: HiveClient[];
}

/** `attach <role> <ticket>` inside the shell: another session over the same door. */
async function reattach(context: Context, { role, ticket, opened }: Attach): Promise<Result<HiveClient>> {
  const url = doorUrl(context);
  if (!url.ok) return url;
  if (ticket === undefined) return refuse('unauthenticated', 'A ticket is needed behind the role.');
  const session = await connectTo(context, { url: url.value, role, ticket });
  if (session.ok) opened.push(session.value);
  return session;
}

interface Work {
  readonly named: string | undefined;
  readonly text: string | undefined;
  readonly transcript: Transcript;
}

async function run(context: Context, shell: Shell, { named, text, transcript }: Work): Promise<number> {
  if (named !== undefined && text !== undefined)
    return runScriptFile(context, shell, { name: named, text, transcript });
  const { io } = context;
  if (io.stdin.isTTY !== true || io.stdout.isTTY !== true || context.json) return runPiped(context, shell, transcript);
  const { runInteractive } = await import('../sh/interactive.ts');
  return runInteractive(context, shell, transcript);
}

/** Writes the recording; a status when it cannot. */
function saved(context: Context, transcript: Transcript): number | undefined {
  try {
    transcript.save();
    return undefined;
  } catch (error) {
    return fail(context, {
      what: 'cannot write the recording',
      code: 'failed',
      sentence: errorText(error),
      advice: [],
    });
  }
}

async function readText(context: Context, file: string): Promise<string | undefined> {
  try {
    if (file !== '-') return readFileSync(resolve(context.io.cwd, file), 'utf8');
  } catch (error) {
    fail(context, { what: `cannot read ${file}`, code: 'failed', sentence: errorText(error), advice: [] });
    return undefined;
  }
  const text = await readStdin(context.io, SCRIPT_BYTES_MAX);
  if (text.ok) return text.value;
  fail(context, { ...failureOf('cannot read the script', text.refusal), advice: [] });
  return undefined;
}
