// From the bytes of hive.toml to a manifest, or to everything that is wrong with it: size and encoding, TOML 1.0
// (smol-toml), the version, the schema with its defaults, and the red lines.

import { parse, TomlError } from 'smol-toml';
import { canonicalText } from './canonical.ts';
import { conform, PROBLEMS_MAX, type Problem } from './conform.ts';
import { nodeOf } from './field.ts';
import { redLineFindings } from './red-lines.ts';
import { MANIFEST_SCHEMA, type Manifest, ManifestSchema } from './schema.ts';

/** Longest manifest that is read. */
export const MANIFEST_BYTES_MAX: number = 256 * 1024;

/** Deepest nesting of inline tables and lists; the manifest needs two. */
const INLINE_DEPTH_MAX = 16;

/** A manifest with the text its fingerprint is taken over, or at least one problem. */
export type ManifestOutcome =
  | { readonly ok: true; readonly manifest: Manifest; readonly canonical: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Parses `hive.toml`; bytes must be UTF-8. Reports all problems (from 257 on only their number), in the order of the
 * sections and then of the red lines. Never throws for what the file says.
 */
export function parseManifest(source: string | Uint8Array): ManifestOutcome {
  const text = decode(source);
  if (typeof text !== 'string') return failed([text]);
  const read = readToml(text);
  if (!read.ok) return failed([read.problem]);
  const version = versionProblem(read.value);
  if (version !== undefined) return failed([version]);
  return checkManifest(read.value);
}

/** Schema, defaults and red lines for a value read from a file. */
function checkManifest(value: unknown): ManifestOutcome {
  const conformed = conform(nodeOf(ManifestSchema), value);
  const manifest = conformed.value as Manifest;
  const redLines = redLineProblems(manifest, conformed.problems);
  const count = conformed.problemCount + redLines.length;
  if (count > 0) return failed([...conformed.problems, ...redLines], count);
  return { ok: true, manifest, canonical: canonicalText(manifest) };
}

/** The broken red lines of a manifest, except those about fields that `wrong` already names. */
export function redLineProblems(manifest: Manifest, wrong: readonly Problem[] = []): readonly Problem[] {
  const wrongPaths = wrong.map(({ path }) => path);
  return redLineFindings(manifest)
    .filter(({ path, reads }) => ![path, ...reads].some((one) => wrongPaths.some((other) => overlaps(one, other))))
    .map(({ path, message, hint }) => ({ path, message, hint }));
}

/** Whether two paths are the same, or one is inside the other. */
function overlaps(a: string, b: string): boolean {
  if (a === b) return true;
  const [outer, inner] = a.length < b.length ? [a, b] : [b, a];
  return inner.startsWith(outer) && '.['.includes(inner.charAt(outer.length));
}

/** All problems, or the first `PROBLEMS_MAX` and how many more there are. */
function failed(problems: readonly Problem[], count: number = problems.length): ManifestOutcome {
  if (count <= PROBLEMS_MAX) return { ok: false, problems };
  const more = count - PROBLEMS_MAX;
  const message = `and ${more} more ${more === 1 ? 'problem' : 'problems'}`;
  return { ok: false, problems: [...problems.slice(0, PROBLEMS_MAX), { path: '', message, hint: 'mend these first' }] };
}

/** The text of the file, or why there is none. */
function decode(source: string | Uint8Array): string | Problem {
  const size = typeof source === 'string' ? new TextEncoder().encode(source).byteLength : source.byteLength;
  if (size > MANIFEST_BYTES_MAX) {
    return { path: '', message: `has ${size} bytes; at most ${MANIFEST_BYTES_MAX}`, hint: 'is this the right file?' };
  }
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (text?.isWellFormed()) return text;
  return { path: '', message: 'is not UTF-8', hint: 'save the manifest as UTF-8 text' };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's only failure: malformed UTF-8. The caller says so.
    return undefined;
  }
}

/** A value read from a file of TOML, or what is wrong with the text. */
export type TomlOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem };

/** Reads TOML; integers come as bigint, so that `8192.0` is told from `8192`. */
export function readToml(text: string): TomlOutcome {
  try {
    return { ok: true, value: parse(text, { integersAsBigInt: true, maxDepth: INLINE_DEPTH_MAX }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { ok: false, problem: tomlProblem(error) };
  }
}

/** The parser's finding without its excerpt of the file, which could show a secret. */
function tomlProblem(error: TomlError): Problem {
  const [first = ''] = error.message.split('\n');
  const reason = first.replace(/^Invalid TOML document: /, '').slice(0, 160);
  const message = `line ${error.line}, column ${error.column}: ${reason}`;
  return { path: '', message, hint: 'the manifest is TOML 1.0; see https://toml.io' };
}

/** What to say when the file is of another version: nothing else in it can be judged then. */
function versionProblem(value: unknown): Problem | undefined {
  const given = (value as { readonly schema?: unknown }).schema;
  if (typeof given !== 'string' || given === MANIFEST_SCHEMA) return undefined;
  const shown = JSON.stringify(given.slice(0, 64));
  const hint = /^cohesix-hive\/[0-9]+$/.test(given)
    ? 'use the release of Cohesix this manifest was written for, or rewrite it with the fields of docs/reference/manifest.md'
    : `write schema = "${MANIFEST_SCHEMA}"`;
  return { path: 'schema', message: `is ${shown}; this release reads exactly "${MANIFEST_SCHEMA}"`, hint };
}
