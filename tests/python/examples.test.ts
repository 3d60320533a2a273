// The examples of sdk/python on a hive that runs, and what is made of its log afterwards: evidence for CI, records for a SIEM.

import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runTool, type ToolRun, toolMissing } from '../support/tool.ts';
import { type Door, PYTHON, python, SDK, Stand } from './playbook-stand.ts';

const missing = toolMissing(PYTHON, 'python3');
const SLOW_MS = 120_000;
const EVIDENCE = 'cohesix.integrations.ci_evidence';
const SIEM = 'cohesix.integrations.siem';

describe.skipIf(missing !== undefined)(
  `examples${missing === undefined ? '' : ` (${missing})`}`,
  { timeout: SLOW_MS },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'cohesix-examples-'));
    let stand: Stand;
    beforeAll(async () => {
      stand = await Stand.start();
      writeFileSync(join(folder, 'telemetry.cbor'), 'x');
      writeFileSync(join(folder, 'policy.toml'), 'a = 1\n');
      const files = ['--telemetry', join(folder, 'telemetry.cbor'), '--policy', join(folder, 'policy.toml')];
      const published = await stand.coh('peft', 'publish', 'job_8932', '--base', 'llama3-8b', ...files);
      expect([published.status, published.stderr]).toEqual([0, '']);
    }, SLOW_MS);
    afterAll(async () => {
      await stand?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs an example; what it leaves is in `<folder>/<door>/<name>`. */
    function example(door: Door, name: string, ...more: string[]): Promise<ToolRun> {
      const tickets = ['--ticket', stand.ticket('queen'), '--approver-ticket', stand.ticket('approver')];
      const script = join(SDK, 'examples', `${name}.py`);
      return python([script, '--to', stand.url(door), '--out', join(folder, door, name), ...tickets, ...more], SLOW_MS);
    }

    const left = (door: Door, name: string, file: string): string =>
      readFileSync(join(folder, door, name, file), 'utf8');

    describe.each(['rest', '9p'] as const)('over %s', (door) => {
      test('telemetry comes back as it was sent', async () => {
        expect((await example(door, 'telemetry_write_pull', '--device', `cam-${door}`)).status).toBe(0);
        const pulled = left(door, 'telemetry_write_pull', 'pulled.ndjson');
        expect(pulled).toBe(left(door, 'telemetry_write_pull', 'pushed.ndjson'));
        const own = await stand.coh('telemetry', 'pull', '--device', `cam-${door}`, '--out', join(folder, door, 'own'));
        expect(own.status).toBe(0);
      });

      test('a program runs under a lease that a second person approved', async () => {
        const { status, stderr } = await example(door, 'lease_run', '--publish');
        expect([status, stderr]).toEqual([0, '']);
        expect(JSON.parse(left(door, 'lease_run', 'run.json'))).toMatchObject({ exit_code: 0, stdout: '332833500\n' });
        const { worker } = JSON.parse(left(door, 'lease_run', 'lease.json')) as { worker: string };
        const lease = await stand.cat('/gpu/GPU-0/lease');
        expect(lease).toMatch(new RegExp(`"state":"RELEASED"[^\n]*"worker_id":"${worker}"`));
      });

      test('two models are registered, and the first is active again', async () => {
        const { status, stderr } = await example(door, 'peft_roundtrip', '--run', door);
        expect([status, stderr]).toEqual([0, '']);
        expect(await stand.cat('/gpu/models/active')).toBe(`example-job_8932-v1-${door}\n`);
        expect(await stand.cat('/proc/export/windows')).toBe('');
      });

      test('a playbook from Python', async () => {
        const { status } = await example(door, 'use_case_playbook', '--playbook', 'jetson-manufacturing-safety');
        expect(status).toBe(0);
        expect(left(door, 'use_case_playbook', 'report.txt').split('\n').at(-2)).toBe('ok');
      });
    });

    test('the example of the README does what its comments say', async () => {
      const readme = readFileSync(join(SDK, 'README.md'), 'utf8');
      const [, code = ''] = /```python\n(from cohesix import .*?)```/s.exec(readme) ?? [];
      const here = code
        .replace('http://127.0.0.1:8080', stand.url('rest'))
        .replace('"queen.ticket"', JSON.stringify(stand.ticket('queen')));
      const { status, stdout } = await python(['-c', here], SLOW_MS);
      const said = [...code.matchAll(/print\(.*# (.*)/g)].map(([, comment]) => `${comment}\n`).join('');
      expect([status, stdout]).toEqual([0, said]);
    });

    test('evidence of the runs: the log verifies, the reports hold; a changed record does not', async () => {
      const pack = join(folder, 'pack');
      // A pack goes to the last checkpoint, which is up to a second behind the journal.
      const written = (await stand.cat('/audit/journal')).trimEnd().split('\n').length;
      const signed = async (): Promise<number> => Number((await stand.cat('/audit/checkpoint')).split('\n')[1]);
      await expect.poll(signed, { timeout: 20_000 }).toBeGreaterThanOrEqual(written);
      expect((await stand.coh('audit', 'export', pack)).status).toBe(0);
      const key = readFileSync(join(pack, 'key'), 'utf8').trim();
      const report = join(folder, 'rest', 'use_case_playbook', 'report.json');
      const args = [pack, '--key', key, '--report', report, '--artefacts', join(folder, 'rest')];
      const good = await python(['-m', EVIDENCE, ...args], SLOW_MS);
      const summary = JSON.parse(good.stdout) as {
        log: { size: number };
        artefacts: { path: string; sha256: string }[];
      };
      expect([good.status, summary]).toEqual([0, expect.objectContaining({ ok: true, exit_code: 0 })]);
      const row = summary.artefacts.find(({ path }) => path === 'use_case_playbook/report.json');
      expect(row?.sha256).toBe(hash('sha256', readFileSync(report), 'hex'));
      const siem = await python(['-m', SIEM, '--pack', pack, '--key', key], SLOW_MS);
      const records = siem.stdout.trimEnd().split('\n');
      expect([siem.status, records.length]).toEqual([0, summary.log.size]);
      expect(records.filter((line) => line.includes('/gpu/models/ctl')).length).toBeGreaterThan(3);
      await expectTampered(pack, key, args);
    });

    async function expectTampered(pack: string, key: string, args: readonly string[]): Promise<void> {
      const found = await runTool('/usr/bin/find', [join(pack, 'tile', 'entries'), '-type', 'f']);
      const [file = ''] = found.stdout.split('\n');
      const bytes = readFileSync(file);
      bytes[40] = (bytes[40] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      const bad = await python(['-m', EVIDENCE, ...args], SLOW_MS);
      expect([bad.status, (JSON.parse(bad.stdout) as { ok: boolean }).ok]).toEqual([1, false]);
      const siem = await python(['-m', SIEM, '--pack', pack, '--key', key, '-o', join(folder, 'siem.ndjson')], SLOW_MS);
      expect([siem.status, siem.stdout]).toEqual([1, '']);
      expect(siem.stderr).toContain('does not verify');
      const none = await python(['-m', EVIDENCE, join(folder, 'nothing')], SLOW_MS);
      expect(none.status).toBe(2);
    }
  },
);
