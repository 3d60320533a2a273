// A policy document looked at without a hive: the same schema, the same rules for documents and the same tests as `/policy/ctl`
// has, in an authority made for that.

import type { Manifest } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { PolicyDocument } from './capabilities/policy/document.ts';
import { documentProblem, runTests, type TestResult } from './capabilities/policy/document-check.ts';
import { POLICY_CTL_PATH } from './capabilities/policy/paths.ts';
import { createAuthority } from './kernel/authority.ts';
import { parseJson } from './kernel/json.ts';
import { readLine, readLineOf } from './kernel/read-line.ts';

/** A document that a hive with this manifest could load, but for its tests. */
export interface CheckedDocument {
  readonly document: PolicyDocument;
  /** What became of each test. */
  readonly tests: readonly TestResult[];
}

/** Looks at a value that should be a document. `invalid-payload` or `too-big`, with the place, when no hive would stage it. */
export function checkPolicy(manifest: Manifest, value: unknown): Result<CheckedDocument> {
  const { controlFor } = createAuthority(manifest);
  const control = controlFor(POLICY_CTL_PATH)?.found;
  if (control === undefined) return refuse('internal', `There is no ${POLICY_CTL_PATH}.`);
  const line = readLine(control, loadLine({ document: value as PolicyDocument, ...UNSIGNED }));
  if (!line.ok) return line;
  const { document } = line.value as { readonly document: PolicyDocument };
  const problem = documentProblem(document, manifest.policy);
  if (problem !== undefined) return refuse('invalid-payload', `$.document${problem.slice(1)}`);
  return ok({ document, tests: runTests(document, (path, text) => readLineOf(controlFor(path)?.found, text)) });
}

/** A document with what has to be checked of it where there is cryptography. */
export interface SignedDocument {
  readonly document: PolicyDocument;
  /** SHA-256 of `documentText`, as the line says, hex. */
  readonly sha256: string;
  /** Signature line of a note with the text `documentNote`. */
  readonly signature: string;
}

/** The document that a line for `/policy/ctl` loads, not checked any further; undefined when it loads none. For the hive. */
export function signedDocument(line: string): SignedDocument | undefined {
  const parsed = parseJson(line);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  const { op, document, sha256, signature } = parsed.value as Readonly<Record<string, unknown>>;
  if (op !== 'load' || typeof document !== 'object' || document === null) return undefined;
  if (typeof sha256 !== 'string' || typeof signature !== 'string') return undefined;
  return { document: document as PolicyDocument, sha256, signature };
}

/** A hash and a signature as long as those a document gets; they fit the schema and no document. */
const UNSIGNED = { sha256: '0'.repeat(64), signature: `— ${'x'.repeat(128)} ${'A'.repeat(91)}=` };

/** The line for `/policy/ctl` that stages a document. */
export function loadLine({ document, sha256, signature }: SignedDocument): string {
  return JSON.stringify({ op: 'load', document, sha256, signature });
}
