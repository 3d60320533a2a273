// A payload made into an update: its chunks in order, and the manifest, signed by whoever packs.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { toHex } from '@cohesix/bytes';
import {
  DEFAULT_CAS_LIMITS,
  encodeManifest,
  type PackBase,
  pack,
  signManifest,
  type UpdateManifest,
} from '@cohesix/cas';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { progressOf } from '../audit/progress.ts';
import type { Context } from '../context.ts';
import { bundleManifest, PIECE_BYTES, type ReadManifest, readManifest } from './bundle.ts';
import { signingKey } from './keys.ts';

const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };

/** How a payload is packed and signed. */
export interface PackOptions {
  readonly epoch?: string;
  readonly key?: string;
  readonly unsigned?: boolean;
  readonly chunkBytes?: number;
  /** Folder or manifest of the update that this may be a delta of. */
  readonly deltaBase?: string;
  readonly out?: string;
}

/** An update that was made. */
export interface MadeUpdate extends ReadManifest {
  /** Bytes of the base, which come first in the payload of a delta. */
  readonly baseBytes: number;
}

/** Makes an update of a file; `keep` takes each chunk, lent for the call. Refuses a file, a key or a base that is none. */
export async function makeUpdate(
  context: Context,
  file: string,
  options: PackOptions,
  keep: (name: string, bytes: Uint8Array) => void,
): Promise<Result<MadeUpdate>> {
  const { epoch } = options;
  if (epoch === undefined) return refuse('invalid-payload', 'Name the epoch of the update: --epoch N.');
  if (!existsSync(file) || !statSync(file).isFile()) return refuse('not-found', `${file} is no file.`);
  const signer = options.unsigned === true ? undefined : await signingKey(context, options.key);
  if (signer?.ok === false) return signer;
  const base = baseOf(context, options.deltaBase);
  if (!base.ok) return base;
  const chunkBytes = options.chunkBytes ?? (await localChunkBytes(context));
  const progress = progressOf(context, `packing ${basename(file)}`);
  const size = statSync(file).size;
  let done = 0;
  const packed = await pack(
    {
      crypto,
      open: () => createReadStream(file, { highWaterMark: PIECE_BYTES }),
      epoch,
      chunkBytes,
      chunksMax: DEFAULT_CAS_LIMITS.chunksMax,
      ...(base.value === undefined ? {} : { base: base.value }),
    },
    async ({ name, bytes }) => {
      keep(name, bytes);
      done += bytes.length;
      progress.report(done, size);
      return ok(undefined);
    },
  );
  progress.end();
  if (!packed.ok) return packed;
  const { manifest: plain } = packed.value;
  const manifest = signer === undefined ? plain : signManifest(crypto, signer.value.seed, plain);
  const baseBytes = manifest.delta === undefined ? 0 : (base.value?.payloadBytes ?? 0);
  return ok({ manifest, bytes: encodeManifest(manifest), baseBytes });
}

function baseOf(context: Context, named: string | undefined): Result<PackBase | undefined> {
  if (named === undefined) return ok(undefined);
  const read = manifestAt(resolve(context.io.cwd, named));
  if (!read.ok) return read;
  if (read.value.manifest.delta !== undefined)
    return refuse('invalid-payload', `${named} is a delta itself; name the update it is a delta of.`);
  return ok(read.value.manifest);
}

/** The manifest in a folder, or in a file. */
export function manifestAt(place: string): Result<ReadManifest> {
  return existsSync(place) && statSync(place).isDirectory() ? bundleManifest(place) : readManifest(place);
}

/** Chunks have the size that the local hive takes, or the usual one. */
async function localChunkBytes({ places }: Context): Promise<number> {
  if (!places.ok || !existsSync(places.value.manifest)) return DEFAULT_CAS_LIMITS.chunkBytes;
  const { parseManifest } = await import('@cohesix/manifest');
  const parsed = parseManifest(readFileSync(places.value.manifest));
  return parsed.ok ? parsed.manifest.cas.chunk_bytes : DEFAULT_CAS_LIMITS.chunkBytes;
}

/** What a manifest says, for people and JSON. */
export function manifestFields(manifest: UpdateManifest): Readonly<Record<string, string | number | null>> {
  return {
    epoch: manifest.epoch,
    payload_bytes: manifest.payloadBytes,
    payload_sha256: toHex(manifest.payloadSha256),
    chunk_bytes: manifest.chunkBytes,
    chunks: manifest.chunks.length,
    delta_of: manifest.delta?.baseEpoch ?? null,
  };
}

/** Fields, one a line. */
export function fieldLines(fields: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(fields).map(([name, value]) => `  ${name.padEnd(15)} ${value ?? 'none'}`);
}
