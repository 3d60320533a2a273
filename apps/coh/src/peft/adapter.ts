// What a training run left in a folder: the adapter, how it was made, how good it is; and the job it was trained from, as it was
// exported. Read once and whole, because what was checked is what is imported.

import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '@cohesix/wire';
import { errorText } from '../token.ts';
import { checkSafetensors, type Weights } from './safetensors.ts';

/** Most bytes of the files (contracts-1, 4.4 and 5.7). */
const LIMITS = {
  'adapter.safetensors': 64 << 20,
  'lora.json': 65_536,
  'metrics.json': 65_536,
  'telemetry.cbor': 131_072,
  'base_model.ref': 1024,
  'policy.toml': 8192,
} as const;

type Name = keyof typeof LIMITS;

/** A file that was read. */
export interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Hex. */
  readonly sha256: string;
}

/** Everything an import is made of. */
export interface Adapter {
  /** Files that belong to the model. */
  readonly adapter: Content;
  readonly lora: Content;
  readonly metrics: Content | undefined;
  /** Files of the job, of which only the hashes are kept. */
  readonly policy: Content;
  readonly telemetry: Content;
  readonly base: string;
  readonly weights: Weights;
  /** What the metrics say, in a word. */
  readonly evaluation: string | undefined;
}

/** Where the files are. */
export interface AdapterFolders {
  /** Folder of the adapter. */
  readonly from: string;
  /** Folder of the exported job. */
  readonly exported: string;
}

/**
 * Reads and checks an adapter. `not-found`: a file is missing; `too-big`; `invalid-payload`: what is wrong with it, or it is of
 * another base than the job.
 */
export function readAdapter({ from, exported }: AdapterFolders): Result<Adapter> {
  const files = readAll(from, exported);
  if (!files.ok) return files;
  const { adapter, lora, metrics, reference } = files.value;
  const base = new TextDecoder().decode(reference.bytes).trim();
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(base)) return refuse('invalid-payload', 'base_model.ref names no model.');
  const told = objectIn(lora);
  if (!told.ok) return told;
  const own = baseIn(told.value);
  if (own !== undefined && own !== base)
    return refuse('invalid-payload', `lora.json says the adapter is of ${own}; the job is of ${base}.`);
  const measured = metrics === undefined ? ok({}) : objectIn(metrics);
  if (!measured.ok) return measured;
  const weights = checkSafetensors(adapter.bytes);
  if (!weights.ok) return weights;
  return ok({ ...files.value, base, weights: weights.value, evaluation: evaluationIn(measured.value) });
}

interface Files extends Pick<Adapter, 'adapter' | 'lora' | 'metrics' | 'policy' | 'telemetry'> {
  readonly reference: Content;
}

function readAll(from: string, exported: string): Result<Files> {
  const adapter = contentOf(from, 'adapter.safetensors');
  if (!adapter.ok) return adapter;
  const lora = contentOf(from, 'lora.json');
  if (!lora.ok) return lora;
  const metrics = contentOf(from, 'metrics.json');
  if (!metrics.ok && metrics.refusal.code !== 'not-found') return metrics;
  const policy = contentOf(exported, 'policy.toml');
  if (!policy.ok) return policy;
  const telemetry = contentOf(exported, 'telemetry.cbor');
  if (!telemetry.ok) return telemetry;
  const reference = contentOf(exported, 'base_model.ref');
  if (!reference.ok) return reference;
  return ok({
    adapter: adapter.value,
    lora: lora.value,
    metrics: metrics.ok ? metrics.value : undefined,
    policy: policy.value,
    telemetry: telemetry.value,
    reference: reference.value,
  });
}

/** A regular file, no link to one: its size is looked at where it is read. */
function contentOf(folder: string, name: Name): Result<Content> {
  const path = join(folder, name);
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) return refuse('invalid-payload', `${path} is no regular file.`);
      if (stat.size > LIMITS[name])
        return refuse('too-big', `${path} has ${stat.size} bytes; at most ${LIMITS[name]}.`);
      const bytes = readFileSync(file);
      return ok({ name, bytes, sha256: sha256Of(bytes) });
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return refuse(isMissing ? 'not-found' : 'invalid-payload', `${path}: ${errorText(error)}.`);
  }
}

/** SHA-256 of bytes, hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

type Fields = Readonly<Record<string, unknown>>;

function objectIn({ name, bytes }: Content): Result<Fields> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ok(value as Fields);
  } catch {
    // Said below: it is no object either way.
  }
  return refuse('invalid-payload', `${name} is no JSON object.`);
}

/** The base an adapter says it is of: as PEFT writes it, or short. */
function baseIn({ base_model_name_or_path: long, base_model: middle, base: short }: Fields): string | undefined {
  return [long, middle, short].find((one): one is string => typeof one === 'string');
}

/** Characters of an evaluation in a registration. */
const EVALUATION_MAX = 128;

/** The numbers among the metrics, by name, as many as fit: `accuracy=0.91,loss=0.42`. */
function evaluationIn(metrics: Fields): string | undefined {
  let text = '';
  for (const name of Object.keys(metrics).sort()) {
    const value = metrics[name];
    if (typeof value !== 'number' || !Number.isFinite(value) || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) continue;
    const next = `${text === '' ? '' : `${text},`}${name}=${value}`;
    if (next.length <= EVALUATION_MAX) text = next;
  }
  return text === '' ? undefined : text;
}
