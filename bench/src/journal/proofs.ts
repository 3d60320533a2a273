// Proofs that a record is in a large log: how big, how long to make, how long to check. The log is the hive's own
// `TransparencyLog`, fed with small records of which only their number differs; its tiles lie in files, as in a hive,
// and were written a moment ago, so they are read from the page cache.
//
// A proof is what somebody outside gets (C2SP tlog-proof): the audit path and the signed checkpoint, without the record.

import { generateKeyPairSync, sign } from 'node:crypto';
import { nodeDisk, sha256, TransparencyLog } from '@cohesix/journal';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import {
  formatTlogProof,
  type NoteSigner,
  noteKey,
  openCheckpoint,
  parseTlogProof,
  TreeHasher,
  verifyInclusion,
} from '@cohesix/tlog';
import { Histogram } from '../histogram.ts';

/** How large, how often, and where. */
export interface ProofOptions {
  /** An empty folder: the tiles take 32 bytes a record. */
  readonly directory: string;
  readonly records: number;
  /** Proofs made and checked, each of another record drawn by chance. */
  readonly proofs: number;
  readonly signal: AbortSignal;
  /** Called every now and then while the log grows. */
  readonly onProgress: (line: string) => void;
}

/** What proofs of one log take. */
export interface ProofRow {
  /** Records in the log. */
  readonly records: number;
  readonly proofs: number;
  /** Of the longest proof. */
  readonly bytesMax: number;
  readonly makeP50Us: number;
  readonly makeP99Us: number;
  /** Checking is parsing the proof, one Ed25519 verification and the hashes up to the root. */
  readonly checkP50Us: number;
  readonly checkP99Us: number;
  readonly buildSeconds: number;
}

const NAME = 'bench.example/log';
/** Records between two checkpoints: 8 MiB of tiles wait to be written. */
const RECORDS_A_SIGNING = 262_144;
const RECORD_SIZE = 16;

/** Grows the log, then makes and checks the proofs. @throws Error when the log refuses or a proof does not hold. */
export async function measureProofs(options: ProofOptions): Promise<ProofRow> {
  const { records, proofs, signal } = options;
  const signer = makeSigner();
  const begin = performance.now();
  const log = await grow(signer, options);
  const buildSeconds = (performance.now() - begin) / 1000;
  const [make, check] = [new Histogram(), new Histogram()];
  const isProved = checker(signer);
  let bytesMax = 0;
  for (let count = 0; count < proofs; count++) {
    if (signal.aborted) throw new Error('the run was ended');
    const seq = 1 + Math.floor(Math.random() * records);
    const proof = timed(make, () => proofOf(log, seq));
    if (!timed(check, () => isProved(proof, seq))) throw new Error(`the proof of record ${seq} does not hold`);
    bytesMax = Math.max(bytesMax, proof.length);
  }
  const [makeP50Us, makeP99Us] = [make.quantile(0.5), make.quantile(0.99)];
  const [checkP50Us, checkP99Us] = [check.quantile(0.5), check.quantile(0.99)];
  return { records, proofs, bytesMax, makeP50Us, makeP99Us, checkP50Us, checkP99Us, buildSeconds };
}

async function grow(signer: NoteSigner, options: ProofOptions): Promise<TransparencyLog> {
  const { directory, records, signal, onProgress } = options;
  const verify = nodeTicketCrypto.ed25519Verify;
  const opened = await TransparencyLog.open({ disk: nodeDisk, directory, origin: NAME, signer, verify });
  if (!opened.ok) throw new Error(opened.refusal.detail);
  const log = opened.value;
  while (log.size < records) {
    if (signal.aborted) throw new Error('the run was ended');
    const end = Math.min(records, log.size + RECORDS_A_SIGNING);
    while (log.size < end) log.add(recordOf(log.size + 1));
    const signed = await log.sign();
    if (!signed.ok) throw new Error(signed.refusal.detail);
    onProgress(`proofs: ${log.size} of ${records} records`);
  }
  return log;
}

/** The record with a number: ASCII digits. */
function recordOf(seq: number): Uint8Array {
  return Buffer.from(String(seq).padStart(RECORD_SIZE, '0'), 'latin1');
}

function proofOf(log: TransparencyLog, seq: number): Uint8Array {
  const { latest } = log;
  if (latest === undefined) throw new Error('the log is not signed');
  const hashes = log.inclusion(seq, latest.size);
  if (!hashes.ok) throw new Error(hashes.refusal.detail);
  const checkpoint = Buffer.from(latest.note);
  return formatTlogProof({ index: seq - 1, extra: undefined, hashes: hashes.value, checkpoint });
}

/** Checks a proof as somebody outside does: all that is known beforehand is the key of the log. */
function checker({ key }: NoteSigner): (bytes: Uint8Array, seq: number) => boolean {
  const hasher = new TreeHasher(sha256);
  const trust = { origin: NAME, logKeys: [key], cosigners: [] };
  return (bytes, seq) => {
    const proof = parseTlogProof(bytes);
    if (!proof.ok) return false;
    const opened = openCheckpoint(proof.value.checkpoint, trust, nodeTicketCrypto.ed25519Verify);
    if (!opened.ok || proof.value.index !== seq - 1) return false;
    const claim = { index: seq - 1, leafHash: hasher.leaf(recordOf(seq)), head: opened.value.checkpoint };
    return verifyInclusion(hasher, claim, proof.value.hashes).ok;
  };
}

function makeSigner(): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const key = noteKey(sha256, { kind: 'ed25519', name: NAME, publicKey: raw });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => sign(null, message, privateKey) };
}

function timed<T>(histogram: Histogram, act: () => T): T {
  const begin = performance.now();
  const value = act();
  histogram.add((performance.now() - begin) * 1000);
  return value;
}
