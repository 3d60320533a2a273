// What is on disk about the cursors of telemetry, so that none is given out twice, also after a crash: for each ring how far
// it may go before this file is written again. One JSON object in `cursors/reserved.json`, replaced whole.

import { dirname, join } from 'node:path';
import { attempt, type Disk, replaceFile } from '@cohesix/journal';
import type { Gap } from '@cohesix/telemetry';
import type { Result } from '@cohesix/wire';

/** What is reserved for one ring. */
export interface Reserved {
  /** Its end when that was written. */
  readonly end: number;
  /** No cursor from here on was given out. */
  readonly limit: number;
  /** Cursors that earlier crashes left in doubt. */
  readonly gaps: readonly Gap[];
}

/** What the file says. */
export interface CursorFile {
  /** Whether the hive stopped in order: then every ring ended at its `end`, and what is not listed had given out nothing. */
  readonly isClean: boolean;
  /** Limit of rings that are not listed. */
  readonly unlisted: number;
  readonly rings: ReadonlyMap<string, Reserved>;
}

const NAME = 'reserved.json';
const SCHEMA = 'cohesix-cursors/1';
/** A million workers, each with all the gaps it may have, take less. */
const FILE_BYTES_MAX = 256 * 2 ** 20;

/** Reads the file: undefined when there is none, `damaged` when it says nothing that can be used. */
export function readCursors(disk: Disk, directory: string): Promise<Result<CursorFile | 'damaged' | undefined>> {
  const path = join(directory, NAME);
  return attempt(`cannot read ${path}`, async () => {
    const stat = await disk.lstat(path);
    if (stat === undefined) return undefined;
    if (stat.kind !== 'file' || stat.size > FILE_BYTES_MAX) return 'damaged';
    const file = await disk.open(path, 'read');
    try {
      const bytes = Buffer.alloc(stat.size);
      let done = 0;
      for (let count = -1; count !== 0 && done < bytes.length; done += count)
        count = await file.read(bytes.subarray(done), done);
      return parse(bytes.toString('utf8', 0, done)) ?? 'damaged';
    } finally {
      await file.close();
    }
  });
}

/** Puts another file in its place, durably; makes the directory. */
export async function writeCursors(disk: Disk, directory: string, file: CursorFile): Promise<Result<void>> {
  const made = await attempt(`cannot make ${directory}`, async () => {
    if (await disk.mkdir(directory)) await disk.syncDirectory(dirname(directory));
  });
  if (!made.ok) return made;
  const { isClean, unlisted } = file;
  const rings = [...file.rings].map(([name, { end, limit, gaps }]) => {
    const doubts = gaps.map(({ from, to }) => [from, to]);
    return [name, end, limit, ...(doubts.length === 0 ? [] : [doubts])];
  });
  const text = `${JSON.stringify({ schema: SCHEMA, clean: isClean, unlisted, rings })}\n`;
  return replaceFile(disk, directory, { name: NAME, bytes: Buffer.from(text) });
}

/** No cursors are kept any more: what the file says would be out of date. */
export async function removeCursors(disk: Disk, directory: string): Promise<Result<void>> {
  const path = join(directory, NAME);
  return attempt(`cannot remove ${path}`, async () => {
    if ((await disk.lstat(path)) !== undefined) await disk.unlink(path);
  });
}

function parse(text: string): CursorFile | undefined {
  try {
    const { schema, clean, unlisted, rings } = JSON.parse(text);
    if (schema !== SCHEMA || typeof clean !== 'boolean' || !isCursor(unlisted)) return undefined;
    const parsed = new Map<string, Reserved>();
    for (const [name, end, limit, doubts = []] of rings) {
      const gaps = doubts.map(([from, to]: unknown[]) => ({ from, to }));
      const all = [end, limit, ...gaps.flatMap(({ from, to }: Gap) => [from, to])];
      if (typeof name !== 'string' || !all.every(isCursor)) return undefined;
      parsed.set(name, { end, limit, gaps });
    }
    return { isClean: clean, unlisted, rings: parsed };
  } catch {
    return undefined;
  }
}

function isCursor(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The file of a hive that has given out nothing. */
export const NO_CURSORS: CursorFile = { isClean: true, unlisted: 0, rings: new Map() };
