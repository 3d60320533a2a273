// The data directory: whether it is there and closed to others, whether its manifest is good, and who runs it.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { currentOwner, LOCK_NAME, livenessOf, type Owner, parseOwner } from '@cohesix/journal';
import { parseManifest } from '@cohesix/manifest';
import { COMMAND } from '../io.ts';
import type { Places } from '../places.ts';
import { errorText } from '../token.ts';
import { bad, type Finding, good, warn } from './finding.ts';

/** Whether the directory exists, whether we may look into it, and whether nobody else can. One finding: look no further. */
export function directoryFindings(places: Places): readonly Finding[] {
  try {
    return lookInto(places);
  } catch (error) {
    const path = error instanceof Error && 'path' in error ? String(error.path) : places.root;
    const advice = 'run this as the user whose hive it is, or name another with --data DIR';
    return [bad('data', `cannot look at ${path}: ${errorText(error)}`, advice)];
  }
}

/** @throws what the disk says. */
function lookInto(places: Places): readonly Finding[] {
  const stat = statSync(places.root, { throwIfNoEntry: false });
  if (stat === undefined) {
    return [
      warn('data', `${places.root} is not there`, 'start a hive to make it: npm start, or name another with --data'),
    ];
  }
  if (!stat.isDirectory()) return [bad('data', `${places.root} is no directory`, 'name another with --data DIR')];
  return [good('data', places.root), modesFinding(openToOthers(places))];
}

function modesFinding(open: readonly OpenPath[]): Finding {
  if (open.length === 0) return good('modes', 'closed to other users');
  const [folders, files] = [open.filter(({ isFolder }) => isFolder), open.filter(({ isFolder }) => !isFolder)];
  const repairs = [
    ...(folders.length > 0 ? [`chmod 700 ${folders.map(({ path }) => path).join(' ')}`] : []),
    ...(files.length > 0 ? [`chmod 600 ${files.map(({ path }) => path).join(' ')}`] : []),
  ];
  const detail = open.map(({ path, mode }) => `${path} has mode ${mode}`).join(', ');
  return bad('modes', detail, repairs.join('; '));
}

interface OpenPath {
  readonly path: string;
  readonly mode: string;
  readonly isFolder: boolean;
}

/** Folders and secrets that the group or others may touch. @throws what the disk says. */
function openToOthers(places: Places): readonly OpenPath[] {
  const folders = [places.root, places.keys, places.run];
  const keys = namesIn(places.keys).map((name) => join(places.keys, name));
  const secrets = [...keys, places.queenTicket, places.approverTicket, places.consoleToken, places.history];
  return [...folders, ...secrets].flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || (stat.mode & 0o077) === 0) return [];
    return [{ path, mode: (stat.mode & 0o777).toString(8).padStart(4, '0'), isFolder: stat.isDirectory() }];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // Not there yet, or closed to us; other checks tell.
  }
}

/** Whether hive.toml can be started with. */
export function manifestFinding(places: Places): Finding {
  if (!existsSync(places.manifest)) return warn('manifest', 'there is none yet', 'the first start writes one');
  try {
    const parsed = parseManifest(readFileSync(places.manifest));
    if (parsed.ok) return good('manifest', places.manifest);
    const [first] = parsed.problems;
    const count = parsed.problems.length;
    return bad(
      'manifest',
      `${count} problems, the first: ${first?.path} ${first?.message}`,
      `see all: ${COMMAND} manifest check`,
    );
  } catch (error) {
    return bad('manifest', `cannot read ${places.manifest}: ${errorText(error)}`, 'let its owner read it');
  }
}

/** Who holds the journal. */
export type Holder =
  | { readonly state: 'free' | 'released' }
  | { readonly state: 'alive' | 'gone' | 'unknown'; readonly owner: Owner };

/** The process that owns the directory, by its lock. */
export function holderOf(places: Places): Holder {
  const folder = join(places.journal, LOCK_NAME);
  const newest = namesIn(folder)
    .filter((name) => /^\d{16}(\.released)?$/.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) return { state: 'free' };
  if (newest.endsWith('.released')) return { state: 'released' };
  const owner = ownerIn(join(folder, newest));
  if (owner === undefined) return { state: 'free' };
  return { state: livenessOf(owner, currentOwner(Date.now())), owner };
}

function ownerIn(path: string): Owner | undefined {
  try {
    return parseOwner(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // Released between the listing and now.
  }
}

/** Whether a hive runs here. */
export function holderFinding(holder: Holder): Finding {
  const advice = 'start it: npm start';
  switch (holder.state) {
    case 'free':
    case 'released':
      return warn('hive', 'no hive runs here', advice);
    case 'gone':
      return warn('hive', `process ${holder.owner.pid} ended without a goodbye`, `${advice}; it recovers by itself`);
    case 'unknown':
      return warn(
        'hive',
        `process ${holder.owner.pid} on ${holder.owner.hostname} holds it, if it still runs`,
        'look there',
      );
    case 'alive':
      return good('hive', `process ${holder.owner.pid} since ${new Date(holder.owner.since).toISOString()}`);
  }
}
