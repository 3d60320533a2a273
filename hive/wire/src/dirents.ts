// The data of Rreaddir, read by a client: `qid[13] offset[8] type[1] name[s]`, entry after entry.

import { ByteReader } from '@cohesix/bytes';
import { readQid } from './decode.ts';
import { ok, type Result, refuse } from './refusal.ts';
import type { Dirent } from './reply.ts';

/** Entries of Rreaddir data in order, or `invalid-frame`. `.` and `..` are passed on as sent. */
export function readDirents(data: Uint8Array): Result<readonly Dirent[]> {
  const reader = new ByteReader(data);
  const entries: Dirent[] = [];
  while (reader.remaining > 0) {
    const qid = readQid(reader);
    const offset = reader.u64();
    const type = reader.u8();
    const name = reader.utf8(reader.u16());
    if (reader.failed) return refuse('invalid-frame', `directory entry ${entries.length}: ${reader.failure}`);
    entries.push({ qid, offset, type, name });
  }
  return ok(entries);
}
