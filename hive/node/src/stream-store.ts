// Streams over a clean stop: what each ring retains and its cursor, so that a restart after Ctrl-C goes on where it
// was. After a crash there is nothing here: telemetry is memory, and only control state is in the journal.
//
// One file a stream in `run/streams/`: a line `{"name","start"}`, for a stream of frames with `seq`, and then the retained bytes.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A stream as it was at the last clean stop. */
export interface StoredStream {
  /** `log`, or a worker id. */
  readonly name: string;
  /** Cursor of the first byte. */
  readonly start: number;
  readonly bytes: Uint8Array;
  /** Of a stream of frames: `seq` of the last one. */
  readonly seq?: number;
}

const LF = 0x0a;

/** Writes all streams, in place of what is there; called once nothing appends any more. */
export async function storeStreams(directory: string, streams: Iterable<StoredStream>): Promise<void> {
  await removeStreams(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let index = 0;
  for (const { name, start, bytes, seq } of streams) {
    const head = Buffer.from(`${JSON.stringify({ name, start, seq })}\n`);
    await writeFile(join(directory, `${index++}.stream`), Buffer.concat([head, bytes]), { mode: 0o600 });
  }
}

/** Removes what a clean stop left, once a start has made use of it: after a crash it would be out of date. */
export async function removeStreams(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Reads what a clean stop left. Files that do not parse are left out: streams are not state. */
export async function readStreams(directory: string): Promise<Map<string, StoredStream>> {
  const names = await readdir(directory).catch(() => []);
  const streams = new Map<string, StoredStream>();
  for (const file of names) {
    const stream = parse(await readFile(join(directory, file)));
    if (stream !== undefined) streams.set(stream.name, stream);
  }
  return streams;
}

function parse(content: Buffer): StoredStream | undefined {
  const headEnd = content.indexOf(LF);
  try {
    const head = JSON.parse(content.toString('utf8', 0, headEnd)) as Readonly<Record<string, unknown>>;
    const { name, start, seq } = head;
    const bytes = content.subarray(headEnd + 1);
    if (typeof name !== 'string' || !Number.isSafeInteger(start)) return undefined;
    if (Number.isSafeInteger(seq)) return { name, start: start as number, bytes, seq: seq as number };
    const isWhole = bytes.length === 0 || bytes[bytes.length - 1] === LF;
    return isWhole ? { name, start: start as number, bytes } : undefined;
  } catch {
    return undefined;
  }
}
