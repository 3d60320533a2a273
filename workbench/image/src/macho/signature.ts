// The code signature: a super blob of blobs, all big endian. A code directory holds a hash of each page of the image up to its limit.
// Source: Apple's kern/cs_blobs.h.

import { getU32be, toHex } from '@cohesix/bytes';
import { textAt } from '../text.ts';
import type { Piece } from './file.ts';

/** A blob of the signature; offsets from the start of the image. */
export interface SignatureBlob {
  /** The slot it is in: 0 is the code directory, 5 and 7 are entitlements, 0x1000 and on further code directories, 0x10000 a CMS message. */
  readonly slot: number;
  readonly magic: number;
  readonly at: number;
  readonly size: number;
}

/** Hashes of the pages. */
export interface CodeDirectory {
  readonly at: number;
  readonly size: number;
  readonly version: number;
  readonly flags: number;
  /** What the signer calls the image. Untrusted. */
  readonly identifier: string;
  readonly hash: 'sha1' | 'sha256' | 'other';
  readonly hashSize: number;
  /** Where the hash of page 0 is; hashes of other parts lie before it. */
  readonly hashesAt: number;
  readonly pageCount: number;
  readonly pageSize: number;
  /** Bytes of the image that are covered. */
  readonly codeLimit: number;
}

/** What the signature says. */
export interface CodeSignature {
  readonly at: number;
  readonly size: number;
  readonly blobs: readonly SignatureBlob[];
  readonly directories: readonly CodeDirectory[];
  /** Nobody's certificate: no CMS message, or an empty one. */
  readonly isAdHoc: boolean;
  readonly hasEntitlements: boolean;
}

const [SUPER_BLOB, DIRECTORY] = [0xfade_0cc0, 0xfade_0c02] as const;
const CMS_SLOT = 0x10000;
const ENTITLEMENT_SLOTS: readonly number[] = [5, 7];
const BLOBS_MAX = 64;

/** Reads a signature; undefined when it is none. */
export function readSignature(bytes: Uint8Array, { at, size }: Piece): CodeSignature | undefined {
  if (size < 12 || getU32be(bytes, at) !== SUPER_BLOB) return undefined;
  const count = Math.min(getU32be(bytes, at + 8), Math.floor((size - 12) / 8), BLOBS_MAX);
  const blobs = Array.from({ length: count }, (_, row) => blobAt(bytes, { at, size }, at + 12 + row * 8)).filter(
    (blob) => blob !== undefined,
  );
  const message = blobs.find(({ slot }) => slot === CMS_SLOT);
  return {
    ...{ at, size, blobs },
    directories: blobs.filter(({ magic }) => magic === DIRECTORY).flatMap((blob) => directoryAt(bytes, blob)),
    isAdHoc: message === undefined || message.size <= 8,
    hasEntitlements: blobs.some(({ slot }) => ENTITLEMENT_SLOTS.includes(slot)),
  };
}

function blobAt(bytes: Uint8Array, piece: Piece, row: number): SignatureBlob | undefined {
  const distance = getU32be(bytes, row + 4);
  if (distance + 8 > piece.size) return undefined;
  const at = piece.at + distance;
  const size = getU32be(bytes, at + 4);
  if (size < 8 || distance + size > piece.size) return undefined;
  return { slot: getU32be(bytes, row), magic: getU32be(bytes, at), at, size };
}

/** magic size version flags hashes identifier special slots pages limit[4 each] hash size, hash type, platform, page size[1 each] … */
function directoryAt(bytes: Uint8Array, { at, size }: SignatureBlob): CodeDirectory[] {
  if (size < 44) return [];
  const field = (place: number): number => getU32be(bytes, at + place);
  const version = field(8);
  const [hashSize, type, log] = [bytes[at + 36] as number, bytes[at + 37] as number, bytes[at + 39] as number];
  const limit64 = version >= 0x20300 && size >= 64 ? field(56) * 0x1_0000_0000 + field(60) : 0;
  const codeLimit = limit64 > 0 ? limit64 : field(32);
  const pageSize = log === 0 ? Math.max(1, codeLimit) : 2 ** Math.min(log, 30);
  const [hashes, pageCount] = [field(16), field(28)];
  if (hashes + pageCount * hashSize > size) return [];
  return [
    {
      ...{ at, size, version, flags: field(12), hashSize, pageCount, pageSize, codeLimit },
      identifier: field(20) < size ? textAt(bytes, at + field(20), at + size) : '',
      hash: type === 1 ? 'sha1' : type === 2 ? 'sha256' : 'other',
      hashesAt: at + hashes,
    },
  ];
}

/** The range of a page, as far as the limit goes. */
export function pageRange({ pageSize, codeLimit }: CodeDirectory, page: number): readonly [number, number] {
  return [Math.min(page * pageSize, codeLimit), Math.min((page + 1) * pageSize, codeLimit)];
}

/** Pages of an image (its own bytes, without the rest of a fat file) whose hash is not the one that the directory holds. */
export function changedPages(
  bytes: Uint8Array,
  directory: CodeDirectory,
  digest: (bytes: Uint8Array) => Uint8Array,
): readonly number[] {
  const changed: number[] = [];
  for (let page = 0; page < directory.pageCount; page += 1) {
    const at = directory.hashesAt + page * directory.hashSize;
    const hash = digest(bytes.subarray(...pageRange(directory, page))).subarray(0, directory.hashSize);
    if (toHex(hash) !== toHex(bytes.subarray(at, at + directory.hashSize))) changed.push(page);
  }
  return changed;
}
