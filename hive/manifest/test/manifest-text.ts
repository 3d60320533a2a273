// How the tests write manifests and read verdicts.

import { expect } from 'vitest';
import { type Manifest, type Problem, parseManifest } from '../src/index.ts';

/** A manifest file with the schema line and this body. */
export function file(body: string): string {
  return `schema = "cohesix-hive/1"\n${body}\n`;
}

/** The manifest of a body that must be accepted. */
export function accepted(body: string): Manifest {
  const outcome = parseManifest(file(body));
  expect(outcome.ok ? [] : outcome.problems, body).toEqual([]);
  if (!outcome.ok) throw new Error('not accepted');
  return outcome.manifest;
}

/** The problems of a body that must be refused. */
export function refused(body: string): readonly Problem[] {
  return problemsOf(file(body));
}

/** The problems of a whole file that must be refused. */
export function problemsOf(source: string | Uint8Array): readonly Problem[] {
  const outcome = parseManifest(source);
  expect(outcome.ok, 'refused').toBe(false);
  return outcome.ok ? [] : outcome.problems;
}

/** `path: message` of each problem, which is what a person sees first. */
export function lines(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ path, message }) => `${path}: ${message}`);
}
