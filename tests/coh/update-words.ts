// Signed manifests for the scripts about updates, made with a key of the pack:
//
//   # update NAME: EPOCH CHUNKS [on NAME] [forged]     CHUNKS: letters, each a chunk of 128 of it
//
// `{{update:NAME-1}}` to `-3` are the thirds of its manifest as `b64:` lines. `on` makes it a delta; the signature of a `forged` one
// has its last bit turned.

import { createHash } from 'node:crypto';
import { encodeManifest, signManifest, type UpdateManifest } from '@cohesix/cas';
import { nodeTicketCrypto } from '@cohesix/ticket/node';

/** Seed of the key that manifests/cas.toml lists. */
const SEED: Uint8Array = Buffer.alloc(32, 9);
const CHUNK_BYTES = 128;
const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };

interface Made {
  readonly manifest: UpdateManifest;
  readonly payload: string;
}

/** The words of the updates that a script wants. @throws Error for one whose base comes after it. */
export function updateWords(text: string): ReadonlyMap<string, string> {
  const made = new Map<string, Made>();
  const words = new Map<string, string>();
  for (const [, name = '', epoch = '', letters = '', base, forged] of text.matchAll(
    /^# update ([a-z]+): (\d+) ([A-Z]+)(?: on ([a-z]+))?( forged)?$/gm,
  )) {
    const on = base === undefined ? undefined : made.get(base);
    if (base !== undefined && on === undefined) throw new Error(`${name}: there is no update ${base} before it`);
    const update = signedUpdate(epoch, letters, on);
    made.set(name, update);
    const bytes = encodeManifest(update.manifest);
    if (forged !== undefined) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const third = Math.ceil(bytes.length / 3);
    for (let part = 0; part < 3; part += 1) {
      const piece = Buffer.from(bytes.subarray(part * third, (part + 1) * third));
      words.set(`update:${name}-${part + 1}`, `b64:${piece.toString('base64')}`);
    }
  }
  return words;
}

function signedUpdate(epoch: string, letters: string, base: Made | undefined): Made {
  const chunks = [...letters].map((letter) => letter.repeat(CHUNK_BYTES));
  const payload = (base?.payload ?? '') + chunks.join('');
  const delta = base && { baseEpoch: base.manifest.epoch, baseSha256: base.manifest.payloadSha256 };
  const manifest = signManifest(crypto, SEED, {
    epoch,
    chunkBytes: CHUNK_BYTES,
    payloadBytes: chunks.length * CHUNK_BYTES,
    payloadSha256: sha256(payload),
    chunks: chunks.map(sha256),
    delta,
    signature: undefined,
  });
  return { manifest, payload };
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
