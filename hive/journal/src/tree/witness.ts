// What a witness does with a log: it looks at what the log has signed, makes sure that this is what the log had when the
// witness last looked, with more at the end, and only then says so with its own key. It keeps one tree head of the log:
// that is all it takes to notice that history was cut off or rewritten. Source: C2SP tlog-witness and tlog-cosignature.
//
// `examine` and `cosigned` are two steps, because the new head must be durable before anything is signed.

import { assert } from '@cohesix/check';
import {
  type ConsistencyRange,
  consistencyNodes,
  cosignNote,
  type Ed25519Verify,
  equalHashes,
  formatSignatureLine,
  NOTE_SIGNATURES_MAX,
  type NoteKey,
  type NoteSigner,
  noteKey,
  openCheckpoint,
  parseNote,
  proveConsistency,
  type SignedNote,
  TILE_WIDTH,
  type TreeHead,
  verifyConsistency,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { keyOf } from './log-heads.ts';
import { fetchHashes, type LogSource, readEntries } from './log-source.ts';
import { makeTreeHasher, sha256 } from './sha256.ts';
import { keyTextOf, readNotes } from './verify-log.ts';

/** What a witness keeps of a log: the checkpoint it cosigned last, signed by the log. */
export interface WitnessedHead extends TreeHead {
  /** Verifier key text of the log, as it was at first. */
  readonly key: string;
  /** The signed note: with it the witness can show that the log did sign this. */
  readonly note: Uint8Array;
  /** Text of the note: what is cosigned. */
  readonly text: string;
  /** Cosignatures by the witness itself hold and are among its signatures. */
  readonly isOwn: boolean;
}

/** What a witness found. */
export type Examined =
  /** A tree to cosign, which must be kept before; `from` is the size cosigned last. */
  | { readonly kind: 'grown'; readonly head: WitnessedHead; readonly from: number }
  /** The tree is the one cosigned last, or differs only by lines of witnesses. `isShown`: the log shows the cosignature. */
  | { readonly kind: 'same'; readonly head: WitnessedHead; readonly isShown: boolean }
  /** The log contradicts what it signed before, or what it shows is not what it signs. */
  | { readonly kind: 'refused'; readonly reason: string; readonly evidence: readonly Uint8Array[] };

/** A witness: its key, and how signatures are verified. */
export interface Witness {
  readonly key: NoteKey;
  readonly verify: Ed25519Verify;
}

/** Which log, and what is known of it. */
export interface Examination {
  readonly source: LogSource;
  /** What the witness kept; undefined the first time: then the log is believed. */
  readonly kept: WitnessedHead | undefined;
  /** Key to insist on the first time; default that of the log itself. */
  readonly key?: string;
}

/** Control file of a hive to which witnesses append. */
export const COSIGN_PATH = '/audit/cosign';
/** Growth of which each record is looked at, to see whether there is anything but lines of witnesses. */
const LOOKED_AT_MAX = 64;

/** The key of a witness; `invalid-payload` for a name that is none. */
export function witnessKey(name: string, publicKey: Uint8Array): Result<NoteKey> {
  const key = noteKey(sha256, { kind: 'cosignature', name, publicKey });
  return key.ok ? ok(key.value) : refuse('invalid-payload', `The name of the witness: ${key.problem}.`);
}

/** A checkpoint under the key of its log; `invalid-payload` when it is none or that key did not sign it. */
export function witnessedHead(witness: Witness, keyText: string, note: Uint8Array): Result<WitnessedHead> {
  const key = keyOf(keyText, 'ed25519', 'the log');
  if (!key.ok) return key;
  const trust = { origin: key.value.name, logKeys: [key.value], cosigners: [witness.key] };
  const opened = openCheckpoint(note, trust, witness.verify);
  if (!opened.ok) return refuse('invalid-payload', `The checkpoint does not verify: ${opened.problem}.`);
  const { checkpoint, cosigned } = opened.value;
  const { text } = opened.value.note;
  const { size, root } = checkpoint;
  return ok({ size, root, key: keyText.trim(), note, text, isOwn: cosigned.length > 0 });
}

/** Looks at a log. Refuses as its source does, and with `invalid-payload` for a key that is none or not the one kept. */
export async function examine(witness: Witness, { source, kept, key }: Examination): Promise<Result<Examined>> {
  if (kept !== undefined && key !== undefined && key.trim() !== kept.key)
    return refuse('invalid-payload', `This witness watches the log with the key ${kept.key}, not another one.`);
  const keyText = kept === undefined ? await keyTextOf(source, key === undefined ? {} : { key }) : ok(kept.key);
  if (!keyText.ok) return keyText;
  const isKey = keyOf(keyText.value, 'ed25519', 'the log');
  if (!isKey.ok) return isKey;
  const notes = await readNotes(source);
  if (!notes.ok) return notes;
  const heads: WitnessedHead[] = [];
  for (const note of [notes.value.cosigned, notes.value.checkpoint]) {
    if (note === undefined) continue;
    const head = witnessedHead(witness, keyText.value, note);
    if (!head.ok) return ok(refusedBy(head.refusal.detail, kept, note));
    heads.push(head.value);
  }
  return judge({ source, kept, heads });
}

interface Judged {
  readonly source: LogSource;
  readonly kept: WitnessedHead | undefined;
  /** What the log shows: what others cosigned, if anything, and what it signed last. */
  readonly heads: readonly WitnessedHead[];
}

/** All heads must be states of one growing tree; then the one to cosign is chosen. */
async function judge({ source, kept, heads }: Judged): Promise<Result<Examined>> {
  const latest = heads.at(-1) as WitnessedHead;
  const before = Math.max(kept?.size ?? 0, ...heads.map(({ size }) => size));
  if (latest.size < before) {
    const reason = `rolled back: it signed ${before} records before and shows ${latest.size}.`;
    return ok(refusedBy(reason, kept, ...heads.map(({ note }) => note)));
  }
  for (const head of [...(kept === undefined ? [] : [kept]), ...heads.slice(0, -1)]) {
    const verdict = await isStartOf(source, head, latest);
    if (!verdict.ok) return verdict;
    if (verdict.value !== undefined) return ok(refusedBy(verdict.value, kept, head.note, latest.note));
  }
  return choose({ source, kept, heads });
}

/** Joining what others cosigned gives one checkpoint with all names on it: their lines move the latest one on. */
async function choose({ source, kept, heads }: Judged): Promise<Result<Examined>> {
  const from = kept?.size ?? 0;
  const latest = heads.at(-1) as WitnessedHead;
  const head = heads.find(({ size }) => size > from) ?? latest;
  const isShown = heads.some(({ size, isOwn }) => size === from && isOwn);
  if (head.size === from) return ok({ kind: 'same', head: kept ?? head, isShown });
  if (kept === undefined || head !== latest) return ok({ kind: 'grown', head, from });
  const isQuiet = await hasOnlyCosignatures(source, { from, to: head.size });
  return ok(isQuiet ? { kind: 'same', head: kept, isShown } : { kind: 'grown', head, from });
}

/** Undefined when the tree `first` is the start of `second`; else why not. */
async function isStartOf(source: LogSource, first: TreeHead, second: TreeHead): Promise<Result<string | undefined>> {
  if (first.size === second.size)
    return ok(
      equalHashes(first.root, second.root) ? undefined : `forked: it signed two trees of ${first.size} records.`,
    );
  const range: ConsistencyRange = { first: first.size, second: second.size };
  const nodes = consistencyNodes(range);
  assert(nodes.ok, 'heads are in order of size');
  const hashes = await fetchHashes(source, second.size, nodes.value.flat());
  if (!hashes.ok) return hashes;
  const hasher = makeTreeHasher();
  const proof = proveConsistency(hasher, hashes.value, range);
  if (!proof.ok) return ok(`its tiles prove nothing: ${proof.problem}.`);
  const verdict = verifyConsistency(hasher, { first, second }, proof.value);
  return ok(
    verdict.ok ? undefined : `rewritten: its ${second.size} records do not begin with the ${first.size} signed before.`,
  );
}

/** Whether nothing but lines of witnesses came since: they would go on cosigning each other's lines for ever. */
async function hasOnlyCosignatures(
  source: LogSource,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<boolean> {
  if (to - from > LOOKED_AT_MAX) return false;
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
    const start = index * TILE_WIDTH;
    const entries = await readEntries(source, { kind: 'entries', index, width: Math.min(TILE_WIDTH, to - start) });
    if (!entries.ok || !entries.value.ok) return false;
    if (!entries.value.value.slice(Math.max(0, from - start)).every(isCosignature)) return false;
  }
  return true;
}

function isCosignature(body: Uint8Array): boolean {
  try {
    return (JSON.parse(Buffer.from(body).toString()) as { path?: unknown } | null)?.path === COSIGN_PATH;
  } catch {
    return false; // No record of a hive.
  }
}

/** The note of a head with one more cosignature, as of `timestamp` (seconds since 1970). */
export function cosigned({ note }: WitnessedHead, signer: NoteSigner, timestamp: bigint): SignedNote {
  const parsed = parseNote(note);
  assert(parsed.ok, 'a head was parsed');
  const signatures = parsed.value.signatures.slice(0, NOTE_SIGNATURES_MAX - 1);
  const signed = cosignNote({ ...parsed.value, signatures }, signer, timestamp);
  assert(signed.ok, 'a note with room takes a signature');
  return signed.value;
}

/** The line of a cosigned head for the control file of its hive. */
export function cosignLine({ size, root }: TreeHead, { signatures }: SignedNote): string {
  const own = signatures.at(-1);
  assert(own !== undefined, 'a cosigned note has a signature');
  return JSON.stringify({ size, root: Buffer.from(root).toString('base64'), cosignature: formatSignatureLine(own) });
}

function refusedBy(reason: string, kept: WitnessedHead | undefined, ...notes: readonly Uint8Array[]): Examined {
  return { kind: 'refused', reason, evidence: [...(kept === undefined ? [] : [kept.note]), ...notes] };
}
