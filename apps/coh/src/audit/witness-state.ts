// What a witness keeps, in a directory of its own that no hive can write to:
//
//   witness.json   {"name", "seed"}: its key, made at first use, mode 0600
//   log.key        verifier key of the log, pinned at first use
//   checkpoint     the head it cosigned last, signed by the log: durable before the cosignature is made
//   cosigned       the same with its cosignature
//   evidence-<16 hex digits of SHA-256>  notes of a log that contradicted itself, each once
//
// One process at a time: two that cosign at once could go back.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DirectoryLock,
  lockDirectory,
  nodeDisk,
  replaceFile,
  sha256,
  type Witness,
  type WitnessedHead,
  witnessedHead,
  witnessKey,
} from '@cohesix/journal';
import { ed25519PublicKey, nodeTicketCrypto, randomSigningSeed } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { errorText } from '../token.ts';

const IDENTITY = 'witness.json';
const LOG_KEY = 'log.key';
const CHECKPOINT = 'checkpoint';
const COSIGNED = 'cosigned';
const SEED_BYTES = 32;
/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** A witness on this machine, its directory locked. */
export interface LocalWitness extends Witness {
  readonly directory: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** What it cosigned last; undefined before the first time. */
  kept: WitnessedHead | undefined;
  readonly close: DirectoryLock['release'];
}

/**
 * Opens the directory of a witness, and makes it with a key of that name at first use. `busy`: another process has it;
 * `invalid-payload`: something in it is damaged, or can be read by others.
 */
export async function openWitness(directory: string, name: string, at: number): Promise<Result<LocalWitness>> {
  const lock = await lockDirectory(directory, { at });
  if (!lock.ok) return lock;
  const opened = await openLocked(directory, name);
  if (opened.ok) return ok({ ...opened.value, close: () => lock.value.release() });
  await lock.value.release();
  return opened;
}

async function openLocked(directory: string, name: string): Promise<Result<Omit<LocalWitness, 'close'>>> {
  const identity = await identityIn(directory, name);
  if (!identity.ok) return identity;
  const { seed } = identity.value;
  const key = witnessKey(identity.value.name, ed25519PublicKey(seed));
  if (!key.ok) return key;
  const witness = { key: key.value, verify: nodeTicketCrypto.ed25519Verify };
  const kept = keptIn(directory, witness);
  if (!kept.ok) return kept;
  const sign = (message: Uint8Array): Uint8Array => nodeTicketCrypto.ed25519Sign(seed, message);
  return ok({ ...witness, directory, sign, kept: kept.value });
}

interface Identity {
  readonly name: string;
  readonly seed: Uint8Array;
}

async function identityIn(directory: string, name: string): Promise<Result<Identity>> {
  const path = join(directory, IDENTITY);
  const known = nodeDisk.readSync(path, 0, 4096);
  if (known === undefined) {
    const isName = witnessKey(name, new Uint8Array(SEED_BYTES));
    if (!isName.ok) return isName;
    const seed = randomSigningSeed();
    const text = JSON.stringify({ name, seed: Buffer.from(seed).toString('base64') });
    const written = await replaceFile(nodeDisk, directory, { name: IDENTITY, bytes: Buffer.from(`${text}\n`) });
    return written.ok ? ok({ name, seed }) : written;
  }
  if ((statSync(path).mode & OTHERS) !== 0)
    return refuse('invalid-payload', `${path} holds a secret and can be read by others; chmod 600 it.`);
  try {
    const { name: own, seed } = JSON.parse(Buffer.from(known).toString()) as Readonly<Record<string, unknown>>;
    const bytes = Buffer.from(String(seed), 'base64');
    if (typeof own === 'string' && bytes.length === SEED_BYTES) return ok({ name: own, seed: bytes });
  } catch {
    // Not JSON: told below.
  }
  return refuse('invalid-payload', `${path} is damaged; restore it, or begin with an empty directory and a new key.`);
}

/** A pinned key without a head is what a crash between the two leaves: nothing was signed yet. */
function keptIn(directory: string, witness: Witness): Result<WitnessedHead | undefined> {
  const note = nodeDisk.readSync(join(directory, CHECKPOINT), 0, 65_536);
  if (note === undefined) return ok(undefined);
  try {
    const head = witnessedHead(witness, readFileSync(join(directory, LOG_KEY), 'utf8'), note);
    return head.ok ? head : refuse('invalid-payload', `${join(directory, CHECKPOINT)}: ${head.refusal.detail}`);
  } catch (error) {
    return refuse('invalid-payload', `${join(directory, LOG_KEY)}: ${errorText(error)}.`);
  }
}

/** Makes a head durable as what is cosigned next. */
export async function keep(witness: LocalWitness, head: WitnessedHead): Promise<Result<void>> {
  if (witness.kept === undefined) {
    const pinned = await put(witness, LOG_KEY, Buffer.from(`${head.key}\n`));
    if (!pinned.ok) return pinned;
  }
  const written = await put(witness, CHECKPOINT, head.note);
  if (written.ok) witness.kept = head;
  return written;
}

/** Keeps the note with the cosignature, for whoever wants to show it. */
export function keepCosigned(witness: LocalWitness, note: string): Promise<Result<void>> {
  return put(witness, COSIGNED, Buffer.from(note));
}

/** Keeps notes that contradict each other; the paths they lie at. */
export async function keepEvidence(
  witness: LocalWitness,
  notes: readonly Uint8Array[],
): Promise<Result<readonly string[]>> {
  const names = notes.map((note) => `evidence-${Buffer.from(sha256(note)).toString('hex', 0, 8)}`);
  for (const [index, name] of names.entries()) {
    const written = await put(witness, name, notes[index] as Uint8Array);
    if (!written.ok) return written;
  }
  return ok(names.map((name) => join(witness.directory, name)));
}

function put({ directory }: LocalWitness, name: string, bytes: Uint8Array): Promise<Result<void>> {
  return replaceFile(nodeDisk, directory, { name, bytes });
}
