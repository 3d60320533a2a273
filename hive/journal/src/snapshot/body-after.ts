// The record at a place, if it is the one that belongs there: what ties a snapshot to a journal.

import { join } from 'node:path';
import type { Disk } from '../disk.ts';
import { segmentName, segmentsAmong } from '../names.ts';
import type { JournalPosition } from '../position.ts';
import { bodyLengthOf, follows, isWholeRecord, RECORD_HEADER_SIZE, SEGMENT_HEADER_SIZE } from '../record.ts';

/**
 * Body of the first record after `position`; undefined when there is none, or when it does not follow `position.chain`:
 * its hash covers that of the record before, so a record that follows proves that everything before is as it was.
 */
export async function bodyAfter(
  disk: Disk,
  directory: string,
  position: JournalPosition,
): Promise<Uint8Array | undefined> {
  const segment = join(directory, segmentName(position.segment));
  const stat = await disk.lstat(segment);
  if (stat?.kind !== 'file') return undefined;
  if (stat.size > position.offset) return bodyAt(disk, segment, position.offset, position.chain);
  const names = await disk.readdir(directory);
  const next = segmentsAmong(names).find((first) => first === position.seq + 1);
  if (next === undefined) return undefined;
  return bodyAt(disk, join(directory, segmentName(next)), SEGMENT_HEADER_SIZE, position.chain);
}

function bodyAt(disk: Disk, path: string, at: number, chain: Uint8Array): Uint8Array | undefined {
  const header = disk.readSync(path, at, RECORD_HEADER_SIZE);
  if (header?.length !== RECORD_HEADER_SIZE) return undefined;
  const length = bodyLengthOf(Buffer.from(header));
  if (typeof length === 'string') return undefined;
  const bytes = disk.readSync(path, at, RECORD_HEADER_SIZE + length);
  if (bytes?.length !== RECORD_HEADER_SIZE + length) return undefined;
  const record = Buffer.from(bytes);
  return isWholeRecord(record) && follows(record, chain) ? record.subarray(RECORD_HEADER_SIZE) : undefined;
}
