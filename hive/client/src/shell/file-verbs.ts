// The verbs about files: ls, stat, cat, tail, log, echo.

import { CONSOLE_CAPS, contentLines, TAIL_LINES_MAX } from '@cohesix/wire';
import type { HiveClient } from '../hive-client.ts';
import { done, type Outcome, refused } from './outcome.ts';

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

/** `OK STAT path=<p> kind=<k> mode=<octal> size=<n> qid=<n> version=<n>`. */
export async function stat(client: HiveClient, path: string): Promise<Outcome> {
  const result = await client.stat(path);
  if (!result.ok) return refused(result.refusal, path);
  const { kind, mode, size, qidPath, qidVersion } = result.value;
  return done({
    path,
    kind,
    mode: mode.toString(8).padStart(4, '0'),
    size,
    qid: qidPath,
    version: qidVersion,
  });
}

/** `OK CAT path=<p>`, content, END. */
export async function cat(client: HiveClient, path: string): Promise<Outcome> {
  const content = await client.read(path);
  return content.ok ? done({ path }, linesOf(content.value)) : refused(content.refusal, path);
}

/** `OK TAIL path=<p>`, the last `count` lines (default 256, the most), END. */
export async function tail(client: HiveClient, path: string, count: number = TAIL_LINES_MAX): Promise<Outcome> {
  const content = await client.read(path);
  return content.ok ? done({ path }, lastLines(content.value, count)) : refused(content.refusal, path);
}

/** `OK LOG`, the last 64 lines of the hive's log, END. */
export async function log(client: HiveClient): Promise<Outcome> {
  const content = await client.read(LOG_PATH);
  return content.ok ? done({}, lastLines(content.value, LOG_LINES)) : refused(content.refusal, LOG_PATH);
}

const LF = 0x0a;

/** The last `count` lines as transcript lines; a last one without LF counts. */
function lastLines(content: Uint8Array, count: number): readonly string[] {
  let start = content.at(-1) === LF ? content.length - 1 : content.length;
  for (let found = 0; found < count; found++) {
    start = start === 0 ? -1 : content.lastIndexOf(LF, start - 1);
    if (start < 0) return linesOf(content);
  }
  return linesOf(content.subarray(start + 1));
}

/** `OK ECHO path=<p> bytes=<n>`; the added LF counts. */
export async function echo(client: HiveClient, path: string, payload: string): Promise<Outcome> {
  const appended = await client.append(path, payload);
  return appended.ok ? done({ path, bytes: appended.value.bytes }) : refused(appended.refusal, path);
}
