// What is to be pushed of a file, before a hive is asked: inline when it is a text that fits, else by reference.

import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Progress } from '../audit/progress.ts';
import type { Context } from '../context.ts';
import { defaultStore } from './artefact-store.ts';
import type { IngestBounds } from './device-status.ts';
import type { FilePush } from './push-file.ts';
import { inlineRecords, inlineType, pieceBytes, referencesOf } from './push-records.ts';
import { RecordSource } from './record-source.ts';

/** What `coh telemetry push` is asked for. */
export interface PushWish {
  readonly device: string;
  readonly mime?: string;
  readonly name?: string;
  /** How; default: inline when it is a text that fits, else by reference. */
  readonly inline?: boolean;
  readonly reference?: boolean;
  /** Folder for the artefact of a push by reference; false: none. */
  readonly store?: string | false;
  /** Whether that gets a copy, not a second name of the file. */
  readonly copy?: boolean;
}

/** What is sent, and what belongs to it. */
export interface Prepared {
  readonly push: FilePush;
  /** Folder that gets the artefact; undefined: none. */
  readonly store: string | undefined;
}

/** The most a text may have that could go inline: the largest segment any hive has. */
const INLINE_BYTES_MAX: number = 16 << 20;

/** A file as it is now. */
export interface FoundFile {
  readonly size: number;
  readonly mtimeMs: number;
}

/** Looks at a file that is to be pushed; refuses what is none, or has nothing in it. */
export async function statOf(path: string): Promise<Result<FoundFile>> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return refuse('invalid-payload', `${path} is no file.`);
    return found.size === 0 ? refuse('invalid-payload', `${path} is empty.`) : ok(found);
  } catch (error) {
    return refuse('not-found', (error as Error).message);
  }
}

/** What is known of a push. */
export interface Preparing {
  readonly path: string;
  readonly size: number;
  readonly wish: PushWish;
  readonly bounds: IngestBounds;
  readonly progress: Progress;
}

/** Makes what is to be sent; refuses with `too-big` what no segment holds. */
export async function prepare(context: Context, preparing: Preparing): Promise<Result<Prepared>> {
  const inline = await inlinePush(preparing);
  if (inline.ok) return ok({ push: inline.value, store: undefined });
  const { size, wish, bounds } = preparing;
  if (wish.inline === true) return inline;
  if (size > bounds.max_reference_bytes_per_segment)
    return refuse(
      'too-big',
      `It has ${size} bytes; telemetry_ingest.max_reference_bytes_per_segment is ${bounds.max_reference_bytes_per_segment}.`,
    );
  return referencePush(context, preparing);
}

/** As inline pieces; refuses with `too-big`, or `unsupported` for what is no text. */
async function inlinePush({ path, size, wish, bounds }: Preparing): Promise<Result<FilePush>> {
  const mime = wish.mime ?? inlineType(path);
  if (wish.reference === true) return refuse('unsupported');
  if (mime === undefined)
    return refuse('unsupported', 'Inline go .txt, .log, .json, .ndjson and .csv, or name a --mime.');
  if (size > Math.min(INLINE_BYTES_MAX, bounds.max_bytes_per_segment))
    return refuse(
      'too-big',
      `It has ${size} bytes; telemetry_ingest.max_bytes_per_segment is ${bounds.max_bytes_per_segment}.`,
    );
  const text = textOf(await readFile(path));
  if (text === undefined) return refuse('unsupported', 'It is not UTF-8, so it does not go inline.');
  const lines = inlineRecords(text, mime, bounds);
  if (!lines.ok) return lines;
  const source = new RecordSource(
    (async function* () {
      yield* lines.value;
    })(),
  );
  return ok({ device: wish.device, name: nameOf(path, wish), mime, kind: 'records', size: 0, source, bounds });
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function referencePush(context: Context, { path, size, wish, bounds, progress }: Preparing): Result<Prepared> {
  const store = wish.store === false ? ok(undefined) : storeOf(context, wish.store);
  if (!store.ok) return store;
  const onHashed = (done: number): void => progress.report(done, size);
  const source = new RecordSource(referencesOf(path, { size, bytes: pieceBytes(size, bounds), onHashed }));
  const mime = wish.mime ?? inlineType(path) ?? 'application/octet-stream';
  const push: FilePush = {
    device: wish.device,
    name: nameOf(path, wish),
    mime,
    kind: 'references',
    size,
    source,
    bounds,
  };
  return ok({ push, store: store.value });
}

/** The folder of artefacts: the one that was named, else the usual one. */
export function storeOf({ io }: Context, named: string | undefined): Result<string> {
  return named === undefined ? defaultStore(io) : ok(resolve(io.cwd, named));
}

/** What a segment is called: at most 128 characters, none of which steers anything. */
function nameOf(path: string, { name }: PushWish): string {
  return (name ?? basename(path))
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '_')
    .slice(0, 128)
    .replace(/\p{Cs}/gu, '');
}
