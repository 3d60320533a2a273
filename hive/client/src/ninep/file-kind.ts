// Which of the four kinds of file (or a directory) a 9P server tells of. 9P2000.L has no field for it; a hive says it in
// `gen` of Rgetattr, which Linux reads and ignores: 1 directory, 2 view, 3 control, 4 stream, 5 blob. Of a server that
// leaves `gen` 0 it is guessed from the qid: append-only files are controls when somebody may write them, else streams.

import { QTAPPEND, QTDIR } from '@cohesix/wire';
import type { FileStat } from '../hive-client.ts';

/** `gen` → kind. */
const KIND_BY_GEN: readonly (FileStat['kind'] | undefined)[] = [
  undefined,
  'directory',
  'view',
  'control',
  'stream',
  'blob',
];

/** The `gen` that says a kind. */
export function genOfKind(kind: FileStat['kind']): bigint {
  return BigInt(KIND_BY_GEN.indexOf(kind));
}

const WRITE_BITS = 0o222;

/** The kind of a file by its attributes. */
export function kindOfFile(file: {
  readonly gen: bigint;
  readonly qidType: number;
  readonly mode: number;
}): FileStat['kind'] {
  if ((file.qidType & QTDIR) !== 0) return 'directory';
  const told = KIND_BY_GEN[Number(BigInt.asUintN(8, file.gen))];
  if (told !== undefined && told !== 'directory') return told;
  if ((file.qidType & QTAPPEND) === 0) return 'view';
  return (file.mode & WRITE_BITS) !== 0 ? 'control' : 'stream';
}
