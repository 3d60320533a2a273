// Functions and source files from DWARF, against the symbol table and llvm-dwarfdump, and Go's function table in a real Go program.

import { inflateSync } from 'node:zlib';
import { type DebugInfo, type Image, open } from '@cohesix/image';
import { describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, hiddenFixtures } from './fixtures/fixtures.ts';
import { plain } from './fixtures/plain.ts';
import { realFiles } from './fixtures/real-files.ts';

const DWARFDUMP = '/usr/bin/llvm-dwarfdump-19';
const filter = { format: 'elf', name: /-debug/ } as const;
const hidden = hiddenFixtures(filter);
const linked = fixtureFacts(filter)
  .map(({ name }) => name)
  .filter((name) => !name.includes('relocatable'));
/** C library start code has symbols, and no debug information. */
const STARTUP = /^(_|deregister_tm_clones|register_tm_clones|frame_dummy|call_weak_fn)/;

const inflate = (compressed: Uint8Array, sizeMax: number): Uint8Array =>
  plain(inflateSync(compressed, { maxOutputLength: sizeMax }));

function opened(bytes: Uint8Array, options = { inflate }): Image {
  const outcome = open(bytes, options);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

function debugInfo(image: Image): DebugInfo {
  if (image.detail.format !== 'elf') throw new Error('not ELF');
  return image.detail.debugInfo();
}

describe(`debug information${hidden.length === 0 ? '' : ` (not read: ${hidden.join('; ')})`}`, () => {
  it.each(linked)('%s: every function of the source has the symbol table’s start and size', (name) => {
    const image = opened(fixture(name).bytes);
    const symbols = image
      .symbols()
      .filter(({ kind, from, name: text }) => kind === 'function' && from === 'symtab' && !STARTUP.test(text))
      .map(
        ({ name: text, address, size }) =>
          `${address} ${address + size} ${text.replace(/\.(cold|part|constprop|isra).*$/, '')}`,
      );
    const functions = debugInfo(image).functions.map(({ name: text, start, end }) => `${start} ${end} ${text}`);
    expect([...functions].sort()).toEqual([...new Set(symbols)].sort());
    expect(functions.length).toBeGreaterThan(10);
    expect(image.warnings).toEqual([]);
  });

  it.each(linked)('%s: names the source file and line', (name) => {
    const { functions, files } = debugInfo(opened(fixture(name).bytes));
    const short = (path: string | undefined): string | undefined => path?.replace(/^.*\/c\//, 'c/');
    expect(files.map(short)).toEqual(['c/main.c', 'c/core.c']);
    const source = functions.find((one) => one.name === 'is_licensed');
    expect([short(source?.file), source?.line]).toEqual(['c/core.c', 18]);
  });

  it.for(linked)('%s: lines are those of llvm-dwarfdump', async (name, context) => {
    const missing = toolMissing(DWARFDUMP, 'llvm-19');
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const { stdout } = await runTool(DWARFDUMP, ['--debug-info', path]);
    const theirs = new Set(
      stdout.split(/\n(?=0x)/).flatMap((entry) => {
        const [, tag] = /^0x\w+: +(DW_TAG_\w+)/.exec(entry) ?? [];
        const [, text] = /DW_AT_name\s+\("(.*)"\)/.exec(entry) ?? [];
        const [, line] = /DW_AT_decl_line\s+\((\d+)\)/.exec(entry) ?? [];
        return tag === 'DW_TAG_subprogram' && text !== undefined ? [`${text} ${line}`] : [];
      }),
    );
    const ours = debugInfo(opened(bytes)).functions.map(({ name: text, line }) => `${text} ${line}`);
    expect(ours.filter((row) => !theirs.has(row))).toEqual([]);
  });

  it('says so when sections are compressed and nothing can inflate them', () => {
    const outcome = open(fixture('elf-x64-gcc-O0-debug-zlib').bytes);
    if (!outcome.ok) throw new Error(outcome.problem);
    expect(debugInfo(outcome.value)).toEqual({ functions: [], files: [] });
    expect(outcome.value.warnings[0]).toContain('nothing was given to inflate it');
  });

  it('reads none from a relocatable file, and says why', () => {
    const image = opened(fixture('elf-x64-gcc-O2-relocatable-debug').bytes);
    expect(debugInfo(image).functions).toEqual([]);
    expect(image.warnings).toEqual(['debug information of a relocatable file is not read: it is not relocated yet']);
  });

  it('gives functions of a relocatable file from its frames, where their symbols are', () => {
    for (const name of ['elf-x64-gcc-O2-relocatable', 'elf-arm64-gcc-O2-relocatable']) {
      const image = opened(fixture(name).bytes);
      const symbols = image
        .symbols()
        .filter(({ kind }) => kind === 'function')
        .map(({ address }) => address);
      expect(
        image
          .unwind()
          .map(({ start }) => start)
          .sort(),
      ).toEqual([...symbols].sort());
    }
  });
});

const esbuild = realFiles().find(({ name }) => name.endsWith('/esbuild'));

describe.skipIf(esbuild === undefined)(
  `Go's function table${esbuild === undefined ? ' (esbuild is not installed)' : ''}`,
  () => {
    it('has every function of a stripped program, in order, inside its code', () => {
      const image = opened(esbuild?.bytes ?? new Uint8Array(0));
      const functions = image.unwind().filter(({ from }) => from === 'pclntab');
      const text = image.sections.find(({ name }) => name === '.text');
      if (text === undefined) throw new Error('no .text');
      expect(image.symbols()).toEqual([]);
      expect(functions.length).toBeGreaterThan(5000);
      expect(
        functions.every(
          ({ start, end }) => start >= text.address && end > start && end <= text.address + text.size + 1,
        ),
      ).toBe(true);
      expect(functions.every(({ start }, index) => start >= (functions[index - 1]?.end ?? 0))).toBe(true);
      expect(functions.find(({ start }) => start === image.entry)?.name).toBe('_rt0_amd64_linux');
      expect(functions.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['main.main', 'runtime.main', 'runtime.mallocgc']),
      );
    });

    it('is found without section headers, too', () => {
      const bytes = (esbuild?.bytes ?? new Uint8Array(0)).slice();
      const view = new DataView(bytes.buffer);
      const whole = opened(bytes.slice()).unwind();
      view.setBigUint64(40, 0n, true); // e_shoff
      view.setUint16(60, 0, true); // e_shnum
      const bare = opened(bytes);
      expect(bare.sections).toEqual([]);
      expect(bare.unwind().map(({ start, name }) => `${start} ${name}`)).toEqual(
        whole.map(({ start, name }) => `${start} ${name}`),
      );
    });
  },
);
