// coh cas: packing, sending and fetching updates, and looking at the store. What the hive decides about them (activate, rollback, remove)
// are lines of `/updates/ctl`, in lines/updates.ts.

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { toHex } from '@cohesix/bytes';
import type { HiveClient } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { progressOf } from '../audit/progress.ts';
import { BULK, bundleManifest, chunkFile, chunksOfBundle, chunksOfPayload } from '../cas/bundle.ts';
import { signingKey, trustedKeys } from '../cas/keys.ts';
import { fieldLines, makeUpdate, manifestFields, type PackOptions } from '../cas/make-update.ts';
import { pullUpdate } from '../cas/pull.ts';
import { type PushedUpdate, pushUpdate } from '../cas/push.ts';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { rowOf } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';

/** `coh cas key`: the public key that signs here. JSON: `{key, file}`. */
export async function key(context: Context, options: { readonly key?: string }): Promise<number> {
  const found = await signingKey(context, options.key);
  if (!found.ok) return fail(context, failureOf('cannot read the key', found.refusal));
  const hex = toHex(found.value.publicKey);
  answer(context, { key: hex, file: found.value.file }, [hex]);
  return DONE;
}

/** `coh cas pack`: chunks and a signed manifest in a folder. JSON: `{epoch, directory, payload_bytes, payload_sha256, chunks, delta_of}`. */
export async function packFile(context: Context, named: string, options: PackOptions): Promise<number> {
  const file = resolve(context.io.cwd, named);
  const { epoch = '' } = options;
  const directory = resolve(context.io.cwd, options.out ?? `update-${epoch}`);
  const there = bundleManifest(directory);
  if (there.ok) {
    const refusal = {
      code: 'exists',
      detail: `${directory} holds update ${there.value.manifest.epoch} already.`,
    } as const;
    return fail(context, failureOf(`cannot pack ${named}`, refusal));
  }
  mkdirSync(join(directory, 'chunks'), { recursive: true });
  const made = await makeUpdate(context, file, options, (name, bytes) =>
    writeDurably(chunkFile(directory, name), bytes),
  );
  if (!made.ok) return fail(context, failureOf(`cannot pack ${named}`, made.refusal));
  // The manifest comes last: a folder with one is whole.
  writeDurably(join(directory, 'manifest.cbor'), made.value.bytes);
  const told = manifestFields(made.value.manifest);
  answer(context, { ...told, directory }, [`packed ${basename(file)} into ${directory}`, ...fieldLines(told)]);
  return DONE;
}

function writeDurably(file: string, bytes: Uint8Array): void {
  const opened = openSync(file, 'w', 0o644);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(opened, bytes, at);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** `coh cas push`: a folder that was packed, or a file packed on the way. JSON: `{epoch, state, sent_bytes, sent_chunks}`. */
export async function push(context: Context, named: string, options: PackOptions): Promise<number> {
  const place = resolve(context.io.cwd, named);
  const what = `cannot push ${named}`;
  return withHive(
    context,
    async (client) => {
      const chunkBytes = options.chunkBytes ?? (await chunkBytesOf(client));
      const update = await updateToPush(context, place, {
        ...options,
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
      });
      if (!update.ok) return fail(context, failureOf(what, update.refusal));
      const { epoch } = update.value.manifest;
      const progress = progressOf(context, `pushing update ${epoch}`);
      const pushed = await pushUpdate(client, { ...update.value, onProgress: progress.report });
      progress.end();
      if (!pushed.ok) return failAt(context, client, { what, refusal: pushed.refusal });
      const state = await stateOf(client, epoch);
      if (!state.ok) return failAt(context, client, { what, refusal: state.refusal });
      const { bytes, chunks } = pushed.value;
      const told = { epoch, state: state.value, sent_bytes: bytes, sent_chunks: chunks };
      answer(context, told, [`update ${epoch} is ${state.value}; sent ${chunks} chunks, ${bytes} bytes`]);
      return DONE;
    },
    BULK,
  );
}

/** The size of chunks that the hive takes; undefined when it does not say. */
async function chunkBytesOf(client: HiveClient): Promise<number | undefined> {
  const text = await client.read('/proc/cas/store');
  const line = text.ok ? (new TextDecoder().decode(text.value).split('\n', 1)[0] ?? '') : '';
  const { chunk_bytes: bytes } = rowOf(line);
  return typeof bytes === 'number' ? bytes : undefined;
}

async function updateToPush(
  context: Context,
  place: string,
  options: PackOptions,
): Promise<Result<Omit<PushedUpdate, 'onProgress'>>> {
  if (existsSync(place) && statSync(place).isDirectory()) {
    const read = bundleManifest(place);
    return read.ok ? ok({ ...read.value, read: chunksOfBundle(place) }) : read;
  }
  const made = await makeUpdate(context, place, options, () => undefined);
  if (!made.ok) return made;
  const { manifest, bytes, baseBytes } = made.value;
  return ok({ manifest, bytes, read: chunksOfPayload(place, manifest, baseBytes) });
}

async function stateOf(client: HiveClient, epoch: string): Promise<Result<string>> {
  const text = await client.read(`/updates/${epoch}/status`);
  if (!text.ok) return text;
  const state = rowOf(new TextDecoder().decode(text.value).split('\n', 1)[0] ?? '').state;
  return ok(String(state ?? 'unknown'));
}

/** What a pull wants. */
export interface PullOptions {
  readonly out?: string;
  readonly trust?: readonly string[];
  readonly unsigned?: boolean;
}

/** `coh cas pull`: the payload of an update in a file, checked. JSON: `{epoch, file, bytes, resumed_bytes, sha256}`. */
export async function pull(context: Context, epoch: string, options: PullOptions): Promise<number> {
  const what = `cannot pull update ${epoch}`;
  const keys = options.unsigned === true ? undefined : await trustedKeys(context, options.trust);
  if (keys?.ok === false) return fail(context, failureOf(what, keys.refusal));
  const file = resolve(context.io.cwd, options.out ?? `update-${epoch}.bin`);
  if (existsSync(file)) return fail(context, failureOf(what, { code: 'exists', detail: `${file} exists already.` }));
  return withHive(
    context,
    async (client) => {
      const progress = progressOf(context, `pulling update ${epoch}`);
      const pulled = await pullUpdate(client, { epoch, file, keys: keys?.value, onProgress: progress.report });
      progress.end();
      if (!pulled.ok) return fail(context, failureOf(what, pulled.refusal));
      const { bytes, sha256, resumed } = pulled.value;
      const told = resumed > 0 ? `; ${resumed} were there already` : '';
      answer(context, { epoch, file, bytes, resumed_bytes: resumed, sha256 }, [
        `${file}: ${bytes} bytes, ${sha256}${told}`,
      ]);
      return DONE;
    },
    BULK,
  );
}

/** `coh cas status`: the store, or how far one update is. JSON: the fields of the lines. */
export function status(context: Context, epoch: string | undefined): Promise<number> {
  const paths = epoch === undefined ? ['/proc/cas/summary', '/proc/cas/store'] : [`/updates/${epoch}/status`];
  return withHive(context, async (client) => {
    const lines: string[] = [];
    for (const path of paths) {
      const text = await client.read(path);
      if (!text.ok) return failAt(context, client, { what: `cannot read ${path}`, refusal: text.refusal });
      lines.push(...new TextDecoder().decode(text.value).trimEnd().split('\n'));
    }
    const bad = lines.filter((line) => line.startsWith('quarantined ')).map(rowOf);
    const fields = Object.assign({}, ...lines.filter((line) => !line.startsWith('quarantined ')).map(rowOf));
    answer(context, epoch === undefined ? { ...fields, quarantine: bad } : fields, lines);
    return DONE;
  });
}
