// The units of docs/service, as systemd reads them, and their commands, as `coh` does.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';

const UNITS = fileURLToPath(new URL('../../docs/service', import.meta.url));
const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const ANALYZE = '/usr/bin/systemd-analyze';
const missing = toolMissing(ANALYZE, 'systemd');
const names = readdirSync(UNITS).filter((name) => name.endsWith('.service'));
const folder = mkdtempSync(join(tmpdir(), 'cohesix-units-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words of a unit's ExecStart after the program. */
function commandOf(text: string): readonly string[] {
  const [, line = ''] = /^ExecStart=\S+\/coh (.+)$/m.exec(text) ?? [];
  return line.split(' ');
}

describe('the units of docs/service', () => {
  test('are the hive and the gateway', () =>
    expect(names).toEqual(['cohesix-gateway.service', 'cohesix-hive.service']));

  test.for(names)('%s: systemd has nothing to say of it', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const copy = join(folder, name);
    // The program is on the machine where it is installed, not here.
    writeFileSync(copy, readFileSync(join(UNITS, name), 'utf8').replace('/usr/local/bin/coh', '/bin/true'));
    const { status, stdout, stderr } = await runTool(ANALYZE, ['verify', '--man=no', copy]);
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  test.each(names)('%s: coh has its command and every option', async (name) => {
    const text = readFileSync(join(UNITS, name), 'utf8');
    const [command = '', ...words] = commandOf(text);
    const help = await runTool(process.execPath, [MAIN, command, '--help']);
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining(`coh ${command} `)]);
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(help.stdout).toContain(flag);
  });

  test.each(names)('%s: comes back after a crash, for as long as it takes', (name) => {
    const text = readFileSync(join(UNITS, name), 'utf8');
    expect(text).toMatch(/^Restart=(always|on-failure)$/m);
    expect(text).toMatch(/^StartLimitIntervalSec=0$/m);
  });
});
