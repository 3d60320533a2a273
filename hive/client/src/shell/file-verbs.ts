// The verbs about files: ls, stat, cat, tail, log, echo.

import { CONSOLE_CAPS, contentLines } from '@cohesix/wire';
import type { HiveClient } from '../hive-client.ts';
import { done, type Outcome, refused } from './outcome.ts';

/** Most bytes a shell reads of one file. */
export const SHELL_READ_BYTES_MAX: number = 4 << 20;

/** Where the hive keeps its log, and how much of it `log` shows. */
const LOG_PATH = '/log/queen.log';
const LOG_LINES = 64;

/** Content as transcript lines. */
export function linesOf(content: Uint8Array): readonly string[] {
  return contentLines(content, CONSOLE_CAPS.lineBytesMax);
}

/** `OK LS path=<p> entries=<n>`, names, END. */
export async function ls(client: HiveClient, path: string): Promise<Outcome> {
  const names = await client.list(path);
  return names.ok ? done({ path, entries: names.value.length }, names.value) : refused(names.refusal, path);
}

/** `OK STAT path=<p> kind=<k> mode=<octal> size=<n> qid=<16 hex> version=<n>`. */
export async function stat(client: HiveClient, path: string): Promise<Outcome> {
  const result = await client.stat(path);
  if (!result.ok) return refused(result.refusal, path);
  const { kind, mode, size, qidPath, qidVersion } = result.value;
  return done({
    path,
    kind,
    mode: mode.toString(8).padStart(4, '0'),
    size,
    qid: qidPath.toString(16).padStart(16, '0'),
    version: qidVersion,
  });
}

/** `OK CAT path=<p>`, content, END. */
export async function cat(client: HiveClient, path: string): Promise<Outcome> {
  const content = await client.read(path, { maxBytes: SHELL_READ_BYTES_MAX });
  return content.ok ? done({ path }, linesOf(content.value)) : refused(content.refusal, path);
}

/** `OK TAIL path=<p>`, the last `count` lines (default: all that is retained), END. */
export async function tail(client: HiveClient, path: string, count?: number): Promise<Outcome> {
  const content = await client.read(path, { maxBytes: SHELL_READ_BYTES_MAX });
  return content.ok ? done({ path }, lastLines(content.value, count)) : refused(content.refusal, path);
}

/** `OK LOG`, the last 64 lines of the hive's log, END. */
export async function log(client: HiveClient): Promise<Outcome> {
  const content = await client.read(LOG_PATH, { maxBytes: SHELL_READ_BYTES_MAX });
  return content.ok ? done({}, lastLines(content.value, LOG_LINES)) : refused(content.refusal, LOG_PATH);
}

function lastLines(content: Uint8Array, count: number | undefined): readonly string[] {
  const lines = linesOf(content);
  return count === undefined ? lines : lines.slice(-count);
}

/** `OK ECHO path=<p> bytes=<n>`; the added LF counts. */
export async function echo(client: HiveClient, path: string, payload: string): Promise<Outcome> {
  const appended = await client.append(path, payload);
  return appended.ok ? done({ path, bytes: appended.value.bytes }) : refused(appended.refusal, path);
}
