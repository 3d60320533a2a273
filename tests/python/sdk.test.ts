// The Python package: its own tests pass against mocks, against servers that misbehave, and, byte for byte beside `coh`, against
// real hives (`cohesix_parity`); and it can be installed. What of it is generated: scripts/test/python-models.test.mjs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';

const PYTHON = '/usr/bin/python3';
const SDK = fileURLToPath(new URL('../../sdk/python', import.meta.url));
/** `tests/python/verify.test.ts` runs that one. */
const ELSEWHERE = 'test_verify.py';
const SUITE_MS = 420_000;
const missing = toolMissing(PYTHON, 'python3');
const pytestMissing = missing ?? toolMissing('/usr/bin/pytest-3', 'python3-pytest');

describe.skipIf(pytestMissing !== undefined)(
  `sdk/python${pytestMissing === undefined ? '' : ` (${pytestMissing})`}`,
  () => {
    /** Runs its tests. Value: how many passed; nothing may fail or be skipped. */
    async function pytest(...wanted: readonly string[]): Promise<number> {
      const tests = ['-q', '-p', 'no:cacheprovider', '--ignore', join(SDK, 'test', ELSEWHERE), join(SDK, 'test')];
      const run = await runTool(PYTHON, ['-B', '-m', 'pytest', ...tests, ...wanted], SUITE_MS);
      const [, passed = '0', rest = ''] = /^(\d+) passed(.*) in /m.exec(run.stdout) ?? [];
      expect([run.status, rest.replace(/, \d+ (?:deselected|subtests passed)/g, '')], run.stdout).toEqual([0, '']);
      return Number(passed);
    }

    test('does byte for byte what coh does', { timeout: SUITE_MS }, async () => {
      expect(await pytest('-k', 'cohesix_parity')).toBeGreaterThanOrEqual(5);
    });

    test('passes its other tests', { timeout: SUITE_MS }, async () => {
      expect(await pytest('-k', 'not cohesix_parity')).toBeGreaterThan(60);
    });

    test('installs from its folder without a network, and its commands are there', { timeout: SUITE_MS }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cohesix-wheel-'));
      const script = [
        `import sys; sys.path.insert(0, ${JSON.stringify(SDK)})`,
        'import build_wheel, zipfile',
        'name = build_wheel.build_wheel(sys.argv[1])',
        'print("\\n".join(zipfile.ZipFile(f"{sys.argv[1]}/{name}").namelist()))',
        'sys.path.insert(0, f"{sys.argv[1]}/{name}"); del sys.path[1]',
        'import cohesix; print(cohesix.CohesixClient.__module__, cohesix.__file__.endswith(".whl/cohesix/__init__.py"))',
      ].join('\n');
      try {
        const { status, stdout, stderr } = await runTool(PYTHON, ['-B', '-c', script, folder]);
        expect([status, stderr]).toEqual([0, '']);
        for (const name of ['cohesix/models.py', 'cohesix/py.typed', 'cohesix-0.1.0.dist-info/entry_points.txt'])
          expect(stdout).toContain(`${name}\n`);
        expect(stdout).toContain('cohesix.client True\n');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
