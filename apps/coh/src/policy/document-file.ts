// A policy document in a file of this machine: JSON, or TOML when its name ends in `.toml`; beside it `FILE.sig`, the line of
// its signature.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkPolicy, documentText, type PolicyDocument } from '@cohesix/authority';
import { defaultManifest, type Manifest, parseManifest, readToml } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { errorText } from '../token.ts';

/** A document of a file that a hive could load, and what became of its tests. */
export interface DocumentFile {
  readonly file: string;
  readonly document: PolicyDocument;
  /** SHA-256 of its canonical text, hex. */
  readonly sha256: string;
  readonly tests: readonly { readonly name: string; readonly problem: string | undefined }[];
}

/** Largest file that is read, bytes; a document has 16 KiB at most, its file may have comments. */
const FILE_BYTES_MAX = 262_144;

/** Reads and checks a document. `not-found`: no such file; `invalid-payload`: it is no document, with the place. */
export function readDocument(context: Context, named: string): Result<DocumentFile> {
  const file = resolve(context.io.cwd, named);
  const value = readValue(file);
  if (!value.ok) return value;
  const checked = checkPolicy(limitsOf(context), value.value);
  if (!checked.ok) return refuse(checked.refusal.code, `${file}: ${checked.refusal.detail}`);
  const { document, tests } = checked.value;
  return ok({ file, document, sha256: fingerprint(document), tests });
}

/** SHA-256 of the canonical text of a document, hex. */
function fingerprint(document: PolicyDocument): string {
  return createHash('sha256').update(documentText(document)).digest('hex');
}

function readValue(file: string): Result<unknown> {
  try {
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX) return refuse('too-big', `${file} has ${size} bytes; at most ${FILE_BYTES_MAX}.`);
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.toml') ? tomlValue(file, text) : ok(JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return refuse('invalid-payload', `${file} is no JSON: ${error.message}.`);
    return refuse('not-found', `${file}: ${errorText(error)}.`);
  }
}

function tomlValue(file: string, text: string): Result<unknown> {
  const read = readToml(text);
  return read.ok ? ok(withNumbers(read.value)) : refuse('invalid-payload', `${file}: ${read.problem.message}.`);
}

/** TOML's integers as numbers; one that no number holds stays out of every range of a document. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withNumbers(inner)]));
}

/** The manifest of the local data directory, whose limits count; the defaults when there is none. */
function limitsOf({ places }: Context): Manifest {
  if (!places.ok || !existsSync(places.value.manifest)) return defaultManifest();
  const parsed = parseManifest(readFileSync(places.value.manifest));
  return parsed.ok ? parsed.manifest : defaultManifest();
}
