// What the ELF reader makes of whole programs beyond their tables: kinds, import stubs, initialisers, thread-local memory.

import { type Image, type ImageKind, open } from '@cohesix/image';
import { describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, hiddenFixtures } from './fixtures/fixtures.ts';
import { realFiles } from './fixtures/real-files.ts';

const OBJDUMP = { 'x86-64': '/usr/bin/objdump', aarch64: '/usr/bin/aarch64-linux-gnu-objdump' } as const;
const hidden = hiddenFixtures({ format: 'elf' });
const names = fixtureFacts({ format: 'elf' }).map(({ name }) => name);
const have = new Set(names);

function opened(bytes: Uint8Array): Image {
  const outcome = open(bytes);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

/** `address name` of every stub, as objdump labels them: `0000000000001030 <puts@plt>:`. */
async function objdumpStubs(tool: string, path: string): Promise<readonly string[]> {
  const { stdout } = await runTool(tool, ['-d', '-j', '.plt', '-j', '.plt.sec', '-j', '.plt.got', path]);
  return [...stdout.matchAll(/^0*([0-9a-f]+) <([^*>]+)@plt>:/gm)]
    .map(([, at, name]) => `${at} ${name?.replace(/@.*/, '')}`)
    .sort();
}

const stubbed = [
  ...names
    .filter((name) => /-gcc-/.test(name) && !/headerless|relocatable|free|static|arm64be|x86-|-O[13]/.test(name))
    .map((name) => ({ name, file: (): { path: string; bytes: Uint8Array } => fixture(name) })),
  ...realFiles(3_000_000).map((file) => ({ name: file.name, file: () => file })),
];

describe(`ELF programs${hidden.length === 0 ? '' : ` (not read: ${hidden.join('; ')})`}`, () => {
  it.for(stubbed)('$name: stubs of imports are where objdump sees them', async ({ file }, context) => {
    const { path, bytes } = file();
    const image = opened(bytes);
    const tool = OBJDUMP[image.machine.isa as keyof typeof OBJDUMP];
    const missing = toolMissing(tool, 'binutils');
    if (missing !== undefined) context.skip(missing);
    const stubs = await objdumpStubs(tool, path);
    const ours = image
      .imports()
      .flatMap(({ stub, name }) => (stub === undefined ? [] : [`${stub.toString(16)} ${name}`]));
    // objdump also names stubs of functions that the file itself offers; those are no imports.
    const imported = new Set(image.imports().map(({ name }) => name));
    const theirs = stubs.filter((row) => imported.has(row.split(' ')[1] ?? ''));
    expect([...new Set(ours)].sort()).toEqual(theirs);
  });

  it.each<[string, ImageKind]>([
    ['elf-x64-gcc-O2', 'pie'],
    ['elf-x64-gcc-O2-no-pie', 'executable'],
    ['elf-x64-gcc-O2-static', 'executable'],
    ['elf-x64-gcc-O2-static-pie', 'static-pie'],
    ['elf-x64-gcc-O2-shared', 'shared'],
    ['elf-x64-gcc-O2-relocatable', 'relocatable'],
    ['elf-x64-gcc-O2-headerless', 'pie'],
    ['elf-arm64-gcc-O2', 'pie'],
    ['elf-arm64-gcc-O2-static-pie', 'static-pie'],
  ])('%s is %s', (name, kind) => {
    if (have.has(name)) expect(opened(fixture(name).bytes).kind).toBe(kind);
  });

  it('knows a C library with a loader of its own is no program', () => {
    const libc = realFiles().find(({ name }) => name.endsWith('x86_64-linux-gnu/libc.so.6'));
    if (libc !== undefined)
      expect(opened(libc.bytes)).toMatchObject({ kind: 'shared', detail: { soname: 'libc.so.6' } });
  });

  it.each([
    'elf-x64-gcc-O0',
    'elf-x64-gcc-O2-static',
    'elf-x64-clang-O2-relr',
    'elf-arm64-gcc-O2',
    'elf-x64-gcc-O2-relocatable',
  ])('%s: functions that run by themselves', (name) => {
    if (!have.has(name)) return;
    const image = opened(fixture(name).bytes);
    const at = new Map(image.symbols().map((symbol) => [symbol.name, symbol.address] as const));
    const wanted = ['construct', 'destruct'].flatMap((text) => at.get(text) ?? []);
    expect(image.initialisers()).toEqual(expect.arrayContaining(wanted));
    // core.c has none; clang runs `construct` at compile time.
    expect(wanted).toHaveLength(name.endsWith('relocatable') ? 0 : name.includes('clang') ? 1 : 2);
  });

  it('has initialisers inside what becomes read-only, thread-local memory, an interpreter', () => {
    const { detail, imports } = opened(fixture('elf-x64-gcc-O2').bytes);
    if (detail.format !== 'elf') throw new Error('not ELF');
    expect(detail.interpreter).toBe('/lib64/ld-linux-x86-64.so.2');
    expect(detail.tls).toMatchObject({ fileSize: 4, memorySize: 36 });
    expect(detail.hasExecutableStack).toBe(false);
    const array = opened(fixture('elf-x64-gcc-O2').bytes).sections.find(({ name }) => name === '.init_array');
    const { address = 0, size = 0 } = detail.relro ?? {};
    expect(array?.address).toBeGreaterThanOrEqual(address);
    expect(array?.address).toBeLessThan(address + size);
    expect(imports().find(({ name }) => name === 'puts')).toMatchObject({ library: 'libc.so.6', isWeak: false });
  });

  it.each([
    ['elf-x64-gcc-O2-cet', ['ibt', 'shstk']],
    ['elf-x64-clang-O2-cet', ['ibt']],
    ['elf-arm64-gcc-free-bti', ['bti', 'pac']],
    ['elf-x64-gcc-O2', []],
  ])('%s is hardened by %s', (name, features) => {
    if (have.has(name)) expect(opened(fixture(name).bytes).detail).toMatchObject({ features });
  });
});
