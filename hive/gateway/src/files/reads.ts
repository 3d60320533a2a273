// Reading: ls, cat, tail, stat. One function for each, used by the routes and by batches, so that both give one answer.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Soon } from '../http/soon.ts';
import { type Asked, errAnswer, type FileAnswer, okAnswer } from './answer.ts';
import type { ReadAsked } from './asked.ts';
import { cursorBehind } from './losses.ts';
import { joinedBytes, lastLines, lastWithin, lineCount, textLines } from './text-lines.ts';

/** What is read of a content. */
export interface ContentAsked extends ReadAsked {
  readonly verb: 'CAT' | 'TAIL';
  readonly path: string;
}

/** Names in a directory. */
export async function listed(client: HiveClient, path: string): Promise<FileAnswer> {
  const asked: Asked = { verb: 'LS', path };
  const names = await client.list(path);
  return names.ok ? okAnswer(asked, linesField(names.value)) : errAnswer(asked, names.refusal);
}

/** What a file is. 64-bit numbers are decimal texts: JSON has no whole numbers beyond 2^53. */
export async function stated(client: HiveClient, path: string): Promise<FileAnswer> {
  const asked: Asked = { verb: 'STAT', path };
  const stat = await client.stat(path);
  if (!stat.ok) return errAnswer(asked, stat.refusal);
  const { kind, mode, size, qidPath, qidVersion } = stat.value;
  return okAnswer(asked, {
    stat: { kind, mode, size: String(size), qid_path: String(qidPath), qid_version: qidVersion },
  });
}

/** The bytes of CAT or TAIL. `too-big` when they are more than was asked for. */
export function contentRead(client: HiveClient, asked: ContentAsked): Soon<Result<Uint8Array>> {
  const { path, maxBytes, from } = asked;
  if (asked.verb === 'TAIL') return tailRead(client, asked);
  const options = { maxBytes, ...fromField(from) };
  return client.readNow?.(path, options) ?? client.read(path, options);
}

/**
 * Content as an answer with lines; `unsupported` when it is not text. Of a content that was asked for from a cursor on, `next` is
 * the cursor behind it: where to ask from the next time.
 */
export function contentAnswer(asked: Asked, content: Uint8Array, from?: bigint): FileAnswer {
  const lines = textLines(content);
  if (lines === undefined) return errAnswer(asked, NOT_TEXT);
  const next = from === undefined ? {} : { next: cursorBehind(content, Number(from)) };
  return okAnswer(asked, { ...linesField(lines), bytes: joinedBytes(content), ...next });
}

/** Why bytes are not lines. */
export const NOT_TEXT = {
  code: 'unsupported',
  detail: 'The content is not UTF-8; ask with `Accept: application/octet-stream` for its bytes.',
} as const;

/** Lines beyond these are not looked for when `lines` is not given. */
const TAIL_LINES_DEFAULT = 256;

/** Bytes of a loss marker at most (hive/telemetry). */
const MARKER_BYTES_MAX = 128;

/** A stream is read from where its last `max_bytes` begin: a tail should not cost a ticket what the whole stream would. */
async function tailRead(client: HiveClient, asked: ContentAsked): Promise<Result<Uint8Array>> {
  const { path, maxBytes, from } = asked;
  const stat = from === undefined ? await client.stat(path) : undefined;
  if (stat !== undefined && !stat.ok) return stat;
  const begin = stat?.value.kind === 'stream' ? stat.value.size - BigInt(maxBytes) - 2n : 0n;
  if (begin <= 0n) return cutTail(await client.read(path, fromField(from)), asked);
  const end = await client.read(path, { from: begin, maxBytes: maxBytes + 2 + GROWTH_BYTES_MAX + MARKER_BYTES_MAX });
  if (!end.ok || beginsLost(end.value)) return cutTail(await client.read(path), asked);
  return cutTail(ok(afterFirstLine(end.value)), asked, true);
}

/** What a stream may grow between the two questions. */
const GROWTH_BYTES_MAX = 65_536;

/** `isPart`: there is more before the content. */
function cutTail(content: Result<Uint8Array>, asked: ContentAsked, isPart = false): Result<Uint8Array> {
  if (!content.ok) return content;
  const { lines, maxBytes, path } = asked;
  const last = lastLines(content.value, lines ?? TAIL_LINES_DEFAULT);
  if (lines === undefined) return ok(lastWithin(last, maxBytes));
  const isShort = isPart && lineCount(last) < lines;
  if (!isShort && joinedBytes(last) <= maxBytes) return ok(last);
  return refuse('too-big', `The last ${lines} lines of ${path} have more than ${maxBytes} bytes.`);
}

const LF = 0x0a;
const TILDE = 0x7e;

function beginsLost(content: Uint8Array): boolean {
  return content[0] === TILDE;
}

function afterFirstLine(content: Uint8Array): Uint8Array {
  return content.subarray(content.indexOf(LF) + 1);
}

function linesField(lines: readonly string[]): { readonly lines?: readonly string[] } {
  return lines.length === 0 ? {} : { lines };
}

function fromField(from: bigint | undefined): { readonly from?: bigint } {
  return from === undefined ? {} : { from };
}
