// Where artefacts lie that segments only refer to: a folder that whoever pushes and whoever pulls can reach. An artefact is one
// file, named by the SHA-256 of the segment's records, which name all of its pieces: who has the segment finds it, and checks it
// piece by piece. Nothing here is trusted by its name.

import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoNameOf } from '@cohesix/journal';
import { DEFAULT_HIVE, defaultDataDirectory } from '@cohesix/node/paths';
import type { ReferenceRecord } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Io } from '../io.ts';
import { assemble, isWhole } from './assemble.ts';

/** The folder nobody named: `$XDG_DATA_HOME/cohesix/artefacts`, beside the hives. */
export function defaultStore(io: Io): Result<string> {
  const hive = defaultDataDirectory(DEFAULT_HIVE, io.env);
  if (hive === undefined)
    return refuse('invalid-payload', 'There is no home directory; name a folder with --store DIR.');
  return ok(join(hive, '..', 'artefacts'));
}

/** The name of an artefact: what its segment says. */
export function artefactKey(records: string): string {
  return hash('sha256', records, 'hex');
}

/** The file of an artefact in a folder; undefined when it is not there. */
export function findArtefact(directory: string, key: string): string | undefined {
  const path = join(directory, key);
  return existsSync(path) ? path : undefined;
}

/** An artefact that is to be kept. */
export interface Keeping {
  readonly directory: string;
  /** `artefactKey` of its records. */
  readonly key: string;
  readonly references: readonly ReferenceRecord[];
  readonly size: number;
  /** The file as it is. */
  readonly path: string;
  /** Whether a file of its own is made, not a second name for the same. */
  readonly isCopied: boolean;
  readonly onProgress: (done: number, size: number) => void;
}

/**
 * Keeps an artefact: a second name of the file where the file system can, which costs nothing; else, or when a copy is wanted, a
 * copy of which every piece is checked. Value: its path. Rejects with what the file system rejects with.
 */
export async function keepArtefact(keeping: Keeping): Promise<Result<string>> {
  const { directory, key, path, isCopied } = keeping;
  const target = join(directory, key);
  await mkdir(directory, { recursive: true });
  if (await isWhole(target, keeping)) return ok(target);
  await rm(target, { force: true });
  if (!isCopied && (await isLinked(path, target))) return ok(target);
  const made = await assemble({ ...keeping, source: path, target });
  return made.ok ? ok(target) : made;
}

/** Gives a file a second name; false where that cannot be: another file system, or one without links. */
async function isLinked(path: string, target: string): Promise<boolean> {
  try {
    await link(path, target);
    return true;
  } catch (error) {
    if (['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoNameOf(error))) return false;
    throw error;
  }
}
