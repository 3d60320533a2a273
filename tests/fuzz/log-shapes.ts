// Signed logs to be tampered with: journals in memory, and packs of them, with the records they hold, an earlier state of
// the same files, and what an outsider has kept of them.

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { dirname } from 'node:path';
import { type Journal, openJournal, sha256, TransparencyLog, writeCosigned, writePack } from '@cohesix/journal';
import { MemoryDisk } from '@cohesix/journal/memory-disk';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import {
  cosignNote,
  formatNote,
  formatNoteKey,
  type NoteKeyKind,
  type NoteSigner,
  noteKey,
  parseNote,
} from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';

/** Files by path below the directory of the log. */
export type Files = ReadonlyMap<string, Buffer>;

/** A log and what is known of it elsewhere. */
export interface Shape {
  readonly name: string;
  readonly kind: 'journal' | 'pack';
  readonly disk: MemoryDisk;
  readonly directory: string;
  /** All files that say anything: not the key, which a verifier has from elsewhere, and not the lock. */
  readonly files: Files;
  readonly segmentBytesMax: number;
  /** Bodies of all records, every one signed. */
  readonly bodies: readonly Buffer[];
  /** The files as they were when fewer records were signed. */
  readonly earlier: Files;
  /** The last checkpoint, as a witness kept it. */
  readonly held: Buffer;
  /** Verifier keys of the log and of the witness whose cosignature lies beside it. */
  readonly key: string;
  readonly witness: string;
}

/** How large a shape is. */
interface Size {
  readonly name: string;
  readonly records: number;
  /** Records that were signed, and cosigned, before the others came. */
  readonly cosigned: number;
  readonly segmentBytesMax: number;
}

const SIZES: readonly Size[] = [
  { name: 'twelve records in three segments', records: 12, cosigned: 7, segmentBytesMax: 1024 },
  { name: 'a tile and a part of one', records: 300, cosigned: 200, segmentBytesMax: 16_384 },
  { name: 'two tiles, all full', records: 512, cosigned: 256, segmentBytesMax: 16_384 },
];

const JOURNAL = '/journal';
const PACK = '/pack';
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_SIZE = 12;

/** DER around a raw private key is that of RFC 8410. */
function signer(kind: NoteKeyKind, name: string, byte: number): NoteSigner {
  const der = Buffer.concat([PKCS8, new Uint8Array(32).fill(byte)]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(SPKI_SIZE);
  const key = noteKey(sha256, { kind, name, publicKey });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => sign(null, message, secret) };
}

const LOG = signer('ed25519', 'hive', 1);
const WITNESS = signer('cosignature', 'witness.example/w1', 2);

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

/** A body as long as records of a hive are, more or less. */
function bodyOf(seq: number): Buffer {
  const line = '{"spawn":"heartbeat"}'.repeat(1 + (seq % 5));
  return Buffer.from(JSON.stringify({ seq, at: 1_700_000_000_000 + seq, path: '/queen/ctl', lines: [line] }));
}

/** A journal and a pack of each size. */
export async function makeShapes(): Promise<readonly Shape[]> {
  const shapes = await Promise.all(SIZES.map(makeBoth));
  return shapes.flat();
}

async function makeBoth(size: Size): Promise<readonly Shape[]> {
  const disk = new MemoryDisk();
  const log = must(
    await TransparencyLog.open({
      disk,
      directory: JOURNAL,
      origin: LOG.key.name,
      signer: LOG,
      verify: nodeTicketCrypto.ed25519Verify,
    }),
  );
  const { journal } = must(await openJournal(JOURNAL, { at: 1, disk, segmentBytesMax: size.segmentBytesMax }));
  const grow = (from: number, to: number) => append(journal, log, { from, to });
  await grow(1, size.cosigned);
  must(await writeCosigned(disk, JOURNAL, cosigned(log)));
  must(await writePack(disk, JOURNAL, `${PACK}-earlier`));
  const earlier = { journal: filesOf(disk, JOURNAL), pack: filesOf(disk, `${PACK}-earlier`) };
  await grow(size.cosigned + 1, size.records);
  must(await journal.close());
  must(await writePack(disk, JOURNAL, PACK));
  // Folders that only the earlier state has: an edit puts files there.
  for (const path of earlier.pack.keys()) await disk.mkdir(dirname(`${PACK}/${path}`));
  const both = {
    disk,
    segmentBytesMax: size.segmentBytesMax,
    bodies: Array.from({ length: size.records }, (_, index) => bodyOf(index + 1)),
    held: Buffer.from(log.latest?.note ?? ''),
    key: formatNoteKey(LOG.key),
    witness: formatNoteKey(WITNESS.key),
  };
  return [
    {
      ...both,
      name: `journal: ${size.name}`,
      kind: 'journal',
      directory: JOURNAL,
      files: filesOf(disk, JOURNAL),
      earlier: earlier.journal,
    },
    {
      ...both,
      name: `pack: ${size.name}`,
      kind: 'pack',
      directory: PACK,
      files: filesOf(disk, PACK),
      earlier: earlier.pack,
    },
  ];
}

async function append(
  journal: Journal,
  log: TransparencyLog,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  for (let seq = from; seq <= to; seq++) {
    must(await must(journal.append(bodyOf(seq))).durable);
    log.add(bodyOf(seq));
  }
  must(await log.sign());
}

function cosigned(log: TransparencyLog): Uint8Array {
  const note = parseNote(Buffer.from(log.latest?.note ?? ''));
  const signed = note.ok ? cosignNote(note.value, WITNESS, 1_700_000_000n) : note;
  if (!signed.ok) throw new Error(signed.problem);
  return Buffer.from(formatNote(signed.value));
}

/** The segments of a journal that a hive would have written of these records. */
export async function segmentsOf(bodies: readonly Buffer[], segmentBytesMax: number): Promise<Files> {
  const disk = new MemoryDisk();
  const { journal } = must(await openJournal(JOURNAL, { at: 1, disk, segmentBytesMax }));
  for (const body of bodies) must(journal.append(body));
  must(await journal.close());
  return new Map([...filesOf(disk, JOURNAL)].filter(([path]) => path.endsWith('.seg')));
}

function filesOf(disk: MemoryDisk, directory: string): Files {
  const paths = disk.files(directory).filter((path) => !/\/owner\.lock\/|\/key$/.test(path));
  return new Map(paths.map((path) => [path.slice(directory.length + 1), disk.contents(path)]));
}
