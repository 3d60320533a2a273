// The fixtures are what the other tests take them for: the sample program does what its source says, on what can run it.

import { describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { type Fixture, fixture, fixtureFacts, fixtures, hiddenFixtures } from './fixtures/fixtures.ts';
import { realFiles } from './fixtures/real-files.ts';

const QEMU = '/usr/bin/qemu-aarch64-static';
const hidden = hiddenFixtures();
const samples = (['native', 'qemu-aarch64'] as const)
  .flatMap((runs) => fixtureFacts({ program: 'sample', runs }))
  .filter(({ name }) => !name.endsWith('-stripped') && !/-O[13]$/.test(name));

async function run({ path, runs }: Fixture, args: readonly string[]): Promise<string> {
  const ran = await (runs === 'native'
    ? runTool(path, args)
    : runTool(QEMU, ['-L', '/usr/aarch64-linux-gnu', path, ...args]));
  return `${ran.stdout}${ran.stderr}${ran.status}`;
}

describe(`fixtures${hidden.length === 0 ? '' : ` (cannot be made here: ${hidden.join('; ')})`}`, () => {
  it.for(samples)('$name behaves', async ({ name, runs }, context) => {
    const missing = runs === 'native' ? undefined : toolMissing(QEMU, 'qemu-user-static');
    if (missing !== undefined) context.skip(missing);
    const sample = fixture(name);
    expect(await run(sample, ['check', 'CHX-396988E0'])).toBe('licensed\n0');
    expect(await run(sample, ['check', 'CHX-396988E1'])).toBe('not licensed\n3');
    expect(await run(sample, ['day', '9'])).toBe('beyond\n0');
    expect(await run(sample, ['apply', 'larger', '3', '5'])).toBe('5\n0');
    expect(await run(sample, ['day', 'x'])).toBe('sample: not a number\n2');
    expect(await run(sample, ['state'])).toBe('sample 1.0 48 0 0\n0');
  });

  it('are found by their properties, and the same twice', async () => {
    const twice = [await fixtures({ format: 'elf', isa: 'x86' }), await fixtures({ format: 'elf', isa: 'x86' })];
    expect(twice[0]?.map(({ name }) => name)).toEqual(
      fixtureFacts({ format: 'elf', isa: 'x86' }).map(({ name }) => name),
    );
    expect(twice[0]?.[0]?.bytes).toEqual(twice[1]?.[0]?.bytes);
    expect(() => fixture('no-such')).toThrow('no fixture is named no-such');
  });

  it('name the twin that has the symbols', () => {
    for (const { name, twin } of fixtureFacts({ name: /-stripped$/ }))
      expect(twin).toBe(name.replace(/-stripped$/, ''));
  });

  it('real files are there, each once', () => {
    const files = realFiles();
    expect(files.length).toBeGreaterThan(3);
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    expect(files[0]?.bytes.length).toBe(files[0]?.size);
  });
});
