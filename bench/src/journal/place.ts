// Where the stores lie: all on one file system, which the report names. Not one in memory, where durability costs
// nothing: /tmp is that on many machines, so /var/tmp comes next.

import { readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** A folder for the run. */
export interface Place {
  readonly directory: string;
  /** For the report: `ext4 (/dev/sda1 at /)`. */
  readonly fileSystem: string;
  readonly isInMemory: boolean;
}

interface Mount {
  readonly device: string;
  readonly at: string;
  readonly type: string;
}

const IN_MEMORY: readonly string[] = ['tmpfs', 'ramfs'];

/** The folder that was asked for; else the first usual one on a disk, or, where there is none, the first. */
export function findPlace(asked: string | undefined): Place {
  if (asked !== undefined) return placeAt(asked);
  const usual = [tmpdir(), '/var/tmp'].map(placeAt);
  const [first, ...rest] = usual;
  return [first, ...rest].find((place) => place !== undefined && !place.isInMemory) ?? placeAt(tmpdir());
}

function placeAt(directory: string): Place {
  const mount = mountOf(realpathSync(directory));
  if (mount === undefined) return { directory, fileSystem: 'unknown', isInMemory: false };
  const { device, at, type } = mount;
  return { directory, fileSystem: `${type} (${device} at ${at})`, isInMemory: IN_MEMORY.includes(type) };
}

/** The mount with the longest path above the folder; of several on one path the last, which covers the others. */
function mountOf(path: string): Mount | undefined {
  const above = mounts().filter(({ at }) => path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`));
  return above.reduce<Mount | undefined>(
    (best, each) => (each.at.length >= (best?.at.length ?? 0) ? each : best),
    undefined,
  );
}

function mounts(): readonly Mount[] {
  try {
    const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return lines.map((line) => line.split(' ')).map(([device = '', at = '', type = '']) => ({ device, at, type }));
  } catch {
    return []; // not Linux
  }
}
