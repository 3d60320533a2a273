// That a record is in the journal that the hive signed, step by step, so that a person can follow it: leaf hash, path of hashes,
// root, checkpoint, signature. What is hashed is the record as it is shown, not as the log has it.

import { toHex } from '@cohesix/bytes';
import {
  type InclusionRange,
  inclusionNodes,
  type NoteChallenge,
  type NoteKey,
  noteChallenges,
  parseNoteKey,
  proveInclusion,
  settleNote,
  verifyInclusion,
} from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { findIn } from './find.ts';
import { type Reader, readHashes, readHead, readKey, type SignedHead } from './log-files.ts';
import type { JournalRecord } from './record.ts';
import { makeTreeHasher, sha256 } from './sha256.ts';

/** One step of a proof. */
export interface ProofStep {
  readonly title: string;
  readonly text: string;
  /** Hashes and keys, one a line. */
  readonly values: readonly string[];
  /** False: here it fails. Undefined: nothing was to be decided. */
  readonly holds?: boolean;
}

/** A proof as far as it goes. */
export interface Proof {
  readonly holds: boolean;
  readonly steps: readonly ProofStep[];
}

/** Whether a signature of 64 bytes is that of `message` under a public key; undefined when this browser cannot tell. */
export type VerifyLater = (challenge: NoteChallenge) => Promise<boolean | undefined>;

/** Proves a record. Refuses as reading the log does, and with `not-found` before its line is signed. */
export async function proveRecord(client: Reader, shown: JournalRecord, verify: VerifyLater): Promise<Result<Proof>> {
  const head = await readHead(client);
  if (!head.ok) return head;
  const { size } = head.value.checkpoint;
  const found = await findIn(client, shown.seq, size);
  if (!found.ok) return found;
  const range = { index: found.value.index, size };
  const inclusion = await inclusionSteps(client, head.value, range, shown);
  if (!inclusion.ok) return inclusion;
  const signature = await signatureSteps(client, head.value, verify);
  if (!signature.ok) return signature;
  const steps = [...inclusion.value, ...signature.value];
  return ok({ holds: steps.every(({ holds }) => holds !== false), steps });
}

async function inclusionSteps(
  client: Reader,
  { checkpoint }: SignedHead,
  range: InclusionRange,
  shown: JournalRecord,
): Promise<Result<readonly ProofStep[]>> {
  const nodes = inclusionNodes(range);
  if (!nodes.ok) return refuse('audit-unavailable', `${nodes.problem}.`);
  const read = await readHashes(client, range.size, nodes.value.flat());
  if (!read.ok) return read;
  const body = new TextEncoder().encode(shown.text);
  const hasher = makeTreeHasher();
  const leafHash = hasher.leaf(body);
  const path = proveInclusion(hasher, read.value.hashes, range);
  if (!path.ok) return refuse('audit-unavailable', `${path.problem}.`);
  const climbed = climb(leafHash, path.value, range);
  const verdict = verifyInclusion(hasher, { index: range.index, leafHash, head: checkpoint }, path.value);
  const last = climbed.at(-1)?.node ?? leafHash;
  return ok([
    {
      title: 'Leaf hash',
      text: `SHA-256 of a zero byte and the ${body.length} bytes of the record as it is shown here. It is leaf ${range.index} of ${range.size}.`,
      values: [toHex(leafHash)],
    },
    {
      title: `Path, ${climbed.length} ${climbed.length === 1 ? 'hash' : 'hashes'}`,
      text: `Read from ${read.value.files.length === 0 ? 'nowhere: the tree has one leaf' : read.value.files.join(', ')}.`,
      values: climbed.map(({ side, hash }) => `${side.padEnd(5)} ${toHex(hash)}`),
    },
    {
      title: 'Root',
      text: verdict.ok
        ? 'The path leads to the root that the hive signed.'
        : `Not this root: ${verdict.problem}. The record shown here, or a tile of the log, is not what was signed.`,
      values: [`computed ${toHex(last)}`, `signed   ${toHex(checkpoint.root)}`],
      holds: verdict.ok,
    },
  ]);
}

interface Step {
  readonly side: 'left' | 'right';
  readonly hash: Uint8Array;
  /** The node above both. */
  readonly node: Uint8Array;
}

/** The nodes from a leaf to the root (RFC 9162, 2.1.3.2), to show them; `verifyInclusion` is what decides. */
function climb(leafHash: Uint8Array, path: readonly Uint8Array[], { index, size }: InclusionRange): readonly Step[] {
  const hasher = makeTreeHasher();
  let [at, last, node] = [index, size - 1, leafHash];
  return path.map((hash) => {
    // At the right edge a node without a sibling is the one above it too.
    while (at % 2 === 0 && at === last && last > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    const side = at % 2 === 1 ? 'left' : 'right';
    node = side === 'left' ? hasher.node(hash, node) : hasher.node(node, hash);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    return { side, hash, node };
  });
}

/** The steps of a checkpoint: what it says, and whether its signature is that of the key beside it. */
export async function signatureSteps(
  client: Reader,
  { note, checkpoint }: SignedHead,
  verify: VerifyLater,
): Promise<Result<readonly ProofStep[]>> {
  const text = await readKey(client);
  if (!text.ok) return text;
  const key = parseNoteKey(sha256, text.value);
  const head: ProofStep = {
    title: 'Checkpoint',
    text: `The log ${checkpoint.origin} says: ${checkpoint.size} records, this root.`,
    values: note.text.trimEnd().split('\n'),
    ...(key.ok && key.value.name !== checkpoint.origin ? { holds: false } : {}),
  };
  const signed = key.ok ? await signatureStep(note, key.value, verify) : failed(`The key is none: ${key.problem}.`);
  return ok([head, { ...signed, values: [text.value] }]);
}

async function signatureStep(note: SignedHead['note'], key: NoteKey, verify: VerifyLater): Promise<ProofStep> {
  const challenges = noteChallenges(note, [key]);
  if (!challenges.ok) return failed(`${challenges.problem}.`);
  const verdicts = await Promise.all(challenges.value.map(verify));
  if (verdicts.includes(undefined))
    return failed('This browser cannot check Ed25519 here: open the page at localhost or behind TLS.');
  const settled = settleNote(
    challenges.value,
    verdicts.map((verdict) => verdict === true),
  );
  if (!settled.ok) return failed(`${settled.problem}.`);
  const whose = 'The key is the one that the hive shows: it proves that nothing changed, not whose log it is.';
  return { title: 'Signature', text: `Ed25519 by ${key.name} holds. ${whose}`, values: [], holds: true };
}

function failed(text: string): ProofStep {
  return { title: 'Signature', text, values: [], holds: false };
}
