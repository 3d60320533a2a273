// `coh audit` on the files of a hive that has stopped: good, tampered, no log at all, and a pack for others.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coh as cohAt, type Ran } from './captured-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-audit-'));
const data = join(folder, 'data');
const journal = join(data, 'journal');

beforeAll(async () => {
  const started = await startHive({
    directory: data,
    adjust: (manifest) => ({ ...manifest, listen: { ...manifest.listen, secure9p: '', console: '' } }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  await started.value.stop();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function coh(...argv: readonly string[]): Promise<Ran> {
  return cohAt(argv, { cwd: folder, env: { COH_DATA: data } });
}

/** A copy of the journal in which one byte of a file is another. */
function tampered(name: string): string {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(journal, copy, { recursive: true });
  const file = readdirSync(copy).find((one) => one.endsWith(name)) ?? '';
  const bytes = readFileSync(join(copy, file));
  const at = bytes.length - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(join(copy, file), bytes);
  return copy;
}

describe('audit verify', () => {
  it('says that the history of the local hive is good, and by which key', async () => {
    const { exit, stdout } = await coh('audit', 'verify');
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(/^good {2}.*\n {2}records {2}\d+ signed\n {2}root {5}\S{44}\n/),
    ]);
    const json = JSON.parse((await coh('audit', 'verify', data, '--json')).stdout) as object;
    expect(json).toMatchObject({ ok: true, kind: 'journal', keyFrom: 'log', findings: [] });
  });

  it.each(['.seg', 'checkpoint'])('finds one changed byte of the %s, exit status 1', async (name) => {
    const { exit, stdout } = await coh('audit', 'verify', tampered(name));
    expect([exit, stdout]).toEqual([1, expect.stringMatching(/^TAMPERED {2}/)]);
  });

  it('believes the key and the checkpoint it is given', async () => {
    const key = readFileSync(join(journal, 'key'), 'utf8').trim();
    const good = await coh('audit', 'verify', '--key', key, '--checkpoint', join(journal, 'checkpoint'), '--json');
    expect(JSON.parse(good.stdout)).toMatchObject({ ok: true, keyFrom: 'option' });
    const wrong = await coh('audit', 'verify', '--key', 'nonsense');
    expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('The key of the log')]);
  });

  it('says when there is no log, exit status 2', async () => {
    expect((await coh('audit', 'verify', folder)).exit).toBe(2);
    expect((await coh('audit', 'verify', join(folder, 'nothing'))).stderr).toContain('does not exist');
  });
});

describe('audit export', () => {
  it('writes a pack once, which verifies', async () => {
    const { exit, stdout } = await coh('audit', 'export', 'evidence', '--json');
    expect([exit, JSON.parse(stdout)]).toEqual([
      0,
      { path: join(folder, 'evidence'), records: expect.any(Number), files: 4 },
    ]);
    expect((await coh('audit', 'verify', 'evidence')).exit).toBe(0);
    expect((await coh('audit', 'export', 'evidence')).stderr).toContain('exists already');
  });
});
