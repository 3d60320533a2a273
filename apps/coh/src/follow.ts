// Streams of the hive by their cursors: what one retains now, and from there on whatever comes, until Ctrl-C. A stream of CBOR
// frames is shown as lines of JSON, one a frame.

import type { HiveClient } from '@cohesix/client';
import { frameLines, frameSizes, lossIn } from '@cohesix/telemetry';
import { ok, type Result } from '@cohesix/wire';
import type { Context } from './context.ts';

/** Most bytes that are read of one file. */
export const READ_BYTES_MAX: number = 64 << 20;

/** What a stream retained when it was read. */
export interface Retained {
  readonly lines: readonly string[];
  /** Absolute cursor behind it: where a follow goes on. */
  readonly end: bigint;
}

/** Reads what a stream retains. */
export async function readStream(client: HiveClient, path: string): Promise<Result<Retained>> {
  const before = await client.stat(path);
  if (!before.ok) return before;
  const content = await client.read(path, { maxBytes: READ_BYTES_MAX });
  if (!content.ok) return content;
  const after = await client.stat(path);
  if (!after.ok) return after;
  const end = within(cursorAfter(content.value, 0n), before.value.size, after.value.size);
  return ok({ lines: linesOf(content.value), end });
}

/** The line a stream shows first when older bytes are gone; `next` is the cursor of the byte behind it. */
const LOSS_MARKER = /^~ lost bytes=\d+ next=(\d{1,19})(?: unknown=\d+)?\n/;

/** The absolute cursor behind a content that was read from cursor `from` on, as the content tells it. */
export function cursorAfter(content: Uint8Array, from: bigint): bigint {
  if (isFrames(content)) return cursorAfterFrames(content, from);
  const marker = LOSS_MARKER.exec(new TextDecoder().decode(content.subarray(0, 128)));
  if (marker === null) return from + BigInt(content.length);
  return BigInt(marker[1] ?? 0) + BigInt(content.length - marker[0].length);
}

function cursorAfterFrames(content: Uint8Array, from: bigint): bigint {
  const loss = lossIn(content);
  if (loss === undefined) return from + BigInt(content.length);
  return BigInt(loss.next + content.length - (frameSizes(content)?.[0] ?? content.length));
}

/** A worker may write a line that looks like the marker; what the hive says about the size bounds what it can do. */
function within(cursor: bigint, least: bigint, most: bigint): bigint {
  return cursor < least || cursor > most ? most : cursor;
}

/** What is followed, and who gets the lines. */
export interface FollowWish {
  readonly path: string;
  readonly from: bigint;
  readonly emit: (lines: readonly string[]) => void;
}

/** Hands over lines as they come, until Ctrl-C. Refused when it could not begin; the value says how it ended. */
export async function follow(
  { io }: Context,
  client: HiveClient,
  { path, from, emit }: FollowWish,
): Promise<Result<Result<void>>> {
  const started = await client.follow(path, { from });
  if (!started.ok) return started;
  const offs = (['SIGINT', 'SIGTERM'] as const).map((name) => io.onSignal(name, () => started.value.stop()));
  const lines = lineTaker();
  try {
    for await (const chunk of started.value) emit(lines(chunk));
    return ok(await started.value.ended);
  } finally {
    for (const off of offs) off();
  }
}

/** What makes lines of the chunks of a stream; a frame may be cut between two chunks. */
function lineTaker(): (chunk: Uint8Array) => readonly string[] {
  let rest = new Uint8Array(0);
  return (chunk) => {
    const content = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!isFrames(content)) return linesOf(content);
    const frames = frameLines(content);
    rest = frames.problem === undefined ? frames.rest.slice() : rest.subarray(0, 0);
    return frames.problem === undefined ? frames.lines : [...frames.lines, `(no frame: ${frames.problem})`];
  };
}

/** Whether a content is CBOR maps: no line of UTF-8 begins with such a byte. */
function isFrames(content: Uint8Array): boolean {
  return ((content[0] ?? 0) & 0xe0) === 0xa0;
}

/** The lines of a content, without LF; of frames, each as JSON. */
export function linesOf(content: Uint8Array): readonly string[] {
  if (isFrames(content)) return frameLines(content).lines;
  const text = new TextDecoder().decode(content);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
