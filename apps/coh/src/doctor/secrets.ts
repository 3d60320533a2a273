// What a hive cannot start without: its ticket keys, and a journal that nobody changed.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk, scanJournal } from '@cohesix/journal';
import { parseManifest } from '@cohesix/manifest';
import { loadKeyRing } from '@cohesix/node';
import type { Places } from '../places.ts';
import { bad, type Finding, good, warn } from './finding.ts';

/** `keys/tickets.json` and, when the manifest accepts tickets of the source system, their secrets: closed and whole. */
export async function keysFinding(places: Places): Promise<Finding> {
  const file = join(places.keys, 'tickets.json');
  if (!existsSync(file)) return warn('keys', `${file} is not there`, 'the first start writes it');
  const ring = await loadKeyRing(places, ticketSettings(places));
  if (ring.ok) return good('keys', file);
  return bad('keys', ring.refusal.detail, 'the hive cannot start before that is mended');
}

function ticketSettings(places: Places): Parameters<typeof loadKeyRing>[1] {
  try {
    const parsed = parseManifest(readFileSync(places.manifest));
    return parsed.ok ? parsed.manifest.tickets : undefined;
  } catch {
    return undefined; // Not there or not readable: the check of the manifest tells.
  }
}

/** The journal of a hive that does not run, from its first record to its last. */
export async function journalFinding(places: Places): Promise<Finding> {
  if (!existsSync(places.journal)) return warn('journal', 'there is none yet', 'the first start makes it');
  const scan = await scanJournal(nodeDisk, places.journal, () => undefined);
  if (!scan.ok) return bad('journal', scan.refusal.detail, 'the hive does not start with it');
  const { last, torn } = scan.value;
  if (torn === undefined) return good('journal', `${last} records, the chain is whole`);
  return warn('journal', `${last} whole records, then one that was cut off`, 'the next start cuts it off and says so');
}
