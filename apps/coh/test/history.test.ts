// `coh replay` and `coh at` on the journal of a hive that has stopped.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coh as cohAt, type Ran } from './captured-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-history-'));
const data = join(folder, 'data');
let stateHash = '';
/** Line number of the cordon. */
let cordon = 0;

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({ ...manifest, listen: { ...manifest.listen, secure9p: '', console: '' } }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  const queen = hive.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim());
  if (!queen.ok) throw new Error(queen.refusal.detail);
  expect((await queen.value.append('/queen/lifecycle/ctl', 'cordon')).ok).toBe(true);
  const log = await queen.value.read('/queen/lifecycle/ctl', 65_536);
  cordon = log.ok ? (JSON.parse(Buffer.from(log.value).toString()) as { seq: number }).seq : 0;
  await hive.stop();
  stateHash = hive.stateHash();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function coh(...argv: readonly string[]): Promise<Ran> {
  return cohAt(argv, { cwd: folder, env: { COH_DATA: data } });
}

describe('replay', () => {
  it('comes to the state the hive had', async () => {
    expect((await coh('replay')).stdout).toMatch(
      new RegExp(`^same {2}\\d+ lines in \\d+ records .*\\n {2}state {2}${stateHash}\\n$`),
    );
    const json = JSON.parse((await coh('replay', data, '--json')).stdout) as object;
    expect(json).toMatchObject({ ok: true, state_sha256: stateHash, divergence: null });
  });

  it('lists what another policy would have kept back, from a line on', async () => {
    const toml = 'schema = "cohesix-hive/1"\n[policy]\nrules = [{ id = "all", target = "/queen/lifecycle/ctl" }]\n';
    writeFileSync(join(folder, 'stricter.toml'), toml);
    const { stdout } = await coh('replay', '--policy', 'stricter.toml');
    expect(stdout).toContain(
      `1 would have been decided otherwise:\n  ${cordon}  needs-approval  /queen/lifecycle/ctl cordon\n`,
    );
    const later = await coh('replay', '--policy', 'stricter.toml', '--from', String(cordon + 1));
    expect(later.stdout).toContain('no line would have been decided otherwise');
    const none = await coh('replay', folder);
    expect([none.exit, none.stderr]).toEqual([1, expect.stringContaining('holds no journal')]);
    expect((await coh('replay', '--to', '1')).stdout).toMatch(/^same {2}1 lines in 1 records/);
    expect((await coh('replay', '--to', 'x')).stderr).toContain('--to is the number of a line');
    expect((await coh('replay', '--policy', 'missing.toml')).stderr).toContain('missing.toml');
  });
});

describe('at', () => {
  it('shows what was there then, and says what was not', async () => {
    expect((await coh('at', String(cordon - 1), 'cat', '/proc/lifecycle/state')).stdout).toBe('state=ONLINE\n');
    expect((await coh('at', String(cordon), 'cat', '/proc/lifecycle/state')).stdout).toBe('state=DRAINING\n');
    expect((await coh('at', '1', 'ls', '/worker')).stdout).toBe('worker-1\n');
    const json = JSON.parse((await coh('at', String(cordon), 'ls', '/', '--json')).stdout) as { names: string[] };
    expect(json.names).toContain('queen');
    const gone = await coh('at', '9999', 'ls', '/');
    expect([gone.exit, gone.stderr]).toEqual([1, expect.stringContaining('The journal ends at line')]);
    expect((await coh('at', '1', 'cat', '/nothing')).stderr).toContain('It was not there');
    expect((await coh('at', '1', 'cat', '/worker')).stderr).toContain('Try: ls.');
    expect((await coh('at', 'x', 'ls', '/')).exit).toBe(2);
  });

  it('asks the hive behind a door that is named, and gets the same answers', async () => {
    const started = await startHive({
      directory: data,
      adjust: (manifest) => ({ ...manifest, listen: { ...manifest.listen, secure9p: '', console: '' } }),
    });
    if (!started.ok) throw new Error(started.refusal.detail);
    const door = ['--to', `unix:${started.value.addresses.socket}`];
    try {
      for (const what of [
        [String(cordon - 1), 'cat', '/proc/lifecycle/state'],
        [String(cordon), 'cat', '/queen/lifecycle/ctl'],
        ['1', 'ls', '/worker'],
        ['1', 'ls', '/'],
      ]) {
        const there = await coh('at', ...what, ...door);
        expect(there).toEqual(await coh('at', ...what));
        expect([there.exit, there.stdout]).toEqual([0, expect.stringMatching(/./)]);
      }
      const json = JSON.parse((await coh('at', '1', 'ls', '/worker', '--json', ...door)).stdout) as object;
      expect(json).toEqual({ seq: 1, path: '/worker', names: ['worker-1'] });
      const gone = await coh('at', '9999', 'ls', '/', ...door);
      expect([gone.exit, gone.stderr]).toEqual([
        1,
        expect.stringMatching(/list \/replay\/at\/9999 .*\n.*from 1 to \d+\./),
      ]);
      expect((await coh('at', '1', 'cat', '/nothing', ...door)).stderr).toContain('ls /replay/at/1');
      expect((await coh('at', '1', 'cat', '/', ...door, '--url', '9p://127.0.0.1:1')).stderr).toContain('two doors');
    } finally {
      await started.value.stop();
    }
  });
});
