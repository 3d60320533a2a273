// A proof that an entry is in a log, as one text that is checked offline.
//
//   c2sp.org/tlog-proof@v1\n
//   [extra <base64>\n]
//   index <decimal, from 0>\n
//   <hash in base64>\n...        from the leaf's sibling to the root's child
//   \n
//   <the checkpoint, a signed note, as it is>
//
// Nothing vouches for `extra`; whoever puts the entry there hashes it when checking. Source: C2SP tlog-proof, "Format".

import { decodeUtf8, encodeUtf8, fromBase64, toBase64 } from '@cohesix/bytes';
import { accepted, assert, type Outcome, refused } from '@cohesix/check';
import { NOTE_SIZE_MAX } from './signed-note.ts';
import { ENTRY_SIZE_MAX, HASH_SIZE, isCount } from './tree-hasher.ts';

/** A proof, taken apart; nothing in it is verified. */
export interface TlogProof {
  /** Of the entry, from 0. */
  readonly index: number;
  /** Whatever the application puts there, at most 65,535 bytes; undefined when there is none. */
  readonly extra: Uint8Array | undefined;
  /** The audit path (RFC 6962 section 2.1.1), 32 bytes each. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: Uint8Array;
}

/** The longest audit path: a tree of 2^53 - 1 leaves has 53 levels. */
const HASHES_MAX = 53;
const HEADER = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = /^index (0|[1-9][0-9]{0,15})$/;
/** Before the checkpoint: header, extra, index and hashes, each in base64 with room for its newline and word. */
const HEAD_SIZE_MAX: number = 64 + 8 + 4 * Math.ceil(ENTRY_SIZE_MAX / 3) + 32 + HASHES_MAX * 45;

/** The longest proof, in bytes. */
export const TLOG_PROOF_SIZE_MAX: number = HEAD_SIZE_MAX + NOTE_SIZE_MAX;

/** The bytes of a proof. C2SP tlog-proof, "Format". */
export function formatTlogProof({ index, extra, hashes, checkpoint }: TlogProof): Uint8Array {
  assert(isCount(index), 'an index is a whole number up to 2^53 - 1');
  assert(hashes.length <= HASHES_MAX && hashes.every(({ length }) => length === HASH_SIZE), 'a path is 53 hashes');
  assert((extra?.length ?? 1) > 0, 'extra data that is empty is left out');
  const lines = [
    HEADER,
    ...(extra === undefined ? [] : [`${EXTRA}${toBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(toBase64),
  ];
  const head = encodeUtf8(`${lines.join('\n')}\n\n`);
  const bytes = new Uint8Array(head.length + checkpoint.length);
  bytes.set(head);
  bytes.set(checkpoint, head.length);
  return bytes;
}

/** The proof of such bytes, strictly, but for the checkpoint: that is `openCheckpoint`'s. C2SP tlog-proof, "Format". */
export function parseTlogProof(bytes: Uint8Array): Outcome<TlogProof> {
  const isShort = bytes.length <= TLOG_PROOF_SIZE_MAX;
  if (!isShort) return refused(`a proof has at most ${TLOG_PROOF_SIZE_MAX} bytes, got ${bytes.length}`);
  const text = decodeUtf8(bytes);
  const end = text?.indexOf('\n\n') ?? -1;
  if (text === undefined || end < 0) return refused('a proof is lines of UTF-8, an empty line and a checkpoint');
  const [header, ...lines] = text.slice(0, end).split('\n');
  if (header !== HEADER) return refused(`a proof begins with ${HEADER}`);
  const extra = lines[0]?.startsWith(EXTRA) ? fromBase64(lines.shift()?.slice(EXTRA.length) ?? '') : null;
  if (extra === undefined || extra?.length === 0) return refused('the extra data is not base64');
  const index = Number(INDEX.exec(lines.shift() ?? '')?.[1]);
  if (!isCount(index)) return refused('a proof has a line `index` with a decimal up to 2^53 - 1');
  const hashes = hashesOf(lines);
  if (!hashes.ok) return hashes;
  const checkpoint = encodeUtf8(text.slice(end + 2));
  return accepted({ index, extra: extra ?? undefined, hashes: hashes.value, checkpoint });
}

function hashesOf(lines: readonly string[]): Outcome<Uint8Array[]> {
  if (lines.length > HASHES_MAX) return refused(`a proof has at most ${HASHES_MAX} hashes, got ${lines.length}`);
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_SIZE) return refused('a hash of a proof is 32 bytes in base64');
    hashes.push(hash);
  }
  return accepted(hashes);
}
