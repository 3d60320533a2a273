// Trusted files in a directory: `root.json`, `timestamp.json`, `snapshot.json`, `targets.json`, each replaced whole, so a power cut leaves
// the one or the other. Any mixture of old and new ones is a state that an update can begin with.

import type { Result } from '@cohesix/wire';
import { makeDirectory, onDisk, readSmall, replaceSmall, type StoreDisk, unlinkIfThere } from '../store/store-disk.ts';
import type { TufKeeper } from './client.ts';
import { TUF_ROLES, type TufRole } from './metadata.ts';
import type { FileChange, TrustedFiles } from './workflow.ts';

/** Bytes of the largest file that is read. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** Keeps trusted files in `parent/name`, made when it is missing. */
export function trustFiles(disk: StoreDisk, parent: string, name: string): TufKeeper {
  const directory = `${parent}/${name}`;
  return {
    load: () =>
      onDisk('cannot read the trusted files', async () => {
        await makeDirectory(disk, parent, name);
        const files: Partial<Record<TufRole, Uint8Array>> = {};
        for (const role of TUF_ROLES) {
          const bytes = await readSmall(disk, `${directory}/${role}.json`, FILE_BYTES_MAX);
          if (bytes !== undefined) files[role] = bytes;
        }
        return files satisfies TrustedFiles;
      }),
    apply: (change) => applyChange(disk, directory, change),
  };
}

function applyChange(disk: StoreDisk, directory: string, change: FileChange): Promise<Result<void>> {
  return onDisk('cannot keep a trusted file', async () => {
    const file = `${change.role}.json`;
    if (change.kind === 'keep') return replaceSmall(disk, directory, file, change.bytes);
    if (await unlinkIfThere(disk, `${directory}/${file}`)) await disk.syncDirectory(directory);
  });
}
