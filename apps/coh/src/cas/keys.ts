// Keys for updates: who signs, and whose signature counts. The hive's own is `keys/cas.json` of its data directory; others are files
// of the same form, made where they are missing.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fromHex } from '@cohesix/bytes';
import { ed25519PublicKey, randomSigningSeed } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { COMMAND } from '../io.ts';
import { errorText } from '../token.ts';

/** A key that signs. */
export interface SigningKey {
  readonly file: string;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** The key in a file, made there when `isMade` and it is missing. `invalid-payload` when it is damaged or others can read it. */
export async function signingKeyIn(file: string, isMade: boolean): Promise<Result<SigningKey>> {
  const { casSeed, writeSecret } = await import('@cohesix/node');
  if (!existsSync(file)) {
    if (!isMade) return refuse('not-found', `There is no key ${file}.`);
    await writeSecret(file, `${JSON.stringify({ seed: Buffer.from(randomSigningSeed()).toString('base64') })}\n`);
  }
  if ((statSync(file).mode & OTHERS) !== 0)
    return refuse('invalid-payload', `${file} holds a secret and can be read by others; chmod 600 it.`);
  try {
    const seed = casSeed(readFileSync(file));
    if (!seed.ok) return refuse('invalid-payload', `${file} ${seed.refusal.detail}`);
    return ok({ file, seed: seed.value, publicKey: ed25519PublicKey(seed.value) });
  } catch (error) {
    return refuse('not-found', `${file}: ${errorText(error)}.`);
  }
}

/** The key that signs: the one that was named, else the local hive's. */
export function signingKey(context: Context, named: string | undefined): Promise<Result<SigningKey>> {
  if (named !== undefined) return signingKeyIn(resolve(context.io.cwd, named), true);
  const file = hiveKeyFile(context);
  if (!file.ok) return Promise.resolve(file);
  if (existsSync(file.value)) return signingKeyIn(file.value, false);
  return Promise.resolve(
    refuse('not-found', `${file.value} does not exist: start the hive there once, or name a key with --key FILE.`),
  );
}

function hiveKeyFile({ places }: Context): Result<string> {
  return places.ok ? ok(join(places.value.keys, 'cas.json')) : places;
}

/** Public keys whose signature counts: those that were named in hex, else the local hive's and those of its manifest. */
export async function trustedKeys(
  context: Context,
  named: readonly string[] | undefined,
): Promise<Result<readonly Uint8Array[]>> {
  if (named !== undefined && named.length > 0) return keysOf(named);
  const own = await signingKey(context, undefined);
  if (!own.ok)
    return refuse(
      own.refusal.code,
      `Whose signature counts? Name a public key with --trust HEX. ${own.refusal.detail}`,
    );
  const listed = await manifestKeys(context);
  return listed.ok ? ok([own.value.publicKey, ...listed.value]) : listed;
}

async function manifestKeys({ places }: Context): Promise<Result<readonly Uint8Array[]>> {
  if (!places.ok || !existsSync(places.value.manifest)) return ok([]);
  const { parseManifest } = await import('@cohesix/manifest');
  const parsed = parseManifest(readFileSync(places.value.manifest));
  if (!parsed.ok)
    return refuse('invalid-payload', `${places.value.manifest} has problems; run: ${COMMAND} manifest check`);
  return keysOf(parsed.manifest.cas.signing.keys);
}

function keysOf(texts: readonly string[]): Result<readonly Uint8Array[]> {
  const keys: Uint8Array[] = [];
  for (const text of texts) {
    const key = fromHex(text);
    if (key?.length !== 32) return refuse('invalid-payload', `${text} is no public key: it has 64 hex digits.`);
    keys.push(key);
  }
  return ok(keys);
}
