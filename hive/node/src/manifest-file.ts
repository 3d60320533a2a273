// `hive.toml` of a data directory.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { defaultManifest, type Manifest, manifestToml, parseManifest } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';

/** Reads a manifest, written with the defaults when it is missing. Every problem is in the refusal's detail. */
export async function loadManifest(path: string): Promise<Result<Manifest>> {
  if (!existsSync(path)) await writeFile(path, manifestToml(defaultManifest()), { mode: 0o600 });
  const parsed = parseManifest(await readFile(path));
  if (parsed.ok) return ok(parsed.manifest);
  const problems = parsed.problems.map(
    ({ path: field, message, hint }) => `${field}: ${message}${hint === '' ? '' : ` (${hint})`}`,
  );
  return refuse('invalid-payload', `${path}:\n  ${problems.join('\n  ')}`);
}
