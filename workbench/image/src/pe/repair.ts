// What an edit of a PE file leaves wrong: its checksum, and its signature, which nobody but the signer can make right.

import { accepted, type Outcome } from '@cohesix/check';
import { type Edit, save } from '../edit.ts';
import type { Image } from '../image.ts';
import { mergeEdits, touches } from '../merge.ts';
import type { Repair, Repaired } from '../repair.ts';
import { offset } from '../units.ts';
import { peChecksum } from './checksum.ts';
import { DIRECTORY } from './constants.ts';
import type { PeDetail } from './detail.ts';
import { editAt, editU32 } from './write.ts';

/** Drops the signature, makes the checksum anew. A checksum of 0, which programs may have, stays 0. */
export function peRepair(image: Image, edits: readonly Edit[]): Outcome<Repaired> {
  const { detail, bytes } = image;
  if (edits.length === 0 || detail.format !== 'pe') return accepted({ edits, repairs: [] });
  const unsigned = withoutSignature(image, detail, edits);
  const merged = mergeEdits(edits, unsigned.edits);
  if (!merged.ok) return merged;
  const checksumAt = detail.headers.optionalOffset + 64;
  const isOwn = merged.value.some((edit) => touches(edit, checksumAt, checksumAt + 4));
  if (detail.headers.checksum === 0 || isOwn) return accepted({ edits: merged.value, repairs: unsigned.repairs });
  const saved = save(bytes, merged.value);
  if (!saved.ok) return saved;
  const sum = peChecksum(saved.value, checksumAt);
  const checksum: Repair = { what: 'pe-checksum', outcome: 'made', text: `the checksum in the header is now ${sum}` };
  const all = mergeEdits(merged.value, [editU32(bytes, checksumAt, sum, 'PE checksum')]);
  return all.ok ? accepted({ edits: all.value, repairs: [...unsigned.repairs, checksum] }) : all;
}

/** The directory's row is zeroed; the blob is taken off if it ends the file and no edit needs its place. */
function withoutSignature({ bytes }: Image, { certificates, headers }: PeDetail, edits: readonly Edit[]): Repaired {
  if (certificates === undefined) return { edits: [], repairs: [] };
  const row = headers.directoryOffset + DIRECTORY.certificate * 8;
  const { offset: start, size } = certificates;
  const text = 'the file was signed; the signature does not hold for changed bytes and is taken away';
  const repairs: readonly Repair[] = [{ what: 'authenticode', outcome: 'dropped', text }];
  const isRowDone = edits.some((edit) => touches(edit, row, row + 8));
  const isFree = !edits.some(({ offset: at, before }) => at + before.length > start);
  const isLast = start + size === bytes.length;
  const [before, after] = [bytes.slice(start), new Uint8Array(0)];
  const removal: Edit = { offset: offset(start), before, after, reason: 'certificate table' };
  return {
    repairs,
    edits: [
      ...(isRowDone ? [] : [editAt(bytes, row, new Uint8Array(8), 'certificate directory')]),
      ...(isLast && isFree ? [removal] : []),
    ],
  };
}
