// Snapshots: what a journal comes to after some record, so that a start need not read the records before. Derived: without
// them a start reads everything. One that is damaged, or that this log did not sign, is no snapshot.
//
// file:  note length u32 (little endian), signed note (C2SP signed-note, by the key of the log), the parts one after the other
// note:  `cohesix snapshot v1`, then one line of JSON {"record", "facts", "parts": [{"name", "size"}], "sha256" of the parts}
//
// `<16 digits>.snap`, named by its last record; `.tmp` while being made. The newest KEPT are kept.

import { hash } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '@cohesix/check';
import {
  type Ed25519Verify,
  formatNote,
  type NoteKey,
  type NoteSigner,
  openNote,
  signNote,
  unsignedNote,
} from '@cohesix/tlog';
import type { Result } from '@cohesix/wire';
import { ok, refuse } from '@cohesix/wire';
import { attempt, type Disk } from '../disk.ts';
import { readWhole, replaceWhole } from '../whole-file.ts';

/** What a journal comes to after record `record`. */
export interface Snapshot {
  readonly record: number;
  /** Whatever the owner wants to know again: JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

interface Head {
  readonly record: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly parts: readonly { readonly name: string; readonly size: number }[];
  readonly sha256: string;
}

const TITLE = 'cohesix snapshot v1';
const NAME = /^(\d{16})\.snap$/;
/** One more than needed: the newest may turn out to be damaged. */
const KEPT = 2;
/** A snapshot over this is not read: nothing that a hive may hold comes near. */
const SIZE_MAX = 256 * 1024 * 1024;
const LENGTH_BYTES = 4;

/** Records that have a snapshot, the newest first; none when there is no directory. */
export async function listSnapshots(disk: Disk, directory: string): Promise<readonly number[]> {
  if ((await disk.lstat(directory))?.kind !== 'directory') return [];
  const names = await disk.readdir(directory);
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((left, right) => right - left);
}

/** Reads one. Refuses with `audit-unavailable` and a phrase when it is not whole or not signed by `key`. */
export async function readSnapshot(
  disk: Disk,
  path: { readonly directory: string; readonly record: number },
  trust: { readonly key: NoteKey; readonly verify: Ed25519Verify },
): Promise<Result<Snapshot>> {
  const file = join(path.directory, snapshotName(path.record));
  const bytes = await attempt(`cannot read ${file}`, () => readWhole(disk, file, SIZE_MAX));
  if (!bytes.ok) return bytes;
  const snapshot = bytes.value === undefined ? 'no file of a size that a snapshot has' : parse(bytes.value, trust);
  if (typeof snapshot === 'string') return refuse('audit-unavailable', `${file}: ${snapshot}`);
  if (snapshot.record !== path.record) return refuse('audit-unavailable', `${file}: of record ${snapshot.record}`);
  return ok(snapshot);
}

/** Stores a snapshot durably and removes those that are older than the newest two. */
export function writeSnapshot(
  disk: Disk,
  directory: string,
  { snapshot, signer }: { readonly snapshot: Snapshot; readonly signer: NoteSigner },
): Promise<Result<void>> {
  const path = join(directory, snapshotName(snapshot.record));
  return attempt(`cannot write ${path}`, async () => {
    await disk.mkdir(directory);
    for (const name of await disk.readdir(directory))
      if (name.endsWith('.tmp')) await disk.unlink(join(directory, name));
    await replaceWhole(disk, path, chunksOf(snapshot, signer));
    for (const old of (await listSnapshots(disk, directory)).slice(KEPT))
      await disk.unlink(join(directory, snapshotName(old)));
  });
}

function snapshotName(record: number): string {
  return `${String(record).padStart(16, '0')}.snap`;
}

function chunksOf({ record, facts, parts }: Snapshot, signer: NoteSigner): readonly Uint8Array[] {
  const payload = [...parts.values()];
  const head: Head = {
    record,
    facts,
    parts: [...parts].map(([name, { length }]) => ({ name, size: length })),
    sha256: hash('sha256', Buffer.concat(payload), 'hex'),
  };
  const unsigned = unsignedNote(`${TITLE}\n${JSON.stringify(head)}\n`);
  assert(unsigned.ok, 'JSON has no control characters');
  const signed = signNote(unsigned.value, signer);
  assert(signed.ok, 'a note without signatures takes one');
  const note = Buffer.from(formatNote(signed.value));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(note.length);
  return [length, note, ...payload];
}

function parse(
  bytes: Buffer,
  { key, verify }: { readonly key: NoteKey; readonly verify: Ed25519Verify },
): Snapshot | string {
  const end = LENGTH_BYTES + (bytes.length < LENGTH_BYTES ? 0 : bytes.readUInt32LE());
  const opened = openNote(bytes.subarray(LENGTH_BYTES, end), [key], verify);
  if (!opened.ok) return opened.problem;
  const [title, json = '', rest] = opened.value.note.text.split('\n');
  if (title !== TITLE || rest !== '') return 'of another version';
  // What we signed is what we wrote.
  const head = JSON.parse(json) as Head;
  const payload = bytes.subarray(end);
  if (hash('sha256', payload, 'hex') !== head.sha256) return 'damaged';
  const parts = new Map<string, Uint8Array>();
  let at = 0;
  for (const { name, size } of head.parts) {
    parts.set(name, payload.subarray(at, at + size));
    at += size;
  }
  return { record: head.record, facts: head.facts, parts };
}
