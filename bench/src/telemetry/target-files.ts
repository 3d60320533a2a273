// The least a process can do: one plain file for each ring, and a write(2) for each batch, in this process. No protocol, no
// bound, no sync; what a follower would need is not there.

import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LINE_BYTES } from './lines.ts';
import type { RingTargetKind } from './target.ts';

/** Plain files. */
export const files: RingTargetKind = {
  name: 'files',
  missing: () => undefined,
  open: ({ rings, directory }) => {
    const folder = mkdtempSync(join(directory, 'cohesix-bench-files-'));
    const opened = Array.from({ length: rings }, (_, ring) => openSync(join(folder, `${ring}.log`), 'a'));
    return Promise.resolve({
      name: 'files',
      pid: undefined,
      append: (ring, batch) => {
        writeSync(opened[ring] ?? -1, batch);
        return Promise.resolve();
      },
      taken: () => Promise.resolve(opened.reduce((sum, file) => sum + fstatSync(file).size, 0) / LINE_BYTES),
      memory: () => 0,
      close: () => {
        for (const file of opened) closeSync(file);
        rmSync(folder, { recursive: true, force: true });
        return Promise.resolve();
      },
    });
  },
};
