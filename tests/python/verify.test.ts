// The verifier in plain Python: its own tests, and packs that the hive's code wrote from a real journal. It shares no code
// with us, so what it says of a log is worth something.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeDisk, writePack } from '@cohesix/journal';
import { startHive } from '@cohesix/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';

const PYTHON = '/usr/bin/python3';
const SDK = fileURLToPath(new URL('../../sdk/python', import.meta.url));
const VERIFY = join(SDK, 'cohesix', 'verify.py');
const missing = toolMissing(PYTHON, 'python3');
/** The suite of the verifier itself takes half a minute of one core. */
const SUITE_MS = 180_000;

describe.skipIf(missing !== undefined)(`sdk/python${missing === undefined ? '' : ` (${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-python-'));
  const pack = join(folder, 'pack');
  const key = (): string => readFileSync(join(pack, 'key'), 'utf8').trim();

  beforeAll(async () => {
    const directory = join(folder, 'data');
    const hive = await startHive({
      directory,
      adjust: (manifest) => ({ ...manifest, listen: { ...manifest.listen, secure9p: '', console: '' } }),
    });
    if (!hive.ok) throw new Error(hive.refusal.detail);
    const lines = Array.from({ length: 600 }, (_, n) => hive.value.system('/queen/ctl', `{"budget":{"ops":${n + 1}}}`));
    await Promise.all(lines);
    await hive.value.stop();
    const written = await writePack(nodeDisk, hive.value.paths.journal, pack);
    if (!written.ok) throw new Error(written.refusal.detail);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('its own tests pass', { timeout: SUITE_MS }, async () => {
    const suite = await runTool(
      PYTHON,
      ['-B', '-m', 'unittest', 'discover', '-s', join(SDK, 'test'), '-p', 'test_verify.py'],
      SUITE_MS,
    );
    expect(suite.stderr.split('\n').slice(-4)).toEqual([expect.stringMatching(/^Ran \d+ tests/), '', 'OK', '']);
  });

  test('finds a pack of this hive good, under its key', async () => {
    const { status, stdout } = await runTool(PYTHON, ['-B', VERIFY, pack, '--key', key(), '--json']);
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ ok: true, key_from: 'option', findings: [] }),
    ]);
    expect((JSON.parse(stdout) as { size: number }).size).toBeGreaterThan(600);
  });

  test.each(['entries/000', 'entries/001', '0/000', '0/002.p', 'checkpoint'])(
    'finds one changed byte in %s',
    async (name) => {
      const copy = mkdtempSync(join(folder, 'copy-'));
      cpSync(pack, copy, { recursive: true });
      const file = fileOf(copy, name);
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      writeFileSync(file, bytes);
      const { status, stdout } = await runTool(PYTHON, ['-B', VERIFY, copy, '--key', key()]);
      expect([status, stdout]).toEqual([1, expect.stringContaining('TAMPERED')]);
    },
  );
});

/** The file of a name in a pack; of a partial tile the one in its folder. */
function fileOf(copy: string, name: string): string {
  const path = join(copy, name === 'checkpoint' ? name : join('tile', name));
  return name.endsWith('.p') ? join(path, readdirSync(path)[0] ?? '') : path;
}
