// An artefact out of the records of its segment: the texts of inline pieces one after the other, or the pieces that references name,
// found in a folder or a file and checked by their hashes. What was put together before an interruption is checked and kept.

import { hash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { type ReferenceRecord, readRecord } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';

/** What the records of a segment make. */
export type Content =
  /** Lines of their own: the records are what there is. */
  | { readonly kind: 'lines' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'references'; readonly references: readonly ReferenceRecord[]; readonly size: number };

/** Reads the records of a segment. Refuses with `invalid-payload` what is out of order or not contiguous. */
export function contentOf(records: string): Result<Content> {
  const lines = records.split('\n').slice(0, -1).map(readRecord);
  const texts: string[] = [];
  const references: ReferenceRecord[] = [];
  let size = 0;
  for (const [index, line] of lines.entries()) {
    if (line.kind === 'wrong') return refuse('invalid-payload', `line ${index + 1}: ${line.problem}`);
    if (line.kind === 'push' && typeof line.record.payload === 'string') texts.push(line.record.payload);
    if (line.kind !== 'reference') continue;
    const { seq, off, len } = line.record;
    if (seq !== references.length + 1 || off !== size)
      return refuse(
        'invalid-payload',
        `line ${index + 1}: seq ${seq} at ${off}, not ${references.length + 1} at ${size}.`,
      );
    references.push(line.record);
    size += len;
  }
  if (references.length > 0 && references.length === lines.length) return ok({ kind: 'references', references, size });
  return ok(
    texts.length > 0 && texts.length === lines.length ? { kind: 'text', text: texts.join('') } : { kind: 'lines' },
  );
}

/** Where the pieces of an artefact are, and where it is to be. */
export interface Assembling {
  readonly references: readonly ReferenceRecord[];
  readonly size: number;
  /** A file that has the pieces at their places. */
  readonly source: string;
  readonly target: string;
  readonly onProgress: (done: number, size: number) => void;
}

/** Puts an artefact together: every piece is checked, and the file has its name only when it is whole. */
export async function assemble(assembling: Assembling): Promise<Result<void>> {
  const { references, size, source, target, onProgress } = assembling;
  const part = `${target}.part`;
  const from = await open(source, 'r');
  const into = await open(part, 'a+').then(async (file) => {
    await file.close();
    return open(part, 'r+');
  });
  try {
    for (const reference of references) {
      if (!(await hasPiece(into, reference))) {
        const piece = await readPiece(from, reference);
        if (!isPiece(piece, reference))
          return refuse('invalid-payload', `${source} has other bytes at ${reference.off} than the segment says.`);
        await writePiece(into, piece, reference.off);
      }
      onProgress(reference.off + reference.len, size);
    }
    await into.truncate(size);
    await into.datasync();
  } finally {
    await Promise.all([from.close(), into.close()]);
  }
  await rename(part, target);
  return ok(undefined);
}

/** Whether a file is this artefact, every piece of it. */
export async function isWhole(
  path: string,
  { references, size }: Pick<Assembling, 'references' | 'size'>,
): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return false;
  try {
    if ((await file.stat()).size !== size) return false;
    for (const reference of references) if (!(await hasPiece(file, reference))) return false;
    return true;
  } finally {
    await file.close();
  }
}

async function hasPiece(file: FileHandle, reference: ReferenceRecord): Promise<boolean> {
  return isPiece(await readPiece(file, reference), reference);
}

function isPiece(piece: Uint8Array, { len, sha256 }: ReferenceRecord): boolean {
  return piece.length === len && hash('sha256', piece, 'hex') === hexOf(sha256);
}

/** A hash as it may be written: hex, or base64 of either alphabet. */
function hexOf(sha256: string): string {
  return sha256.length === 64 ? sha256.toLowerCase() : Buffer.from(sha256, 'base64').toString('hex');
}

/** Pieces longer than this are nobody's: they would be held in memory. */
const PIECE_BYTES_MAX: number = 1 << 30;

async function readPiece(file: FileHandle, { off, len }: ReferenceRecord): Promise<Uint8Array> {
  const { size: there } = await file.stat();
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(len, there - off, PIECE_BYTES_MAX)));
  let size = 0;
  while (size < bytes.length) {
    const { bytesRead } = await file.read(bytes, size, bytes.length - size, off + size);
    if (bytesRead === 0) break;
    size += bytesRead;
  }
  return bytes.subarray(0, size);
}

async function writePiece(file: FileHandle, piece: Uint8Array, off: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, off + done);
    done += bytesWritten;
  }
}
