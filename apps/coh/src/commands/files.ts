// ls, cat, tail, stat, echo: the files of the hive.

import { type HiveClient, type LineResult, lineResults } from '@cohesix/client';
import { ok, type Refusal } from '@cohesix/wire';
import { answer, type Context, say, sayJson } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { follow, linesOf, READ_BYTES_MAX, readStream } from '../follow.ts';
import { expand, followMany, isPattern } from '../follow-many.ts';
import { COMMAND, visible } from '../io.ts';
import { shellWord } from '../places.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { readStdin } from '../token.ts';

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
  /** Milliseconds between two looks at many streams. */
  readonly interval?: number;
}

/** `coh tail`: the last lines, and with `-f` what comes. JSON: `{path, lines}`; with `-f` one `{path, line}` a line. */
export function tail(context: Context, path: string, options: TailOptions): Promise<number> {
  return withHive(context, async (client) => {
    const isMany = isPattern(path);
    const count = options.lines ?? (isMany ? 0 : TAIL_LINES);
    if (isMany) return tailMany(context, client, { path, count, options });
    if (options.follow === true) return tailOn(context, client, { path, count });
    const content = await client.read(path, { maxBytes: READ_BYTES_MAX });
    if (!content.ok) return failPath(context, client, { verb: 'read', path, refusal: content.refusal });
    const lines = lastLines(linesOf(content.value), count);
    answer(context, { path, lines }, lines);
    return DONE;
  });
}

/** Streams of many files: the last lines of each, and with `-f` what comes in any of them. */
async function tailMany(
  context: Context,
  client: HiveClient,
  { path, count, options }: { readonly path: string; readonly count: number; readonly options: TailOptions },
): Promise<number> {
  const emit = (at: string, lines: readonly string[]): void => {
    if (context.json) emitLines(context, at, lines);
    else
      say(
        context,
        lines.map((line) => `${at} ${line}`),
      );
  };
  if (options.follow !== true) {
    const paths = await expand(client, path);
    if (!paths.ok) return failPath(context, client, { verb: 'read', path, refusal: paths.refusal });
    for (const at of paths.value) {
      const content = await client.read(at, { maxBytes: READ_BYTES_MAX });
      if (content.ok) emit(at, lastLines(linesOf(content.value), options.lines ?? TAIL_LINES));
    }
    return DONE;
  }
  const intervalMs = options.interval ?? SWEEP_MS;
  const followed = await followMany(context, client, { pattern: path, intervalMs, count, emit });
  return followed.ok ? DONE : failPath(context, client, { verb: 'follow', path, refusal: followed.refusal });
}

/** Milliseconds between two looks at many streams. */
const SWEEP_MS = 1000;

async function tailOn(
  context: Context,
  client: HiveClient,
  { path, count }: { readonly path: string; readonly count: number },
): Promise<number> {
  const held = await readStream(client, path);
  if (!held.ok) return failPath(context, client, { verb: 'follow', path, refusal: held.refusal });
  const emit = (lines: readonly string[]): void => emitLines(context, path, lines);
  emit(lastLines(held.value.lines, count));
  const followed = await follow(context, client, { path, from: held.value.end, emit });
  if (!followed.ok) return failPath(context, client, { verb: 'follow', path, refusal: followed.refusal });
  const ended = followed.value;
  return ended.ok ? DONE : fail(context, failureOf(`the follow of ${path} ended`, ended.refusal));
}

function emitLines(context: Context, path: string, lines: readonly string[]): void {
  if (context.json) for (const line of lines) sayJson(context, { path, line });
  else say(context, lines);
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
/** Tells why a path could not be listed or read; for one that is not there, what there is. */
export async function failPath(context: Context, client: HiveClient, failure: PathFailure): Promise<number> {
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
