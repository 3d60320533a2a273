// Tickets in files. A token given on the command line works too, but anybody on the machine can read it in the list of
// processes, so it is warned about.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ok, type Result, refuse } from '@cohesix/wire';
import { type Context, note } from './context.ts';
import type { Io } from './io.ts';

export { holdsToken, TOKEN, withoutTokens } from '@cohesix/client/shown-text';

/** Longest text that is read as a ticket or token, from a file or from stdin. */
const TOKEN_TEXT_BYTES_MAX = 65_536;

/** A token from a file, from stdin (`-`), or (with a warning) from the command line itself. */
export async function readToken(context: Context, source: string): Promise<Result<string>> {
  if (source === '-') return tokenOfStdin(context.io);
  if (/^(?:coh2\.|cohs\.|cohesix-ticket-)/.test(source)) {
    note(
      context,
      'warning: a ticket on the command line can be read in the list of processes; give a file, or - for stdin.',
    );
    return ok(source);
  }
  return readTokenFile(context, source);
}

async function tokenOfStdin(io: Io): Promise<Result<string>> {
  const text = await readStdin(io, TOKEN_TEXT_BYTES_MAX);
  return text.ok ? oneToken(text.value, 'stdin') : refuse('invalid-claims', 'stdin is too large for a ticket.');
}

/** Something without the dot or slash of a file name, as long as a secret. */
const SECRET = /^[\w+=-]{24,}$/;

/** The secret of the console from a file or (with a warning) from the command line itself. */
export function readConsoleToken(context: Context, source: string): Result<string> {
  if (SECRET.test(source) && !existsSync(resolve(context.io.cwd, source))) {
    note(context, 'warning: a console token on the command line can be read in the list of processes; give a file.');
    return ok(source);
  }
  return readTokenFile(context, source, 'console token');
}

/** The one-line secret in a file; warns when others can read it. What cannot be read and may be a secret is not told. */
export function readTokenFile(
  context: Context,
  file: string,
  noun: 'ticket' | 'console token' = 'ticket',
): Result<string> {
  const path = resolve(context.io.cwd, file);
  try {
    const { mode, size } = statSync(path);
    if (size > TOKEN_TEXT_BYTES_MAX) return refuse('invalid-claims', `${path} is too large for a ${noun}.`);
    if ((mode & 0o077) !== 0) note(context, `warning: others can read ${path}; run: chmod 600 ${path}`);
    return oneToken(readFileSync(path, 'utf8'), path, noun);
  } catch (error) {
    const shown = SECRET.test(file) ? '(not shown, it may be a secret)' : path;
    return refuse('not-found', `Cannot read the ${noun} ${shown}: ${errorText(error)}. A file is wanted.`);
  }
}

function oneToken(text: string, where: string, noun: string = 'ticket'): Result<string> {
  const token = text.trim();
  if (token !== '' && !/\s/.test(token)) return ok(token);
  return refuse('invalid-claims', `${where} does not hold one ${noun} on one line.`);
}

/** All of stdin as text; `too-big` as soon as it has more than `maxBytes`, and then the rest is not read. */
export async function readStdin(io: Io, maxBytes: number): Promise<Result<string>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of io.stdin) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (bytes > maxBytes) return refuse('too-big', `stdin has more than ${maxBytes} bytes.`);
  }
  return ok(Buffer.concat(chunks).toString('utf8'));
}

/** An operating system's error in a few words. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return ERRNO_TEXT[code] ?? (code === '' ? error.message : code);
}

const ERRNO_TEXT: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read or write it',
  EPERM: 'you may not read or write it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EEXIST: 'it exists already',
};
