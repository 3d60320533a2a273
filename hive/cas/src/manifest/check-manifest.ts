// What a manifest must fulfil before a store takes it, in the order of the source system (contracts-1, section 5.8): schema
// (by the decoder), epoch, chunk size, payload size, number of chunks, delta, signature. The payload's hash comes last and is
// checked by the store, which has the bytes.

import { toHex } from '@cohesix/bytes';
import type { Refusal, RefusalCode } from '@cohesix/wire';
import { refusal } from '@cohesix/wire';
import type { VerifyCrypto } from '../crypto-port.ts';
import type { CasLimits } from '../limits.ts';
import { isSignedBy } from './sign-manifest.ts';
import type { UpdateManifest } from './update-manifest.ts';

/** Why a manifest was rejected, as the hive's log says it. */
export type ManifestReason =
  | 'epoch'
  | 'chunk-bytes'
  | 'payload-bytes'
  | 'chunk-count'
  | 'delta-disabled'
  | 'base-missing'
  | 'base-is-delta'
  | 'base-hash'
  | 'missing-signature'
  | 'signing-key-missing'
  | 'signature-failed'
  | 'payload-hash';

/** A rejected manifest: the word for the log, and the refusal for whoever sent it. */
export interface ManifestProblem {
  readonly reason: ManifestReason;
  readonly refusal: Refusal;
}

/** Which updates a store takes. */
export interface ManifestPolicy {
  readonly isDeltaEnabled: boolean;
  readonly isSignatureRequired: boolean;
  /** Ed25519 public keys of 32 bytes; a signature by any of them counts. */
  readonly verificationKeys: readonly Uint8Array[];
}

/** What a manifest is checked against. */
export interface ManifestContext extends ManifestPolicy {
  readonly crypto: VerifyCrypto;
  readonly limits: Pick<CasLimits, 'chunkBytes' | 'chunksMax'>;
  /** The epoch in the path it was written to. */
  readonly epoch: string;
  /** The finished update of an epoch. */
  readonly baseOf: (epoch: string) => UpdateManifest | undefined;
}

/** The first check that fails, or undefined. Everything but the payload's hash. */
export function manifestProblem(manifest: UpdateManifest, context: ManifestContext): ManifestProblem | undefined {
  return shapeProblem(manifest, context) ?? deltaProblem(manifest, context) ?? signatureProblem(manifest, context);
}

/** A problem with its refusal. */
export function problem(reason: ManifestReason, code: RefusalCode, detail: string): ManifestProblem {
  return { reason, refusal: refusal(code, detail) };
}

function shapeProblem(manifest: UpdateManifest, { epoch, limits }: ManifestContext): ManifestProblem | undefined {
  const { chunks, chunkBytes, payloadBytes } = manifest;
  if (manifest.epoch !== epoch)
    return problem('epoch', 'invalid-payload', `The manifest is of epoch ${manifest.epoch}, not ${epoch}.`);
  if (chunkBytes !== limits.chunkBytes)
    return problem('chunk-bytes', 'invalid-payload', `Chunks have ${limits.chunkBytes} bytes here, not ${chunkBytes}.`);
  if (Math.ceil(payloadBytes / chunkBytes) !== chunks.length)
    return problem(
      'payload-bytes',
      'invalid-payload',
      `A payload of ${payloadBytes} bytes has ${Math.ceil(payloadBytes / chunkBytes)} chunks, not ${chunks.length}.`,
    );
  if (chunks.length > limits.chunksMax)
    return problem('chunk-count', 'too-big', `The manifest has ${chunks.length} chunks, over ${limits.chunksMax}.`);
  return undefined;
}

function deltaProblem({ delta }: UpdateManifest, context: ManifestContext): ManifestProblem | undefined {
  if (delta === undefined) return undefined;
  if (!context.isDeltaEnabled) return problem('delta-disabled', 'unsupported', 'This hive takes no deltas.');
  const { baseEpoch, baseSha256 } = delta;
  const base = context.baseOf(baseEpoch);
  if (base === undefined)
    return problem('base-missing', 'not-found', `The base, epoch ${baseEpoch}, is not here or not whole.`);
  if (base.delta !== undefined)
    return problem('base-is-delta', 'invalid-payload', `The base, epoch ${baseEpoch}, is a delta itself.`);
  if (toHex(base.payloadSha256) !== toHex(baseSha256))
    return problem('base-hash', 'stale', `The base, epoch ${baseEpoch}, has another payload; pack the delta again.`);
  return undefined;
}

function signatureProblem(manifest: UpdateManifest, context: ManifestContext): ManifestProblem | undefined {
  const { verificationKeys, isSignatureRequired, crypto } = context;
  if (manifest.signature === undefined) {
    if (!isSignatureRequired) return undefined;
    return problem('missing-signature', 'denied', 'The manifest has no signature, and this hive asks for one.');
  }
  if (verificationKeys.length === 0) {
    if (!isSignatureRequired) return undefined;
    return problem('signing-key-missing', 'denied', 'This hive has no key to check signatures of updates with.');
  }
  if (isSignedBy(crypto, verificationKeys, manifest)) return undefined;
  return problem('signature-failed', 'denied', 'The signature of the manifest is by no key that this hive trusts.');
}
