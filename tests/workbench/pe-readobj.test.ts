// PE files against llvm-readobj: sections, imports, exports, relocations, functions.

import { existsSync, readFileSync } from 'node:fs';
import { type Image, open, save } from '@cohesix/image';
import { describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, hiddenFixtures } from './fixtures/fixtures.ts';
import { plain } from './fixtures/plain.ts';

const READOBJ = '/usr/bin/llvm-readobj-19';
const missing = toolMissing(READOBJ, 'llvm-19');
const names = fixtureFacts({ format: 'pe' }).map(({ name }) => name);
/** Libraries that nobody here made, where wine is installed. */
const real = ['kernel32', 'version', 'shlwapi']
  .map((name) => `/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/${name}.dll`)
  .filter((path) => existsSync(path));
const hidden = hiddenFixtures({ format: 'pe' });

function opened(bytes: Uint8Array): Image {
  const outcome = open(bytes);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

async function readobj(path: string, option: string): Promise<string> {
  const { status, stdout } = await runTool(READOBJ, [option, path]);
  expect(status).toBe(0);
  return stdout;
}

/** The texts that one pattern finds, its groups joined by spaces. */
function rows(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, ...groups]) => groups.join(' '));
}

const hex = (value: number): string => `0x${value.toString(16).toUpperCase()}`;

describe(`PE files against llvm-readobj${hidden.length === 0 ? '' : ` (not read: ${hidden.join('; ')})`}`, () => {
  it.for(names)('%s: the same tables, and saving changes nothing', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const image = opened(bytes);
    const base = image.detail.format === 'pe' ? Number(image.detail.headers.imageBase) : 0;
    expect(image.warnings).toEqual([]);
    expect(save(bytes, [])).toEqual({ ok: true, value: bytes });

    const sections = await readobj(path, '--sections');
    const wanted = rows(sections, /Name: (\S+) .*\n +VirtualSize: (\S+)\n +VirtualAddress: (\S+)\n/g);
    expect(image.sections.map((one) => `${one.name} ${hex(one.size)} ${hex(one.address - base)}`)).toEqual(wanted);

    const imports = rows(await readobj(path, '--coff-imports'), /^ +Symbol: (\S+) \(/gm);
    expect(image.imports().map((one) => one.name)).toEqual(imports);

    const exported = rows(await readobj(path, '--coff-exports'), /Ordinal: (\d+)\n +Name: (\S+)\n +RVA: (\S+)/g);
    expect(image.exports().map((one) => `${one.ordinal} ${one.name} ${hex(one.address - base)}`)).toEqual(exported);

    const relocations = rows(await readobj(path, '--coff-basereloc'), /Type: (\w+)\n +Address: (\S+)/g).filter(
      (row) => !row.startsWith('ABSOLUTE'),
    );
    const ours = image
      .relocations()
      .map((one) => `${one.type.replace('IMAGE_REL_BASED_', '')} ${hex(one.address - base)}`);
    expect(ours).toEqual(relocations);
  });

  it.for(names.filter((name) => name.includes('x64')))('%s: the same functions', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const text = await readobj(path, '--unwind');
    const wanted = rows(text, /StartAddress:.*\((0x\w+)\)\n +EndAddress:.*\((0x\w+)\)/g);
    const ours = opened(bytes).unwind();
    expect(ours.map(({ start, end }) => `${hex(start)} ${hex(end)}`)).toEqual(wanted);
  });

  it.for(real)(
    '%s of wine: the same imports, relocations and functions',
    { timeout: 60_000 },
    async (path, context) => {
      if (missing !== undefined) context.skip(missing);
      const image = opened(plain(readFileSync(path)));
      const base = image.detail.format === 'pe' ? Number(image.detail.headers.imageBase) : 0;
      expect(image.warnings).toEqual([]);
      const imports = rows(await readobj(path, '--coff-imports'), /^ +Symbol: (\S*) \(/gm);
      expect(image.imports().map((one) => one.name)).toEqual(imports);
      const moved = rows(await readobj(path, '--coff-basereloc'), /Type: DIR64\n +Address: (\S+)/g);
      expect(image.relocations().map((one) => hex(one.address - base))).toEqual(moved);
      const functions = rows(
        await readobj(path, '--unwind'),
        /StartAddress:.*\((0x\w+)\)\n +EndAddress:.*\((0x\w+)\)/g,
      );
      expect(image.unwind().map(({ start, end }) => `${hex(start)} ${hex(end)}`)).toEqual(functions);
    },
  );

  it('knows the stubs of imports by what their symbols are called', () => {
    const image = opened(fixture('pe-x64-mingw-O2').bytes);
    const at = new Map(image.symbols().map((symbol) => [symbol.name, symbol.address] as const));
    const stubs = image.imports().filter(({ stub }) => stub !== undefined);
    expect(stubs.length).toBeGreaterThan(20);
    // Others have no symbol of their own name: mingw calls some of its own functions as the import.
    const named = stubs.filter(({ name, stub }) => at.get(name) === stub);
    expect(named.length).toBeGreaterThan(stubs.length * 0.9);
  });
});
