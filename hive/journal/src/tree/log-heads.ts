// What is signed of a log: its checkpoint, the checkpoint that witnesses cosigned (an older one as a rule, because their
// lines are records, too), and one that the reader kept. Signatures are checked here; the roots are for the records to meet.

import {
  type Checkpoint,
  type Ed25519Verify,
  type NoteKey,
  type NoteKeyKind,
  type OpenCheckpoint,
  openCheckpoint,
  parseNoteKey,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { CHECKPOINT_NAME, COSIGNED_NAME } from './checkpoint-file.ts';
import { sha256 } from './sha256.ts';

/** Whom a verifier believes. */
export interface LogTrust {
  /** Verifier key text of the log; without one that of the log itself is taken, which proves consistency only. */
  readonly key?: string;
  /** An older checkpoint, kept elsewhere: the log must still be an extension of it. */
  readonly older?: Uint8Array;
  /** Verifier key texts (type cosignature) of witnesses that must have cosigned. */
  readonly witnesses?: readonly string[];
  readonly verify: Ed25519Verify;
}

/** Something that is not as it must be. */
export interface LogFinding {
  readonly what: string;
  /** A record number, a tile, a file. */
  readonly where: string;
}

/** A witness that was asked for, and the largest tree of this log it cosigned. */
export interface SeenWitness {
  readonly name: string;
  /** Key ID, 8 hex digits. */
  readonly key: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** The notes of a log as they were read. */
export interface HeadNotes {
  readonly checkpoint: Uint8Array;
  /** Undefined when no witness has cosigned. To be read before `checkpoint`, which is then never behind it. */
  readonly cosigned: Uint8Array | undefined;
}

/** A root that the tree must have at a size, and who says so. */
export interface ExpectedRoot {
  readonly size: number;
  readonly root: Uint8Array;
  readonly what: string;
}

/** What the notes say. */
export interface LogHeads {
  /** The signed checkpoint; undefined, with a finding, when its signature does not hold. */
  readonly checkpoint: Checkpoint | undefined;
  readonly expected: readonly ExpectedRoot[];
  readonly witnesses: readonly SeenWitness[];
  readonly findings: readonly LogFinding[];
}

/** The key of a text; `invalid-payload` when it is none of that kind. `whose` completes "The key of …". */
export function keyOf(text: string, kind: NoteKeyKind, whose: string): Result<NoteKey> {
  const key = parseNoteKey(sha256, text.trim());
  if (!key.ok) return refuse('invalid-payload', `The key of ${whose}: ${key.problem}.`);
  const isRight = key.value.kind === kind;
  return isRight ? ok(key.value) : refuse('invalid-payload', `The key of ${whose} is of another type.`);
}

/** The keys of witnesses; `invalid-payload` when one is none, or two are one. */
export function witnessKeys(texts: readonly string[] = []): Result<readonly NoteKey[]> {
  const keys: NoteKey[] = [];
  for (const text of texts) {
    const key = keyOf(text, 'cosignature', 'a witness');
    if (!key.ok) return key;
    keys.push(key.value);
  }
  const publicKeys = new Set(keys.map(({ publicKey }) => Buffer.from(publicKey).toString('hex')));
  return publicKeys.size === keys.length ? ok(keys) : refuse('invalid-payload', 'Two witnesses have one public key.');
}

/** Key ID as it is shown. */
export function keyIdText({ id }: Pick<NoteKey, 'id'>): string {
  return id.toString(16).padStart(8, '0');
}

/** Checks the signatures on the notes of a log. `invalid-payload` for keys or an older checkpoint that are none. */
export function readHeads(notes: HeadNotes, key: NoteKey, trust: LogTrust): Result<LogHeads> {
  const cosigners = witnessKeys(trust.witnesses);
  if (!cosigners.ok) return cosigners;
  const reader = new HeadReader(key, cosigners.value, trust.verify);
  const checkpoint = reader.own(notes.checkpoint);
  if (notes.cosigned !== undefined) reader.cosigned(notes.cosigned, checkpoint);
  if (trust.older !== undefined) {
    const older = reader.older(trust.older, checkpoint);
    if (!older.ok) return older;
  }
  reader.missing();
  return ok({ checkpoint, ...reader });
}

class HeadReader {
  readonly expected: ExpectedRoot[] = [];
  readonly witnesses: SeenWitness[] = [];
  readonly findings: LogFinding[] = [];
  readonly #trust: Parameters<typeof openCheckpoint>[1];
  readonly #verify: Ed25519Verify;

  constructor(key: NoteKey, cosigners: readonly NoteKey[], verify: Ed25519Verify) {
    this.#trust = { origin: key.name, logKeys: [key], cosigners };
    this.#verify = verify;
  }

  own(note: Uint8Array): Checkpoint | undefined {
    const opened = openCheckpoint(note, this.#trust, this.#verify);
    if (!opened.ok) this.#find(`the checkpoint does not verify: ${opened.problem}`, CHECKPOINT_NAME);
    return opened.ok ? this.#take(opened.value, 'the signed checkpoint') : undefined;
  }

  cosigned(note: Uint8Array, checkpoint: Checkpoint | undefined): void {
    const opened = openCheckpoint(note, this.#trust, this.#verify);
    if (!opened.ok) return this.#find(`the cosigned checkpoint does not verify: ${opened.problem}`, COSIGNED_NAME);
    const { size } = this.#take(opened.value, 'the cosigned checkpoint');
    if (checkpoint !== undefined && size > checkpoint.size)
      this.#find(`rolled back: ${size} records were cosigned before`, CHECKPOINT_NAME);
  }

  older(note: Uint8Array, checkpoint: Checkpoint | undefined): Result<void> {
    const opened = openCheckpoint(note, { ...this.#trust, cosigners: [] }, this.#verify);
    if (!opened.ok) return refuse('invalid-payload', `The older checkpoint: ${opened.problem}.`);
    const { size } = this.#take(opened.value, 'the older checkpoint: history was rewritten');
    if (size > (checkpoint?.size ?? 0)) this.#find(`rolled back: ${size} records were signed before`, CHECKPOINT_NAME);
    return ok(undefined);
  }

  missing(): void {
    for (const key of this.#trust.cosigners) {
      const has = this.witnesses.some((one) => one.name === key.name && one.key === keyIdText(key));
      if (!has) this.#find(`witness ${key.name} has not cosigned`, CHECKPOINT_NAME);
    }
  }

  #take({ checkpoint, cosigned }: OpenCheckpoint, what: string): Checkpoint {
    const { size, root } = checkpoint;
    this.expected.push({ size, root, what });
    for (const { key, timestamp = 0n } of cosigned) {
      const seen = { name: key.name, key: keyIdText(key), size, time: Number(timestamp) };
      if (!this.witnesses.some((one) => one.name === seen.name && one.key === seen.key)) this.witnesses.push(seen);
    }
    return checkpoint;
  }

  #find(what: string, where: string): void {
    this.findings.push({ what, where });
  }
}
