// Checks of one file against what is trusted already. Source: The Update Framework specification 1.0, sections 4.2 and 5.

import { toHex } from '@cohesix/bytes';
import type { VerifyCrypto } from '../crypto-port.ts';
import type { Envelope, FileMeta, RootMetadata, Stamp, TufRole } from './metadata.ts';
import { type TufProblem, tufProblem } from './problem.ts';

/** What says more than a threshold of different keys of `role` in `root` have signed; undefined when they have. */
export function thresholdProblem(
  crypto: VerifyCrypto,
  { root, role }: { readonly root: RootMetadata; readonly role: TufRole },
  envelope: Envelope,
): TufProblem | undefined {
  const { keyids, threshold } = root.roles[role];
  const signers = new Set<string>();
  for (const keyid of keyids) {
    const key = root.keys.get(keyid);
    const signature = envelope.signatures.get(keyid);
    if (key === undefined || signature === undefined) continue;
    // By the key and not by its id: one key counts once, whatever it is called.
    if (crypto.ed25519Verify(key, envelope.signedBytes, signature)) signers.add(toHex(key));
  }
  if (signers.size >= threshold) return undefined;
  const wanted = `${role}.json has signatures of ${signers.size} of the ${threshold} keys`;
  return tufProblem('threshold', `${wanted} that version ${root.version} of root asks for.`);
}

/** A file that is not trusted any more at `nowMs`. */
export function freezeProblem(role: TufRole, { version, expiresMs }: Stamp, nowMs: number): TufProblem | undefined {
  if (expiresMs > nowMs) return undefined;
  const when = new Date(expiresMs).toISOString();
  return tufProblem(
    'freeze',
    `Version ${version} of ${role}.json expired at ${when}; is somebody holding back newer ones?`,
  );
}

/** A file that is not the one that another one speaks of, by its length or hash. */
export function fileProblem(
  crypto: Pick<VerifyCrypto, 'sha256'>,
  { name, meta }: { readonly name: string; readonly meta: FileMeta },
  bytes: Uint8Array,
): TufProblem | undefined {
  if (meta.length !== undefined && bytes.length !== meta.length)
    return tufProblem('mix-and-match', `${name} has ${bytes.length} bytes, not ${meta.length}.`);
  if (meta.sha256 === undefined) return undefined;
  const actual = toHex(crypto.sha256(bytes));
  if (actual === meta.sha256) return undefined;
  return tufProblem('mix-and-match', `${name} hashes to ${actual}, not ${meta.sha256}.`);
}

/** A file whose version is not the one that another one speaks of. */
export function versionProblem(name: string, found: Stamp, meta: FileMeta): TufProblem | undefined {
  if (found.version === meta.version) return undefined;
  return tufProblem('mix-and-match', `${name} is of version ${found.version}, not ${meta.version}.`);
}
