// The data directory of a hive, made and filled at first start, and the secrets in it. Everything
// secret is generated at first start, lies in files of mode 0600 in directories of mode 0700, and is never printed.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sha256 } from '@cohesix/journal';
import type { Tickets } from '@cohesix/manifest';
import {
  acceptV1,
  type KeyRing,
  makeKeyRing,
  parseRole,
  rotateKey,
  type TicketKey,
  type V1Secrets,
} from '@cohesix/ticket';
import { ed25519PublicKey, nodeTicketCrypto, randomSigningSeed } from '@cohesix/ticket/node';
import { type NoteSigner, noteKey } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataPaths } from './data-paths.ts';

/** Makes the directories that are missing, readable by their owner only. */
export async function makeDataDirectories(paths: DataPaths): Promise<void> {
  for (const directory of [paths.root, paths.keys, paths.run]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
  }
}

/** Writes a file of mode 0600 so that it is there whole or not at all. */
export async function writeSecret(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  // One that a crash left may have any mode, and writing would keep it.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Reads a one-line secret, making it with `make` when it is not there yet, or empty (a crash before the first sync). */
export async function secretFile(path: string, make: () => string): Promise<string> {
  const found = existsSync(path) ? (await readFile(path, 'utf8')).trim() : '';
  if (found !== '') return found;
  const made = make();
  await writeSecret(path, `${made}\n`);
  return made;
}

const KEY_BYTES = 32;

interface KeyFile {
  readonly active: string;
  readonly keys: readonly { readonly id: string; readonly secret: string }[];
}

/**
 * The hive's ticket keys from `keys/tickets.json`, made at first start, and, when the manifest accepts tickets of the
 * source system, their secrets. `invalid-payload` when a file is damaged, missing or readable by others.
 */
export async function loadKeyRing(paths: DataPaths, tickets?: Tickets): Promise<Result<KeyRing>> {
  const own = await loadOwnKeys(join(paths.keys, 'tickets.json'));
  if (!own.ok || tickets === undefined || !tickets.accept_v1) return own;
  const secrets = await loadV1Secrets(resolve(paths.root, tickets.v1_secrets_file));
  return secrets.ok ? ok(acceptV1(own.value, secrets.value)) : secrets;
}

async function loadOwnKeys(path: string): Promise<Result<KeyRing>> {
  if (!existsSync(path)) {
    const first = { id: 'k1', secret: randomBytes(KEY_BYTES).toString('base64') };
    await writeSecret(path, `${JSON.stringify({ active: first.id, keys: [first] } satisfies KeyFile)}\n`);
  }
  try {
    if (((await stat(path)).mode & OTHERS) !== 0) return readableByOthers(path);
    const file = JSON.parse(await readFile(path, 'utf8')) as KeyFile;
    const keys = file.keys.map(({ id, secret }): TicketKey => ({ id, secret: Buffer.from(secret, 'base64') }));
    const active = keys.find(({ id }) => id === file.active);
    if (active === undefined) return refuse('invalid-payload', `${path}: no key has the active id.`);
    let ring = makeKeyRing(active);
    for (const key of keys) if (key !== active) ring = { ...rotateKey(ring, key), activeId: active.id };
    return ok(ring);
  } catch {
    return refuse(
      'invalid-payload',
      `${path} is damaged; restore it, or remove it to make new keys (all tickets end).`,
    );
  }
}

/** Key of the transparency log, made at the first start: `keys/log.json`, mode 0600. */
export function loadLogSigner(paths: DataPaths, name: string): Promise<Result<NoteSigner>> {
  return loadNoteSigner(join(paths.keys, 'log.json'), name, 'checkpoints');
}

/**
 * The hive's own key for policy documents, made at the first start: `keys/policy.json`, mode 0600. `audience`: of the hive; the
 * key is called `<audience>/policy`.
 */
export function loadPolicySigner(paths: Pick<DataPaths, 'keys'>, audience: string): Promise<Result<NoteSigner>> {
  return loadNoteSigner(join(paths.keys, 'policy.json'), `${audience}/policy`, 'policy documents');
}

/**
 * A key that signs notes, from a file of mode 0600, made when it is missing. `what` it signs, for people. `invalid-payload` when
 * the file is damaged or readable by others, or the name is none.
 */
export async function loadNoteSigner(path: string, name: string, what: string): Promise<Result<NoteSigner>> {
  if (!existsSync(path)) {
    const seed = Buffer.from(randomSigningSeed()).toString('base64');
    await writeSecret(path, `${JSON.stringify({ seed })}\n`);
  }
  try {
    if (((await stat(path)).mode & OTHERS) !== 0) return readableByOthers(path);
    const { seed } = JSON.parse(await readFile(path, 'utf8')) as { seed: string };
    const secret = Buffer.from(seed, 'base64');
    const key = noteKey(sha256, { kind: 'ed25519', name, publicKey: ed25519PublicKey(secret) });
    if (!key.ok) return refuse('invalid-payload', `${path}: ${key.problem}.`);
    return ok({ key: key.value, sign: (message) => nodeTicketCrypto.ed25519Sign(secret, message) });
  } catch {
    return refuse('invalid-payload', `${path} is damaged; restore it: ${what} signed with it could not be checked.`);
  }
}

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

function readableByOthers(path: string): Result<never> {
  return refuse('invalid-payload', `${path} holds secrets and can be read by others; chmod 600 it.`);
}

/** `{"<role>": ["<secret>", …]}`, of mode 0600. */
async function loadV1Secrets(path: string): Promise<Result<V1Secrets>> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS) !== 0) return readableByOthers(path);
    const file = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const isTable = Object.entries(file).every(
      ([role, secrets]) =>
        parseRole(role) !== undefined &&
        Array.isArray(secrets) &&
        secrets.every((secret) => typeof secret === 'string' && secret !== ''),
    );
    return isTable ? ok(file as V1Secrets) : refuse('invalid-payload', `${path}: expected {"<role>": ["<secret>"]}.`);
  } catch {
    return refuse('invalid-payload', `${path} cannot be read; it must hold {"<role>": ["<secret>"]}.`);
  }
}
