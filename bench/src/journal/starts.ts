// How long a hive takes to start on a long history: with its snapshots, and without them. The hive is the whole one, in this
// process, with listeners off; the files were written a moment ago, so they are read from the page cache.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';

/** How long a history, and where. */
export interface StartsOptions {
  /** A folder that does not exist. */
  readonly directory: string;
  readonly records: number;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Two starts. */
export interface StartsRow {
  readonly records: number;
  /** Last record of the snapshot that the first one used. */
  readonly snapshotRecord: number;
  readonly withMs: number;
  readonly withoutMs: number;
}

const LINES_AT_ONCE = 1000;

/** Writes a history through a hive, ends it, and starts it twice. @throws Error when a start or a line is refused. */
export async function measureStarts(options: StartsOptions): Promise<StartsRow> {
  const { directory, records } = options;
  const first = await started(directory);
  await live(first.hive, options);
  await first.hive.stop();
  const withThem = await started(directory);
  await withThem.hive.stop();
  await rm(join(directory, 'snapshots'), { recursive: true, force: true });
  const withoutThem = await started(directory);
  await withoutThem.hive.stop();
  const snapshotRecord = Number(/snapshot=(\d+)/.exec(withThem.hive.recovery)?.[1] ?? 0);
  return { records, snapshotRecord, withMs: withThem.ms, withoutMs: withoutThem.ms };
}

async function started(directory: string): Promise<{ readonly hive: Hive; readonly ms: number }> {
  const begin = performance.now();
  const hive = await startHive({ directory, adjust: quiet });
  if (!hive.ok) throw new Error(`a start was refused: ${hive.refusal.detail}`);
  return { hive: hive.value, ms: performance.now() - begin };
}

async function live(hive: Hive, { records, signal, onProgress }: StartsOptions): Promise<void> {
  for (let done = 1; done < records; done += LINES_AT_ONCE) {
    if (signal.aborted) throw new Error('the run was ended');
    const count = Math.min(LINES_AT_ONCE, records - done);
    const lines = Array.from({ length: count }, (_, index) => hive.system('/queen/ctl', lineOf(done + index)));
    const refused = (await Promise.all(lines)).find((result) => !result.ok);
    if (refused?.ok === false) throw new Error(`a line was refused: ${refused.refusal.detail}`);
    if (Math.floor(done / PROGRESS_RECORDS) !== Math.floor((done + count) / PROGRESS_RECORDS))
      onProgress(`starts: ${done + count - 1} of ${records} records`);
  }
}

const PROGRESS_RECORDS = 250_000;

/** Lines that differ, so that no state is that of the line before. */
function lineOf(number: number): string {
  return `{"budget":{"ops":${1 + (number % 1000)}}}`;
}

function quiet(manifest: Manifest): Manifest {
  const plain = defaultManifest();
  return {
    ...plain,
    hive: manifest.hive,
    listen: { ...plain.listen, secure9p: '', console: '', secure9p_socket: false },
    policy: { ...plain.policy, enabled: false },
    workers: { ...plain.workers, start: [] },
  };
}
