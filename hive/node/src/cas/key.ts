// The hive's own key for updates, made at the first start: `keys/cas.json`, mode 0600, `{"seed": base64}` as every key here. The hive
// needs only its public half; `coh cas pack` on this machine signs with the other.

import { dirname, join } from 'node:path';
import { type Disk, readWhole, replaceWhole } from '@cohesix/journal';
import { ed25519PublicKey } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';

const SEED_BYTES = 32;
const FILE_BYTES_MAX = 4096;

/** Where the key of a data directory lies. */
export function casKeyFile(directory: string): string {
  return join(directory, 'keys', 'cas.json');
}

/** The public key, 32 bytes; the key is made from `randomBytes` when it is missing. `invalid-payload` when the file is damaged. */
export async function openCasKey(
  disk: Disk,
  path: string,
  randomBytes: (count: number) => Uint8Array,
): Promise<Result<Uint8Array>> {
  const found = await readWhole(disk, path, FILE_BYTES_MAX);
  if (found !== undefined) {
    const seed = casSeed(found);
    return seed.ok ? ok(ed25519PublicKey(seed.value)) : refuse('invalid-payload', `${path} ${seed.refusal.detail}`);
  }
  const seed = randomBytes(SEED_BYTES);
  await disk.mkdir(dirname(path));
  const text = `${JSON.stringify({ seed: Buffer.from(seed).toString('base64') })}\n`;
  await replaceWhole(disk, path, [Buffer.from(text)]);
  return ok(ed25519PublicKey(seed));
}

/** The private seed in a key file. `invalid-payload` when it holds none. */
export function casSeed(file: Uint8Array): Result<Uint8Array> {
  const damaged = refuse('invalid-payload', 'holds no key; restore it, or remove it to make a new one.');
  try {
    const { seed } = JSON.parse(Buffer.from(file).toString('utf8')) as { readonly seed?: unknown };
    const bytes = Buffer.from(typeof seed === 'string' ? seed : '', 'base64');
    return bytes.length === SEED_BYTES ? ok(bytes) : damaged;
  } catch {
    return damaged;
  }
}
