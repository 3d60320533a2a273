// Logs for tests: keys made of one byte, a journal in memory with its transparency log, and what witnesses add to it.

import { createPrivateKey, createPublicKey, sign, verify as verifySignature } from 'node:crypto';
import {
  cosignNote,
  type Ed25519Verify,
  formatNote,
  formatNoteKey,
  type NoteKeyKind,
  type NoteSigner,
  noteKey,
  type Outcome,
  parseNote,
} from '@cohesix/tlog';
import { expect } from 'vitest';
import { openJournal, sha256, TransparencyLog, writeCosigned } from '../src/index.ts';
import { must } from './helpers.ts';
import { MemoryDisk } from './memory-disk.ts';

/** Where the journal lies. */
export const JOURNAL = '/journal';
/** DER around the 32 bytes of an Ed25519 secret and public key (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Ed25519 of this platform. */
export const verify: Ed25519Verify = (publicKey, data, signature) => {
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
  return verifySignature(null, data, key, signature);
};

/** A signer whose seed is one byte, 32 times. */
export function signer(name = 'hive', byte = 7, kind: NoteKeyKind = 'ed25519'): NoteSigner {
  const der = Buffer.concat([PKCS8, new Uint8Array(32).fill(byte)]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const key = value(noteKey(sha256, { kind, name, publicKey: spki.subarray(SPKI.length) }));
  return { key, sign: (message) => sign(null, message, secret) };
}

/** The body of a record. */
export const body = (index: number): Uint8Array => Buffer.from(`{"seq":${index}}`);

/** What a hive does with its journal: opens log and journal, appends records, signs. Answers the log, or why it did not start. */
export async function run(
  disk: MemoryDisk,
  count: number,
  by: NoteSigner = signer(),
): Promise<TransparencyLog | string> {
  const opened = await TransparencyLog.open({ disk, directory: JOURNAL, origin: by.key.name, signer: by, verify });
  if (!opened.ok) return opened.refusal.detail;
  const log = opened.value;
  const journal = await openJournal(JOURNAL, {
    at: 1,
    disk,
    segmentBytesMax: 8192,
    onRecord: (_, record) => log.add(record),
  });
  if (!journal.ok) return journal.refusal.detail;
  const complete = log.complete();
  for (let index = 0; index < (complete.ok ? count : 0); index++) {
    const record = body(log.size + 1);
    await must(journal.value.journal.append(record)).durable;
    expect(log.add(record)).toBeUndefined();
  }
  await journal.value.journal.close();
  if (!complete.ok) return complete.refusal.detail;
  must(await log.sign());
  return log;
}

/** A log with so many records, all of them signed. */
export async function signed(count: number): Promise<{ disk: MemoryDisk; log: TransparencyLog }> {
  const disk = new MemoryDisk();
  const log = await run(disk, count);
  if (typeof log === 'string') throw new Error(log);
  return { disk, log };
}

/** The value of an outcome that must have one. */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

/** A witness and the text of its key. */
export function witness(name: string, byte: number): { readonly signer: NoteSigner; readonly text: string } {
  const by = signer(name, byte, 'cosignature');
  return { signer: by, text: formatNoteKey(by.key) };
}

/** A note with a cosignature as of `time`, and those it had. */
export function cosign(note: Uint8Array | string, by: NoteSigner, time = 1_700_000_000n): Uint8Array {
  return Buffer.from(formatNote(value(cosignNote(value(parseNote(Buffer.from(note))), by, time))));
}

/** Puts the last checkpoint of a log beside it as one that these cosigned. */
export async function storeCosigned(disk: MemoryDisk, log: TransparencyLog, by: readonly NoteSigner[]): Promise<void> {
  const note = by.reduce<Uint8Array>((before, one) => cosign(before, one), Buffer.from(log.latest?.note ?? ''));
  must(await writeCosigned(disk, JOURNAL, note));
}
