// Checking the proof of a record (C2SP tlog-proof) without any log: what it takes is the proof, with the record in its
// extra data, and the key of the log from a place one trusts.

import { type Ed25519Verify, parseTlogProof, verifyInclusion } from '@cohesix/tlog';
import { ok, type Result } from '@cohesix/wire';
import { keyIdText, keyOf, type LogFinding, readHeads, type SeenWitness } from './log-heads.ts';
import { makeTreeHasher } from './sha256.ts';

/** Whom a checker believes. */
export interface ProofTrust {
  /** Verifier key text of the log. */
  readonly key: string;
  /** Verifier key texts of witnesses that must have cosigned. */
  readonly witnesses?: readonly string[];
  readonly verify: Ed25519Verify;
}

/** What a proof says; believe it only when `ok`. */
export interface ProofReport {
  readonly ok: boolean;
  readonly origin: string;
  /** Number of the record, from 1; undefined when the proof does not parse. */
  readonly record: number | undefined;
  /** The record; undefined when the proof has none. */
  readonly body: Uint8Array | undefined;
  /** Records in the tree it is in. */
  readonly size: number;
  /** Its root, base64. */
  readonly root: string;
  /** Key ID of the log. */
  readonly key: string;
  readonly witnesses: readonly SeenWitness[];
  readonly findings: readonly LogFinding[];
}

const WHERE = 'proof';

/** Checks a proof. `invalid-payload` only for keys that are none: what is wrong with the proof is a finding. */
export function checkProof(bytes: Uint8Array, trust: ProofTrust): Result<ProofReport> {
  const key = keyOf(trust.key, 'ed25519', 'the log');
  if (!key.ok) return key;
  const proof = parseTlogProof(bytes);
  const checkpoint = proof.ok ? proof.value.checkpoint : new Uint8Array(0);
  const heads = readHeads({ checkpoint, cosigned: undefined }, key.value, trust);
  if (!heads.ok) return heads;
  const head = heads.value.checkpoint;
  const findings = proof.ok
    ? heads.value.findings.map(({ what }) => ({ what, where: WHERE }))
    : [{ what: `it does not parse: ${proof.problem}`, where: WHERE }];
  if (proof.ok && head !== undefined) {
    const { index, extra: body, hashes } = proof.value;
    const hasher = makeTreeHasher();
    const isIn = body !== undefined && verifyInclusion(hasher, { index, leafHash: hasher.leaf(body), head }, hashes).ok;
    if (body === undefined) findings.push({ what: 'it has no record', where: WHERE });
    else if (!isIn) findings.push({ what: 'the record is not in the signed tree', where: `record ${index + 1}` });
  }
  return ok({
    ok: findings.length === 0,
    origin: key.value.name,
    record: proof.ok ? proof.value.index + 1 : undefined,
    body: proof.ok ? proof.value.extra : undefined,
    size: head?.size ?? 0,
    root: Buffer.from(head?.root ?? []).toString('base64'),
    key: keyIdText(key.value),
    witnesses: heads.value.witnesses,
    findings,
  });
}
