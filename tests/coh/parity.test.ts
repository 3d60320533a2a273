// One core or all: a hive answers the same. The hive is a process of its own; its threads are pinned to one core, or not.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startHive } from '../support/hive.ts';
import { runTool, toolMissing } from '../support/tool.ts';

const TASKSET = '/usr/bin/taskset';
const COH = new URL('../../apps/coh/src/main.ts', import.meta.url).pathname;
const SCRIPT = new URL('smp_parity.coh', import.meta.url).pathname;
const MANIFEST = readFileSync(new URL('manifests/regression.toml', import.meta.url), 'utf8');

/** What `coh sh` prints for the script, with the hive on one core or on all. */
async function transcript(isPinned: boolean): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'cohesix-parity-'));
  const hive = await startHive({ data, manifest: MANIFEST });
  try {
    if (isPinned) expect((await runTool(TASKSET, ['-a', '-cp', '0', String(hive.pid)])).status).toBe(0);
    const run = await runTool(process.execPath, [COH, '--data', data, 'sh', '--script', SCRIPT]);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    return run.stdout;
  } finally {
    await hive.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

it('gives the same acknowledgements on one core as on all', { timeout: 60_000 }, async (context) => {
  const missing = toolMissing(TASKSET, 'util-linux');
  if (missing !== undefined) return context.skip(missing);
  const one = await transcript(true);
  expect(one).toMatch(/OK QUIT\n$/);
  expect(await transcript(false)).toBe(one);
});
