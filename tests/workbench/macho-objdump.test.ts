// Mach-O files against llvm-objdump and llvm-nm: symbols, exports, fix-ups, function starts; and signatures that hold after a change.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSpace, changedPages, type Image, type ImageIsa, identitiesOf, open, repair, save } from '@cohesix/image';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, hiddenFixtures } from './fixtures/fixtures.ts';
import { plain } from './fixtures/plain.ts';

const [OBJDUMP, NM] = ['/usr/bin/llvm-objdump-19', '/usr/bin/llvm-nm-19'] as const;
const missing = toolMissing(OBJDUMP, 'llvm-19');
const linked = fixtureFacts({ format: 'macho' }).filter(({ name }) => !name.includes('object'));
const names = linked.map(({ name }) => name);
const hidden = [...hiddenFixtures({ format: 'macho' }), ...hiddenFixtures({ format: 'macho-fat' })];
const folder = mkdtempSync(join(tmpdir(), 'cohesix-macho-'));
afterAll(() => rmSync(folder, { recursive: true }));

function opened(bytes: Uint8Array, isa?: ImageIsa): Image {
  const outcome = open(bytes, isa === undefined ? {} : { isa });
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

async function rowsOf(path: string, options: readonly string[], pattern: RegExp): Promise<readonly string[]> {
  const { status, stdout } = await runTool(OBJDUMP, ['--macho', ...options, path]);
  expect(status).toBe(0);
  return [...stdout.matchAll(pattern)]
    .map(([, ...groups]) =>
      groups
        .join(' ')
        .toLowerCase()
        .replaceAll(/\b0x0+(?=[0-9a-f])/g, '0x'),
    )
    .sort();
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const sha256 = (bytes: Uint8Array): Uint8Array => plain(createHash('sha256').update(bytes).digest());

/** Pages with wrong hashes in all directories of an image. */
function wrongPages(image: Image): readonly number[] {
  const { detail, extent, bytes } = image;
  const own = bytes.subarray(extent.offset, extent.offset + extent.size);
  const directories = detail.format === 'macho' ? (detail.signature?.directories ?? []) : [];
  return directories.flatMap((directory) => changedPages(own, directory, sha256));
}

describe(`Mach-O files against llvm-objdump${hidden.length === 0 ? '' : ` (not read: ${hidden.join('; ')})`}`, () => {
  it.for(names)('%s: the same tables, and saving changes nothing', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const image = opened(bytes);
    expect(image.warnings).toEqual([]);
    expect(save(bytes, [])).toEqual({ ok: true, value: bytes });
    const starts = await rowsOf(path, ['--function-starts'], /^0*([0-9a-f]+)$/gm);
    const known = image.unwind().filter(({ from }) => from === 'function-starts');
    expect(known.map(({ start }) => start.toString(16)).sort()).toEqual(starts);
    const exported = await rowsOf(path, ['--exports-trie'], /^(0x\w+) +(\S+)$/gm);
    expect(
      image
        .exports()
        .map((one) => `${hex(one.address)} ${one.name}`.toLowerCase())
        .sort(),
    ).toEqual(exported);
  });

  it.for(names.filter((name) => name.includes('chained')))('%s: the same chained fix-ups', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const wanted = await rowsOf(path, ['--dyld-info'], /^\S+ +\S+ +(0x\w+) 0x\w+ (?:bind +0x0 +\S+|rebase) +(\S+)$/gm);
    const ours = opened(bytes)
      .relocations()
      .map((one) => `${hex(one.address)} ${one.symbol ?? hex(one.target ?? -1)}`);
    expect(wanted.length).toBeGreaterThan(5);
    expect(ours.sort()).toEqual(wanted);
  });

  it.for(names.filter((name) => !name.includes('chained')))('%s: the same opcodes', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const rebases = await rowsOf(path, ['--rebase'], /^\S+ +\S+ +(0x\w+) +pointer$/gm);
    const binds = await rowsOf(path, ['--bind'], /^\S+ +\S+ +(0x\w+) +pointer +0 +\S+ +(\S+)$/gm);
    const lazy = await rowsOf(path, ['--lazy-bind'], /^\S+ +\S+ +(0x\w+) +lib\S+ +(\S+)$/gm);
    const relocations = opened(bytes).relocations();
    const ours = relocations.map((one) =>
      one.symbol === undefined ? hex(one.address) : `${hex(one.address)} ${one.symbol}`,
    );
    expect(rebases.length).toBeGreaterThan(3);
    expect(ours.sort()).toEqual([...rebases, ...binds, ...lazy].sort());
  });

  it.for(names.filter((name) => !name.includes('dylib')))(
    '%s: stubs are those of the indirect symbols',
    async (name, context) => {
      if (missing !== undefined) context.skip(missing);
      const { path, bytes } = fixture(name);
      const table = await rowsOf(path, ['--indirect-symbols'], /^0x0*([0-9a-f]+) +\d+ (\S+)$/gm);
      const stubs = opened(bytes)
        .imports()
        .flatMap(({ name: own, stub }) => (stub === undefined ? [] : [`${stub.toString(16)} ${own}`]));
      expect(stubs.length).toBeGreaterThan(0);
      expect(table).toEqual(expect.arrayContaining(stubs));
    },
  );

  it.for(names)('%s: the same symbols as llvm-nm', async (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { path, bytes } = fixture(name);
    const { stdout } = await runTool(NM, [path]);
    const wanted = [...stdout.matchAll(/^0*([0-9a-f]+) [a-zA-Z] (\S+)$/gm)].map(([, at, text]) => `${at} ${text}`);
    expect(
      opened(bytes)
        .symbols()
        .map((one) => `${one.address.toString(16)} ${one.name}`)
        .sort(),
    ).toEqual(wanted.sort());
  });
});

describe('fat files', () => {
  it.for(['macho-fat-O2', 'macho-fat-64'])('%s: each slice is the file it was made of', (name, context) => {
    if (missing !== undefined) context.skip(missing);
    const { bytes } = fixture(name);
    expect(identitiesOf(bytes).map(({ isa }) => isa)).toEqual(['x86-64', 'aarch64']);
    for (const [isa, part] of [
      ['x86-64', 'macho-x64-O2-chained'],
      ['aarch64', 'macho-arm64-O2-chained'],
    ] as const) {
      const [slice, alone] = [opened(bytes, isa), opened(fixture(part).bytes)];
      expect(bytes.subarray(slice.extent.offset, slice.extent.offset + slice.extent.size)).toEqual(alone.bytes);
      expect(slice.symbols()).toEqual(alone.symbols());
      expect(slice.relocations()).toEqual(alone.relocations());
      const bytesOf = (image: Image): readonly Uint8Array[] =>
        image.sections.map((one) => image.bytes.subarray(one.offset, one.offset + one.fileSize));
      expect(bytesOf(slice)).toEqual(bytesOf(alone));
    }
  });
});

describe('signatures', () => {
  it.for([
    ['macho-arm64-O2', undefined],
    ['macho-arm64-O2-dylib', undefined],
    ['macho-fat-O2', 'aarch64'],
  ] as const)('%s: hold, break with a change, and are made anew', async ([name, isa], context) => {
    if (missing !== undefined) context.skip(missing);
    const image = opened(fixture(name).bytes, isa);
    if (image.detail.format !== 'macho') throw new Error('not Mach-O');
    expect(image.detail.signature).toMatchObject({ isAdHoc: true, directories: [{ flags: 0x20002, pageSize: 4096 }] });
    expect(wrongPages(image)).toEqual([]);
    const space = addSpace(image, { size: 64, permissions: { read: true, write: false, execute: true } });
    if (!space.ok) throw new Error(space.problem);
    const { offset, edits } = space.value;
    const code = {
      offset,
      before: image.bytes.slice(offset, offset + 64),
      after: new Uint8Array(64).fill(0xd5),
      reason: 'code',
    };
    const plainSave = save(image.bytes, [...edits, code]);
    const repaired = repair(image, [...edits, code], { sha256 });
    if (!plainSave.ok || !repaired.ok) throw new Error('cannot be changed');
    expect(wrongPages(opened(plainSave.value, isa))).toEqual([Math.floor((offset - image.extent.offset) / 4096)]);
    expect(repaired.value.repairs).toMatchObject([{ what: 'code-directory', outcome: 'made' }]);
    const saved = save(image.bytes, repaired.value.edits);
    if (!saved.ok) throw new Error(saved.problem);
    expect(wrongPages(opened(saved.value, isa))).toEqual([]);
    const path = join(folder, name);
    writeFileSync(path, saved.value);
    expect(await runTool(OBJDUMP, ['--macho', '--private-headers', path])).toMatchObject({ status: 0, stderr: '' });
    expect(repair(image, [...edits, code])).toMatchObject({ value: { repairs: [{ outcome: 'broken' }] } });
  });
});
