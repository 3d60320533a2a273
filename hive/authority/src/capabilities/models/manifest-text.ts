// `manifest.toml` of a model (contracts-1, 5.7): made from the fields of a registration, and read when a bridge publishes one.
//
//   [model]       id, base, base_sha256, adapter, lora, metrics, format…   what it is
//   [provenance]  job_id, approval, evaluation                             where it comes from
//   [hashes]      <file>_sha256, <file>_bytes                              what its files must be

import { readToml } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';
import { utf8Size } from '../../kernel/text.ts';
import { type FileHash, MODEL_FILES, type Model, type ModelFile } from './record.ts';

/** Longest manifest, bytes (contracts-1, 4.8). */
export const MODEL_MANIFEST_BYTES_MAX = 8192;

/** Form of the id of a model: a file name of at most 128 bytes that needs no quoting. */
export const MODEL_ID = '^(?!\\.\\.?$)[A-Za-z0-9._-]{1,128}$';

/** The files of a model by the names they have beside its manifest (contracts-1, 5.7). */
const FILE_NAMES: Partial<Readonly<Record<ModelFile, string>>> = {
  adapter: 'adapter.safetensors',
  lora: 'lora.json',
  metrics: 'metrics.json',
};

/** What a manifest says of a model. */
export type Described = Pick<
  Model,
  'id' | 'base' | 'baseSha256' | 'files' | 'stored' | 'evaluation' | 'job' | 'approval'
>;

/** The text of the manifest of a model. It has no empty line, so that the console shows it as text. */
export function modelManifestText(model: Described): string {
  const { id, base, baseSha256, files, stored, evaluation, job, approval } = model;
  const given = MODEL_FILES.flatMap((name) => (files[name] === undefined ? [] : [[name, files[name]] as const]));
  return [
    '[model]',
    ...fields({ id, base, base_sha256: baseSha256, stored }),
    ...given.flatMap(([name]) => fields({ [name]: FILE_NAMES[name] ?? null })),
    '[provenance]',
    ...fields({ job_id: job, approval, evaluation }),
    '[hashes]',
    ...given.flatMap(([name, { sha256, bytes }]) => [
      ...fields({ [`${name}_sha256`]: sha256 }),
      `${name}_bytes = ${bytes}`,
    ]),
    '',
  ].join('\n');
}

/** A JSON string is a basic string of TOML: both escape alike what needs it. */
function fields(values: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [`${name} = ${tomlString(value)}`]));
}

function tomlString(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007F');
}

/**
 * What a manifest that somebody made says. Fields nobody knows here stay where they are, in the text. `too-big`,
 * `invalid-payload`: with what is wrong.
 */
export function readModelManifest(text: string): Result<Described> {
  const size = utf8Size(text);
  if (size > MODEL_MANIFEST_BYTES_MAX)
    return refuse('too-big', `The manifest has ${size} bytes; at most ${MODEL_MANIFEST_BYTES_MAX}.`);
  const read = readToml(text);
  if (!read.ok) return refuse('invalid-payload', `The manifest is no TOML: ${read.problem.message}.`);
  const found: Record<string, string | null> = {};
  for (const [table, name, pattern] of TEXTS) {
    const value = tableIn(read.value, table)[name] ?? null;
    if (value !== null && !(typeof value === 'string' && pattern.test(value)))
      return refuse('invalid-payload', `The manifest says nothing that can be kept in ${table}.${name}.`);
    found[name] = value;
  }
  const { id = null, base = null, base_sha256: baseSha256 = null, stored = null, job_id: job = null } = found;
  const { evaluation = null, approval = null } = found;
  if (id === null) return refuse('invalid-payload', 'The manifest names no model: there is no model.id.');
  return ok({
    id,
    base,
    baseSha256,
    files: filesIn(tableIn(read.value, 'hashes')),
    stored,
    evaluation,
    job,
    // Whoever publishes a text approves nothing; only a rejection is taken at its word.
    approval: approval === 'rejected' ? 'rejected' : 'pending',
  });
}

const HASH = /^[0-9a-f]{64}$/;

/** Texts of a manifest that are kept, and their forms: they stand in lines of views and of the log. */
const TEXTS: readonly (readonly [table: string, name: string, pattern: RegExp])[] = [
  ['model', 'id', new RegExp(MODEL_ID)],
  ['model', 'base', new RegExp(MODEL_ID)],
  ['model', 'base_sha256', HASH],
  ['model', 'stored', HASH],
  ['provenance', 'job_id', /^[A-Za-z0-9_-]{1,64}$/],
  ['provenance', 'evaluation', /^[A-Za-z0-9._:=,+-]{1,128}$/],
  ['provenance', 'approval', /^[a-z-]{1,16}$/],
];

type Table = Readonly<Record<string, unknown>>;

function tableIn(table: unknown, name: string): Table {
  const value = typeof table === 'object' && table !== null ? (table as Table)[name] : undefined;
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}

function filesIn(hashes: Table): Model['files'] {
  const files: Partial<Record<ModelFile, FileHash>> = {};
  for (const name of MODEL_FILES) {
    const sha256 = hashes[`${name}_sha256`];
    const bytes = Number(hashes[`${name}_bytes`] ?? Number.NaN);
    if (typeof sha256 === 'string' && HASH.test(sha256) && Number.isSafeInteger(bytes) && bytes >= 0)
      files[name] = { sha256, bytes };
  }
  return files;
}
