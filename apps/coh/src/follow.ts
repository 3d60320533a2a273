// Streams of the hive by their cursors: what one retains now, and from there on whatever comes, until Ctrl-C.

import type { HiveClient } from '@cohesix/client';
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
const LOSS_MARKER = /^~ lost bytes=\d+ next=(\d{1,19})\n/;

/** The absolute cursor behind a content that was read from cursor `from` on, as the content tells it. */
export function cursorAfter(content: Uint8Array, from: bigint): bigint {
  const marker = LOSS_MARKER.exec(new TextDecoder().decode(content.subarray(0, 128)));
  if (marker === null) return from + BigInt(content.length);
  return BigInt(marker[1] ?? 0) + BigInt(content.length - marker[0].length);
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
  try {
    for await (const chunk of started.value) emit(linesOf(chunk));
    return ok(await started.value.ended);
  } finally {
    for (const off of offs) off();
  }
}

/** The lines of a content, without LF. */
export function linesOf(content: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(content);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
