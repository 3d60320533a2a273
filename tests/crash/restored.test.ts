// A data directory that somebody changed while its hive was down: restored from a backup, mixed with that of another hive, with
// links, pipes and files of others in place of its own. On the real disk; what simulated damage shows is in `damage.test.ts`.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Hive, startHive } from '@cohesix/node';
import type { Result } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANY_PORTS } from '../support/hive.ts';

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const NOBODY = 65_534;

let folder = '';
let data = '';
const running: Hive[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cohesix-restored-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const hive of running.splice(0)) await hive.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function tryStart(directory = data): Promise<Result<Hive>> {
  const started = await startHive({
    directory,
    adjust: (manifest) => ({
      ...manifest,
      listen: { ...manifest.listen, secure9p: '', console: '', secure9p_socket: false },
      workers: { ...manifest.workers, start: [] },
    }),
  });
  if (started.ok) running.push(started.value);
  return started;
}

/** A start, `count` lines and a clean stop. */
async function live(count: number, directory = data): Promise<void> {
  const started = await tryStart(directory);
  if (!started.ok) throw new Error(started.refusal.detail);
  for (let index = 0; index < count; index++)
    await started.value.system('/queen/ctl', JSON.stringify({ budget: { ops: 1 + index } }));
  await started.value.stop();
}

const refusalOf = async (): Promise<string> => {
  const started = await tryStart();
  return started.ok ? 'starts' : `${started.refusal.code}: ${started.refusal.detail}`;
};

/** `coh audit verify` of the directory against a checkpoint that was kept: exit status and what it says. */
function verify(kept: string): { readonly status: number | null; readonly says: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COH, 'audit', 'verify', data, '--checkpoint', kept], {
    encoding: 'utf8',
  });
  return { status, says: `${stdout}${stderr}` };
}

describe('yesterday’s backup', () => {
  /** A directory of today, a copy of it as it was before, and a checkpoint of today that was kept elsewhere. */
  async function today(): Promise<{ readonly backup: string; readonly kept: string }> {
    await live(3);
    const backup = join(folder, 'backup');
    cpSync(data, backup, { recursive: true });
    await live(3);
    const kept = join(folder, 'kept');
    cpSync(join(data, 'journal', 'checkpoint'), kept);
    return { backup, kept };
  }

  it('of the segments, under the checkpoint of today: the start refuses', async () => {
    const { backup } = await today();
    const journal = join(data, 'journal');
    for (const name of readdirSync(join(backup, 'journal')).filter((each) => each.endsWith('.seg')))
      cpSync(join(backup, 'journal', name), join(journal, name));
    expect(await refusalOf()).toMatch(/^audit-unavailable: tampering: \d+ records were signed and only \d+ are here/);
  });

  it('of everything: the hive cannot know and starts; the kept checkpoint shows it', async () => {
    const { backup, kept } = await today();
    expect(verify(kept).status).toBe(0);
    rmSync(data, { recursive: true });
    cpSync(backup, data, { recursive: true });
    await live(1);
    const { status, says } = verify(kept);
    expect(status).toBe(1);
    expect(says).toMatch(/rolled back|rewritten|not those that were signed/);
  });
});

it('the journal of another hive: the start refuses, and the other way round as well', async () => {
  const other = join(folder, 'other');
  await live(3);
  await live(3, other);
  for (const [from, to] of [
    [join(data, 'journal'), join(folder, 'mine')],
    [join(other, 'journal'), join(data, 'journal')],
    [join(folder, 'mine'), join(other, 'journal')],
  ] as const)
    renameSync(from, to);
  for (const directory of [data, other]) {
    const started = await tryStart(directory);
    expect(started).toMatchObject({ ok: false, refusal: { code: 'audit-unavailable' } });
  }
});

describe('in place of the journal', () => {
  it.each([
    ['a symbolic link', (path: string) => symlinkSync(`${path}-elsewhere`, path)],
    ['a FIFO', (path: string) => void execFileSync('mkfifo', [path])],
    ['a file', (path: string) => writeFileSync(path, '')],
  ])('%s: the start refuses at once and says what must be there', async (_, make) => {
    await live(1);
    const path = join(data, 'journal');
    renameSync(path, `${path}-elsewhere`);
    make(path);
    expect(await refusalOf()).toMatch(/^audit-unavailable: .*journal.*(must be|not) a directory/);
    rmSync(path);
    renameSync(`${path}-elsewhere`, path);
    expect(await refusalOf()).toBe('starts');
  });
});

it('a directory whose permissions were taken from its owner: the start says so and changes nothing', async (context) => {
  // Root may everything: so another user is the one who starts the hive.
  if (process.getuid?.() !== 0) return context.skip('needs root, to become another user');
  await live(1);
  chmodSync(folder, 0o755);
  execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, data]);
  const before = readdirSync(join(data, 'journal')).sort();
  chmodSync(join(data, 'journal'), 0);
  chownSync(join(data, 'journal'), 0, 0);
  const args = [COH, 'up', '--json', '--data', data, ...ANY_PORTS];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    uid: NOBODY,
    gid: NOBODY,
    encoding: 'utf8',
    env: {},
  });
  expect(status).not.toBe(0);
  expect(`${stdout}${stderr}`).toMatch(/EACCES/);
  chownSync(join(data, 'journal'), NOBODY, NOBODY);
  chmodSync(join(data, 'journal'), 0o700);
  expect(readdirSync(join(data, 'journal')).sort()).toEqual(before);
  expect(readFileSync(join(data, 'journal', 'checkpoint')).length).toBeGreaterThan(0);
});
