// What an edit of a Mach-O image leaves wrong: the hashes of its pages. They are made anew, which makes the signature ad hoc: it says
// that the bytes are whole, and no longer who made them. macOS on arm64 ends a program at the first page whose hash is wrong.

import { putU32be } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { type Edit, save } from '../edit.ts';
import type { Image } from '../image.ts';
import { mergeEdits, touches } from '../merge.ts';
import type { Repair, Repaired, RepairOptions } from '../repair.ts';
import { offset } from '../units.ts';
import { type CodeDirectory, type CodeSignature, pageRange } from './signature.ts';

const [AD_HOC, CMS_SLOT, EMPTY_BLOB] = [0x2, 0x10000, 8] as const;
const WHAT = 'code-directory';

/** Hashes of changed pages, and the signature made ad hoc. Refuses edits that change the file's size or reach into the signature. */
export function machoRepair(image: Image, edits: readonly Edit[], { sha256 }: RepairOptions): Outcome<Repaired> {
  const { detail, bytes, extent } = image;
  const signature = detail.format === 'macho' ? detail.signature : undefined;
  if (edits.length === 0 || signature === undefined) return accepted({ edits, repairs: [] });
  const start = extent.offset + signature.at;
  if (edits.some((edit) => touches(edit, start, start + signature.size) || edit.before.length !== edit.after.length))
    return refused('edits that reach into the code signature, or change the size of the file, are not signed anew');
  if (sha256 === undefined)
    return accepted({ edits, repairs: [broken('there is nothing to make SHA-256 hashes with')] });
  const saved = save(bytes, edits);
  if (!saved.ok) return saved;
  const own = saved.value.subarray(extent.offset, extent.offset + extent.size);
  const source: Source = { image, edits, own, sha256 };
  const hashes = signature.directories.flatMap((directory) => hashEdits(source, directory));
  const merged = mergeEdits(edits, [...hashes, ...(signature.isAdHoc ? [] : adHocEdits(image, signature))]);
  return merged.ok ? accepted({ edits: merged.value, repairs: repairsOf(signature, hashes.length) }) : merged;
}

interface Source {
  readonly image: Image;
  readonly edits: readonly Edit[];
  /** The image's own bytes with the edits made. */
  readonly own: Uint8Array;
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

const broken = (why: string): Repair => ({
  what: WHAT,
  outcome: 'broken',
  text: `the hashes in the code signature do not hold for the changed pages: ${why}`,
});

/** An edit for the hash of each page that an edit touches. */
function hashEdits({ image, edits, own, sha256 }: Source, directory: CodeDirectory): readonly Edit[] {
  if (directory.hash !== 'sha256') return [];
  const { extent, bytes } = image;
  return touchedPages(extent.offset, edits, directory).map((page) => {
    const at = extent.offset + directory.hashesAt + page * directory.hashSize;
    const after = sha256(own.subarray(...pageRange(directory, page))).slice(0, directory.hashSize);
    return { offset: offset(at), before: bytes.slice(at, at + after.length), after, reason: `hash of page ${page}` };
  });
}

function touchedPages(
  start: number,
  edits: readonly Edit[],
  { pageSize, pageCount, codeLimit }: CodeDirectory,
): readonly number[] {
  const pages = new Set<number>();
  for (const { offset: at, before } of edits) {
    const [from, to] = [Math.max(0, at - start), Math.min(at - start + before.length, codeLimit)];
    for (let page = Math.floor(from / pageSize); page * pageSize < to && page < pageCount; page += 1) pages.add(page);
  }
  return [...pages].sort((left, right) => left - right);
}

/** The flag in each directory, and a message of the certificate that is cut to its empty head. */
function adHocEdits({ bytes, extent }: Image, { directories, blobs }: CodeSignature): readonly Edit[] {
  const u32 = (at: number, value: number, reason: string): Edit => {
    const after = new Uint8Array(4);
    putU32be(after, 0, value);
    const place = extent.offset + at;
    return { offset: offset(place), before: bytes.slice(place, place + 4), after, reason };
  };
  return [
    ...directories.map(({ at, flags }) => u32(at + 12, (flags | AD_HOC) >>> 0, 'ad hoc flag of the code directory')),
    ...blobs.filter(({ slot }) => slot === CMS_SLOT).map(({ at }) => u32(at + 4, EMPTY_BLOB, 'signature message')),
  ];
}

function repairsOf({ directories, isAdHoc }: CodeSignature, hashes: number): readonly Repair[] {
  const others = directories.filter(({ hash }) => hash !== 'sha256').length;
  const text = `${hashes} page hashes in the code signature are made anew`;
  return [
    ...(hashes > 0 ? [{ what: WHAT, outcome: 'made', text } as const] : []),
    ...(others > 0 ? [broken(`${others} code directories have hashes other than SHA-256`)] : []),
    ...(isAdHoc ? [] : [{ what: 'certificate', outcome: 'dropped', text: DROPPED } as const]),
  ];
}

const DROPPED = 'the image was signed with a certificate; it is ad hoc signed now, and says nothing of who made it';
