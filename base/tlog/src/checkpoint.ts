// The text of a checkpoint: what a log says its tree is, to be signed as a note.
//
//   <origin>\n <size in decimal>\n <root hash in base64>\n [<extension line>\n]...
//
// Source: C2SP tlog-checkpoint, "Note text". Sizes above 2^53 - 1 are refused, though the document has no bound.

import { fromBase64, toBase64 } from '@cohesix/bytes';
import { accepted, type Outcome, refused } from '@cohesix/check';
import { unsignedNote } from './signed-note.ts';
import { HASH_SIZE, isCount, type TreeHead } from './tree-hasher.ts';

/** A tree head under the name of its log. */
export interface Checkpoint extends TreeHead {
  /** The log's name: not empty; a URL without schema is advised. */
  readonly origin: string;
  /** Further lines, none empty; advised against by the specification. */
  readonly extensions: readonly string[];
}

/** Lines that a checkpoint must have. */
const LINES_MIN = 3;
/** 2^53 - 1 has 16 digits. */
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/** The text of a checkpoint; refuses what would not parse. C2SP tlog-checkpoint, "Note text". */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): Outcome<string> {
  const text = [origin, String(size), toBase64(root), ...extensions, ''].join('\n');
  const parsed = parseCheckpoint(text);
  if (!parsed.ok) return parsed;
  const isSame = parsed.value.origin === origin && parsed.value.extensions.length === extensions.length;
  return isSame ? accepted(text) : refused('a line of a checkpoint has no newline');
}

/** The checkpoint of a text, strictly. C2SP tlog-checkpoint, "Note text". */
export function parseCheckpoint(text: string): Outcome<Checkpoint> {
  const note = unsignedNote(text);
  if (!note.ok) return note;
  const lines = text.split('\n').slice(0, -1);
  if (lines.length < LINES_MIN || lines.includes('')) return refused('a checkpoint is three or more lines, none empty');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = lines;
  const size = SIZE.test(sizeText) ? Number(sizeText) : Number.NaN;
  if (!isCount(size)) return refused('a tree size is decimal, without leading zeros, up to 2^53 - 1');
  const root = fromBase64(rootText);
  if (root?.length !== HASH_SIZE) return refused('a root hash is 32 bytes in base64');
  return accepted({ origin, size, root, extensions });
}
