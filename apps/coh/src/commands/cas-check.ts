// coh cas verify: an update checked without any hive.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { toHex } from '@cohesix/bytes';
import { isSignedBy, type UpdateManifest } from '@cohesix/cas';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { bundleManifest, chunkFile, PIECE_BYTES } from '../cas/bundle.ts';
import { trustedKeys } from '../cas/keys.ts';
import { fieldLines, manifestAt, manifestFields } from '../cas/make-update.ts';
import { PayloadCheck } from '../cas/payload-check.ts';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { DONE } from '../session.ts';

/** What a check wants. */
export interface VerifyOptions {
  readonly manifest?: string;
  readonly deltaBase?: string;
  readonly trust?: readonly string[];
  readonly unsigned?: boolean;
}

/** `coh cas verify`: a folder that was packed, or a payload with its manifest, without any hive. JSON: `{epoch, payload_bytes, …, signed}`. */
export async function verify(context: Context, named: string, options: VerifyOptions): Promise<number> {
  const what = `cannot vouch for ${named}`;
  const verified = await verifyPlace(context, resolve(context.io.cwd, named), options);
  if (!verified.ok) return fail(context, failureOf(what, verified.refusal));
  const told = { ...manifestFields(verified.value), signed: options.unsigned !== true };
  answer(context, told, [`${named} is right`, ...fieldLines(told)]);
  return DONE;
}

async function verifyPlace(context: Context, place: string, options: VerifyOptions): Promise<Result<UpdateManifest>> {
  const isFolder = existsSync(place) && statSync(place).isDirectory();
  if (!isFolder && options.manifest === undefined)
    return refuse('invalid-payload', 'Of a payload in a file, name the manifest: --manifest FILE.');
  const read = isFolder ? bundleManifest(place) : manifestAt(resolve(context.io.cwd, options.manifest ?? ''));
  if (!read.ok) return read;
  const { manifest } = read.value;
  const signed = await checkSignature(context, manifest, options);
  if (!signed.ok) return signed;
  const base = baseManifest(context, manifest, options.deltaBase);
  if (!base.ok) return base;
  const parts = base.value === undefined ? [manifest] : [base.value.manifest, manifest];
  const check = new PayloadCheck(parts);
  for (const piece of isFolder ? piecesOf(place, manifest, base.value) : [place]) {
    if (!existsSync(piece)) return refuse('not-found', `${piece} is missing.`);
    for await (const bytes of createReadStream(piece, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>) {
      const taken = check.take(bytes);
      if (!taken.ok) return refuse(taken.refusal.code, `${piece}: ${taken.refusal.detail}`);
    }
  }
  const ended = check.end();
  return ended.ok ? ok(manifest) : ended;
}

async function checkSignature(
  context: Context,
  manifest: UpdateManifest,
  { trust, unsigned }: VerifyOptions,
): Promise<Result<void>> {
  if (unsigned === true) return ok(undefined);
  const keys = await trustedKeys(context, trust);
  if (!keys.ok) return keys;
  if (isSignedBy(nodeTicketCrypto, keys.value, manifest)) return ok(undefined);
  return refuse('denied', `The manifest of epoch ${manifest.epoch} is not signed by a key that counts.`);
}

interface BaseFolder {
  readonly directory: string;
  readonly manifest: UpdateManifest;
}

/** The base of a delta, from the folder that was named. */
function baseManifest(
  context: Context,
  { delta }: UpdateManifest,
  named: string | undefined,
): Result<BaseFolder | undefined> {
  if (delta === undefined) return ok(undefined);
  if (named === undefined)
    return refuse('invalid-payload', `It is a delta of update ${delta.baseEpoch}; name its folder: --delta-base DIR.`);
  const directory = resolve(context.io.cwd, named);
  const read = bundleManifest(directory);
  if (!read.ok) return read;
  if (Buffer.compare(read.value.manifest.payloadSha256, delta.baseSha256) !== 0)
    return refuse('stale', `${named} is not the base of this delta.`);
  return ok({ directory, manifest: read.value.manifest });
}

function piecesOf(directory: string, manifest: UpdateManifest, base: BaseFolder | undefined): readonly string[] {
  const files = (folder: string, { chunks }: UpdateManifest): readonly string[] =>
    chunks.map((chunk) => chunkFile(folder, toHex(chunk)));
  return [...(base === undefined ? [] : files(base.directory, base.manifest)), ...files(directory, manifest)];
}
