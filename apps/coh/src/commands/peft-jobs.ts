// coh peft publish and export: LoRA jobs into the hive, and out of it while an export window is open.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HiveClient } from '@cohesix/client';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { controlOf } from '../lines/form.ts';
import { LORA_PUBLISH } from '../lines/models.ts';
import { sha256Of } from '../peft/adapter.ts';
import type { Row } from '../rows.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { errorText } from '../token.ts';
import { rowsOf } from './lists.ts';

/** The files of a job, by the field that names their content. */
const FILES = { telemetry: 'telemetry.cbor', base_model: 'base_model.ref', policy: 'policy.toml' } as const;

type Part = keyof typeof FILES;

const PARTS = Object.keys(FILES) as readonly Part[];

function pathOf(job: string, part: Part): string {
  return `/queen/export/lora_jobs/${job}/${FILES[part]}`;
}

/** What `coh peft publish` is told. */
export interface PublishOptions {
  readonly base: string;
  readonly telemetry: string;
  readonly policy: string;
  readonly wait?: number;
}

/** `coh peft publish`: writes the files of a job and publishes them, all or none. JSON: `{job, base, files: [{file, bytes, sha256}], entry}`. */
export async function publish(context: Context, job: string, options: PublishOptions): Promise<number> {
  const what = `cannot publish ${job}`;
  const contents = contentsOf(context, options);
  if (!contents.ok) return fail(context, failureOf(what, contents.refusal));
  return withHive(context, async (client) => {
    for (const part of PARTS) {
      const pushed = await client.push(pathOf(job, part), once(contents.value[part]));
      if (!pushed.ok) return failAt(context, client, { what, refusal: pushed.refusal });
    }
    const hashes = PARTS.map((part) => {
      const bytes = contents.value[part];
      return [part, `${sha256Of(bytes)}:${bytes.length}`] as const;
    });
    const control = controlOf(LORA_PUBLISH, { id: job, base: options.base, ...Object.fromEntries(hashes) });
    const sent = await submit(context, client, control, options.wait);
    if (!sent.ok) return failLine(context, client, { what, refusal: sent.refusal, control });
    const files = PARTS.map((part) => {
      const bytes = contents.value[part];
      return { file: FILES[part], bytes: bytes.length, sha256: sha256Of(bytes) };
    });
    answer(context, { job, base: options.base, files }, [
      `published ${job} base=${options.base}`,
      `to read it: ${COMMAND} window open ${job} --ttl 10m; ${COMMAND} peft export ${job}`,
    ]);
    return DONE;
  });
}

function contentsOf(
  { io }: Context,
  { base, telemetry, policy }: PublishOptions,
): Result<Readonly<Record<Part, Uint8Array>>> {
  try {
    return ok({
      telemetry: readFileSync(resolve(io.cwd, telemetry)),
      base_model: Buffer.from(`${base}\n`),
      policy: readFileSync(resolve(io.cwd, policy)),
    });
  } catch (error) {
    return refuse('not-found', `${errorText(error)}.`);
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** What `coh peft export` is told. */
export interface ExportOptions {
  readonly out: string;
}

/** A file of a job as it comes out. */
interface Wanted {
  readonly part: Part;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * `coh peft export`: fetches the files of a job that are not here yet, goes on where it was cut off, and puts them in place when
 * all have their hashes. JSON: `{job, base, out, files: [{file, bytes, sha256, fetched}]}`.
 */
export function exportJob(context: Context, job: string, { out }: ExportOptions): Promise<number> {
  const folder = resolve(context.io.cwd, out, job);
  const what = `cannot export ${job}`;
  return withHive(context, async (client) => {
    const rows = await rowsOf(client, 'lora_jobs');
    if (!rows.ok) return failAt(context, client, { what, refusal: rows.refusal });
    const row = rows.value.rows.find(({ id }) => id === job);
    if (row === undefined)
      return fail(context, { what, code: 'not-found', sentence: `No job ${job} is published.`, advice: [JOBS] });
    const files = [];
    for (const wanted of PARTS.map((part) => wantedOf(row, part))) {
      const fetched = await fetchFile(client, job, folder, wanted).catch(diskRefusal);
      if (!fetched.ok) return failExport(context, client, { what, job, refusal: fetched.refusal });
      files.push({ file: FILES[wanted.part], bytes: wanted.bytes, sha256: wanted.sha256, fetched: fetched.value });
    }
    const placed = place(folder);
    if (!placed.ok) return fail(context, failureOf(what, placed.refusal));
    const lines = files.map(
      ({ file, bytes, sha256, fetched }) => `${file} bytes=${bytes} sha256=${sha256} fetched=${fetched}`,
    );
    answer(context, { job, base: row.base ?? null, out: folder, files }, [`exported ${job} to ${folder}`, ...lines]);
    return DONE;
  });
}

const JOBS = `The published jobs: ${COMMAND} peft jobs`;

interface Failed {
  readonly what: string;
  readonly job: string;
  readonly refusal: Refusal;
}

function failExport(context: Context, client: HiveClient, { what, job, refusal }: Failed): Promise<number> {
  const advice =
    refusal.code === 'denied'
      ? [`Open a window, and go on with the same command: ${COMMAND} window open ${job} --ttl 10m`]
      : [JOBS, 'What has come so far is kept; the same command goes on.'];
  return failAt(context, client, { what, refusal, advice });
}

function wantedOf(row: Row, part: Part): Wanted {
  return { part, sha256: String(row[`${part}_sha256`]), bytes: Number(row[`${part}_bytes`]) };
}

function partial(folder: string, part: Part): string {
  return join(folder, `.${FILES[part]}.part`);
}

/** Fetches one file beside its place; how many bytes had to come. */
async function fetchFile(client: HiveClient, job: string, folder: string, wanted: Wanted): Promise<Result<number>> {
  const { part, sha256, bytes } = wanted;
  const [here, path] = [join(folder, FILES[part]), partial(folder, part)];
  mkdirSync(folder, { recursive: true });
  if (hasContent(here, wanted)) return ok(0);
  if (hasContent(path, wanted)) return ok(0);
  const size = existsSync(path) ? statSync(path).size : 0;
  const from = size < bytes ? size : 0;
  const came = await append(client, pathOf(job, part), { path, from });
  if (!came.ok) return came;
  if (hasContent(path, wanted)) return came;
  rmSync(path, { force: true });
  // What was here was of another publication: from the beginning, once.
  if (from > 0) return fetchFile(client, job, folder, wanted);
  return refuse('stale', `${FILES[part]} came with another content than ${sha256}; the job was published anew.`);
}

function hasContent(path: string, { sha256, bytes }: Wanted): boolean {
  return existsSync(path) && statSync(path).size === bytes && sha256Of(readFileSync(path)) === sha256;
}

async function append(
  client: HiveClient,
  source: string,
  { path, from }: { readonly path: string; readonly from: number },
): Promise<Result<number>> {
  const pulled = await client.pull(source, { from });
  if (!pulled.ok) return pulled;
  const file = await open(path, from === 0 ? 'w' : 'r+');
  let at = from;
  try {
    for await (const piece of pulled.value) {
      await file.write(piece, 0, piece.length, at);
      at += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const ended = await pulled.value.ended;
  return ended.ok ? ok(at - from) : ended;
}

/** Puts in place what came; what was there already stays. */
function place(folder: string): Result<void> {
  try {
    for (const part of PARTS) {
      if (existsSync(partial(folder, part))) renameSync(partial(folder, part), join(folder, FILES[part]));
    }
    return ok(undefined);
  } catch (error) {
    return diskRefusal(error);
  }
}

function diskRefusal(error: unknown): Result<never> {
  if (!(error instanceof Error && 'code' in error)) throw error;
  return refuse('internal', `${errorText(error)}.`);
}
