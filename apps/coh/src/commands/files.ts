// ls, cat, tail, stat, echo: the files of the hive.

import { type HiveClient, type LineResult, lineResults } from '@cohesix/client';
import { ok, type Refusal } from '@cohesix/wire';
import { answer, type Context, say, sayJson } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND, visible } from '../io.ts';
import { shellWord } from '../places.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { readStdin } from '../token.ts';

/** Most bytes that are read of one file. */
const READ_BYTES_MAX: number = 64 << 20;

/** Most bytes that `echo` takes from stdin; the hive's own bounds are far below. */
const ECHO_BYTES_MAX: number = 1 << 20;

/** Lines of `tail` when no number is given. */
const TAIL_LINES = 10;

/** `coh ls`: names, one a line. JSON: `{path, names}`. */
export function ls(context: Context, path: string): Promise<number> {
  return withHive(context, async (client) => {
    const names = await client.list(path);
    if (!names.ok) return failPath(context, client, { verb: 'list', path, refusal: names.refusal });
    answer(context, { path, names: names.value }, names.value);
    return DONE;
  });
}

/** `coh cat`: the content as it is. JSON: `{path, bytes, text}`, or `base64` instead of `text` when it is not UTF-8. */
export function cat(context: Context, path: string): Promise<number> {
  return withHive(context, async (client) => {
    const content = await client.read(path, { maxBytes: READ_BYTES_MAX });
    if (!content.ok) return failPath(context, client, { verb: 'read', path, refusal: content.refusal });
    if (context.json) sayJson(context, contentJson(path, content.value));
    else writeContent(context, content.value);
    return DONE;
  });
}

/** Bytes as they are; on a terminal without what would steer it. */
function writeContent({ io }: Context, content: Uint8Array): void {
  io.stdout.write(io.stdout.isTTY === true ? visible(new TextDecoder().decode(content)) : content);
}

function contentJson(path: string, content: Uint8Array): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    return { path, bytes: content.length, text };
  } catch {
    return { path, bytes: content.length, base64: Buffer.from(content).toString('base64') };
  }
}

/** What `coh tail` is asked for. */
export interface TailOptions {
  readonly lines?: number;
  readonly follow?: boolean;
}

/** `coh tail`: the last lines, and with `-f` what comes. JSON: `{path, lines}`; with `-f` one `{path, line}` a line. */
export function tail(context: Context, path: string, options: TailOptions): Promise<number> {
  return withHive(context, async (client) => {
    const before = options.follow === true ? await client.stat(path) : undefined;
    if (before?.ok === false) return failPath(context, client, { verb: 'follow', path, refusal: before.refusal });
    const content = await client.read(path, { maxBytes: READ_BYTES_MAX });
    if (!content.ok) return failPath(context, client, { verb: 'read', path, refusal: content.refusal });
    const lines = lastLines(linesOf(content.value), options.lines ?? TAIL_LINES);
    if (before === undefined) {
      answer(context, { path, lines }, lines);
      return DONE;
    }
    const after = await client.stat(path);
    if (!after.ok) return failPath(context, client, { verb: 'follow', path, refusal: after.refusal });
    emitLines(context, path, lines);
    const from = within(endCursor(content.value), before.value.size, after.value.size);
    return follow(context, client, { path, from });
  });
}

/** The line a stream shows first when older bytes are gone; `next` is the cursor of the byte behind it. */
const LOSS_MARKER = /^~ lost bytes=\d+ next=(\d{1,19})\n/;

/** The absolute cursor behind the whole content of a stream, as the content tells it. */
function endCursor(content: Uint8Array): bigint {
  const marker = LOSS_MARKER.exec(new TextDecoder().decode(content.subarray(0, 128)));
  if (marker === null) return BigInt(content.length);
  return BigInt(marker[1] ?? 0) + BigInt(content.length - marker[0].length);
}

/** A worker may write a line that looks like the marker; what the hive says about the size bounds what it can do. */
function within(cursor: bigint, least: bigint, most: bigint): bigint {
  return cursor < least || cursor > most ? most : cursor;
}

async function follow(
  context: Context,
  client: HiveClient,
  { path, from }: { readonly path: string; readonly from: bigint },
): Promise<number> {
  const started = await client.follow(path, { from });
  if (!started.ok) return failPath(context, client, { verb: 'follow', path, refusal: started.refusal });
  const { io } = context;
  const offs = (['SIGINT', 'SIGTERM'] as const).map((name) => io.onSignal(name, () => started.value.stop()));
  try {
    for await (const chunk of started.value) emitLines(context, path, linesOf(chunk));
    const ended = await started.value.ended;
    return ended.ok ? DONE : fail(context, failureOf(`the follow of ${path} ended`, ended.refusal));
  } finally {
    for (const off of offs) off();
  }
}

function emitLines(context: Context, path: string, lines: readonly string[]): void {
  if (context.json) for (const line of lines) sayJson(context, { path, line });
  else say(context, lines);
}

function linesOf(content: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(content);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function lastLines(lines: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : lines.slice(-count);
}

/** `coh stat`: kind, mode, size, version. JSON: `{path, kind, mode, size, qid, version}`; `size` is a decimal string. */
export function stat(context: Context, path: string): Promise<number> {
  return withHive(context, async (client) => {
    const found = await client.stat(path);
    if (!found.ok) return failPath(context, client, { verb: 'stat', path, refusal: found.refusal });
    const { kind, mode, size, qidPath, qidVersion } = found.value;
    const fields = {
      path,
      kind,
      mode: mode.toString(8).padStart(4, '0'),
      size: String(size),
      qid: qidPath.toString(16).padStart(16, '0'),
      version: qidVersion,
    };
    answer(
      context,
      fields,
      Object.entries(fields).map(([key, value]) => `${key.padEnd(8)}${value}`),
    );
    return DONE;
  });
}

/** `coh echo`: appends whole lines. JSON: `{path, bytes, results}`. `-` as the only text reads them from stdin. */
export async function echo(
  context: Context,
  path: string,
  words: readonly string[],
  options: { readonly wait?: number },
): Promise<number> {
  const isPiped = words.length === 1 && words[0] === '-';
  const text = isPiped ? await readStdin(context.io, ECHO_BYTES_MAX) : ok(words.join(' '));
  if (!text.ok) return fail(context, { ...failureOf(`cannot write ${path}`, text.refusal), advice: [] });
  return withHive(context, async (client) => {
    const control = { path, line: text.value.replace(/\n+$/, '') };
    const appended = await submit(context, client, control, options.wait);
    if (!appended.ok)
      return failLine(context, client, { what: `cannot write ${path}`, refusal: appended.refusal, control });
    const { bytes } = appended.value;
    const results = (await lineResults(client)).filter((result) => result.path === path);
    const told = context.globals.verbose === true ? [`${bytes} bytes appended to ${path}`] : [];
    answer(context, { path, bytes, results }, [...told, ...results.flatMap(repliesText)]);
    return DONE;
  });
}

/** What a line gave back, if anything. */
function repliesText(result: LineResult): readonly string[] {
  const fields = result.result === 'accepted' ? Object.entries(result.reply) : [];
  if (fields.length === 0) return [];
  return [visible(`line ${result.line}: ${fields.map(([key, value]) => `${key}=${value}`).join(' ')}`)];
}

interface PathFailure {
  readonly verb: string;
  readonly path: string;
  readonly refusal: Refusal;
}

/** Tells why a path could not be used; for one that is not there, also where to look. */
async function failPath(context: Context, client: HiveClient, failure: PathFailure): Promise<number> {
  const { verb, path, refusal } = failure;
  const what = `cannot ${verb} ${path}`;
  if (refusal.code !== 'invalid-path') return failAt(context, client, { what, refusal });
  // The hive keeps only its last sentence, so that comes before any other question.
  const sentence = (await client.explain()) ?? refusal.detail;
  const advice = [`What there is: ${COMMAND} ls ${shellWord(await nearestDirectory(client, path))}`];
  return fail(context, { what, code: refusal.code, sentence, advice });
}

/** The longest path above `path` that is a directory. */
async function nearestDirectory(client: HiveClient, path: string): Promise<string> {
  const names = path.split('/').filter((name) => name !== '');
  for (names.pop(); names.length > 0; names.pop()) {
    const parent = `/${names.join('/')}`;
    const found = await client.stat(parent);
    if (found.ok && found.value.kind === 'directory') return parent;
  }
  return '/';
}
