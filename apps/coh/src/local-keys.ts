// The ticket keys of a data directory, for commands that work without a running hive. Only these commands load the
// hive's own code.

import { existsSync, readFileSync } from 'node:fs';
import type { KeyRing } from '@cohesix/ticket';
import { ok, type Result, refuse } from '@cohesix/wire';
import { COMMAND } from './io.ts';
import type { Places } from './places.ts';
import { errorText } from './token.ts';

/** What a hive makes and checks tickets with. */
export interface LocalKeys {
  readonly ring: KeyRing;
  /** What its tickets name as their audience. */
  readonly audience: string;
}

/** The keys of a directory and the audience of its tickets; `not-found` when the directory has none. */
export async function localKeys(places: Places): Promise<Result<LocalKeys>> {
  if (!existsSync(`${places.keys}/tickets.json`)) {
    return refuse('not-found', `${places.root} has no keys; start the hive there once.`);
  }
  const { loadKeyRing } = await import('@cohesix/node');
  const ring = await loadKeyRing(places);
  if (!ring.ok) return ring;
  const audience = await audienceOf(places);
  return audience.ok ? ok({ ring: ring.value, audience: audience.value }) : audience;
}

async function audienceOf(places: Places): Promise<Result<string>> {
  const { parseManifest } = await import('@cohesix/manifest');
  try {
    const parsed = parseManifest(readFileSync(places.manifest));
    if (!parsed.ok) return refuse('invalid-payload', `${places.manifest} has problems; run: ${COMMAND} manifest check`);
    const { name, audience } = parsed.manifest.hive;
    return ok(audience === '' ? name : audience);
  } catch (error) {
    return refuse('not-found', `${places.manifest}: ${errorText(error)}.`);
  }
}
