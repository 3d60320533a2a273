// `npm test`: everything that says whether this checkout is all right, in one command, on a fresh clone.
//
// Installs what is missing, then runs each check as a named step that passes or fails by itself; a failed step does
// not stop the next. The last line is `N passed, N failed, N skipped`: one per test and one per step. Arguments go to
// vitest (`npm test -- hive/wire`) and leave the other steps alone. With CI=true on Debian as root nothing may be
// skipped, because test-setup.sh can install all that the tests need there.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, orExplain } from './lib/install.mjs';
import { pinnedNode, root } from './lib/paths.mjs';
import { childEnv, run } from './lib/run.mjs';
import { Tally } from './lib/steps.mjs';

const filters = process.argv.slice(2);
// Colours only where a person sees them; vitest would colour a file, too.
if (!process.stdout.isTTY) process.env.NO_COLOR = '1';
const canInstall = process.platform === 'linux' && existsSync('/etc/debian_version') && process.getuid?.() === 0;

await orExplain(async () => {
  ensureInstalled();
  const tally = new Tally();
  if (canInstall) await tally.step('test tools', 'sh', [join(root, 'scripts', 'test-setup.sh')]);
  await tally.step('lock', pinnedNode, ['scripts/lock.mjs', '--check']);
  await tally.step('types', 'tsc', ['-p', 'tsconfig.json']);
  await tally.step('types of pure packages', 'tsc', ['-p', 'tsconfig.pure.json']);
  await tally.step('types of scripts', 'tsc', ['-p', 'tsconfig.scripts.json']);
  await tally.step('types of the page', 'tsc', ['-p', 'apps/swarmui/tsconfig.json']);
  await tally.step('types of its tests', 'tsc', ['-p', 'apps/swarmui/test/tsconfig.json']);
  await tally.step('lint', 'biome', ['ci', '--colors=off', '--error-on-warnings', '.']);
  await tally.step('dead code', 'knip', ['--no-progress', '--no-config-hints']);
  await tally.step('structure', pinnedNode, ['tools/tidy/src/main.ts']);
  await tally.step('build', pinnedNode, ['scripts/build.mjs']);
  await tally.check('tests', () => tests(tally));
  if (process.env.CI === 'true' && canInstall) await tally.check('nothing skipped', async () => skips(tally));
  tally.report();
  process.exitCode = tally.failed.length === 0 ? 0 : 1;
});

/** Runs vitest and adds its tests to the tally; the step itself fails when vitest does, or when no test ran. */
async function tests(tally) {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-test-'));
  const file = join(folder, 'report.json');
  const args = ['run', '--reporter=default', '--reporter=./scripts/lib/vitest-report.mjs', ...filters];
  const env = { COHESIX_TEST_REPORT: file };
  try {
    const { status } = await run('vitest', args, { env: childEnv(env) });
    if (!existsSync(file)) return `vitest ended with status ${status} before its report`;
    const report = JSON.parse(readFileSync(file, 'utf8'));
    tally.passed += report.passed;
    tally.failed.push(...report.failed);
    tally.skipped.push(...report.skipped);
    if (report.passed + report.failed.length === 0) return 'no test ran';
    return status === 0 ? undefined : `vitest exit status ${status}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function skips(tally) {
  const count = tally.skipped.length;
  return count === 0 ? undefined : `${count} tests skipped although CI can install what they need`;
}
