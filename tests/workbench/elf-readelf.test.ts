// The ELF reader against GNU readelf, on every ELF fixture and on real files of this machine. What differs on purpose:
// - symbols without a name, without an address (undefined, common) and of sections are not listed;
// - thread-local symbols have the address of their template, readelf shows the offset into it;
// - relocatable files get addresses, which readelf shows from 0 for each section;
// - sections that are not loaded have no address, also where their header gives them one;
// - functions are read from .eh_frame, readelf shows those of .debug_frame, too;
// - readelf lists relocations by section, so that it also shows those that no loader reads (none in these files).

import { type Image, open, type Section, SYMBOL_KINDS, save, symbolColumns, unwindColumns } from '@cohesix/image';
import { beforeAll, describe, expect, it } from 'vitest';
import { toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, fixtures, hiddenFixtures } from './fixtures/fixtures.ts';
import { realFiles } from './fixtures/real-files.ts';
import {
  READELF,
  type ReadelfSymbol,
  readelfFacts,
  readelfFrames,
  readelfLoads,
  readelfRelocations,
  readelfRelr,
  readelfSections,
  readelfSymbols,
} from './support/readelf.ts';

/** Files as large as this are compared whole; larger ones by their headers. */
const WHOLE_MAX = 3_000_000;
const FRAMES_MAX = 2_000_000;

const missing = toolMissing(READELF, 'binutils');
const hidden = hiddenFixtures({ format: 'elf' });
const title = [missing, ...hidden].filter((why) => why !== undefined).join('; ');

interface Case {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

const names = fixtureFacts({ format: 'elf' })
  .map(({ name }) => name)
  .filter((name) => !/-O[013]-stripped/.test(name));
const real = realFiles(WHOLE_MAX);
/** readelf finds symbols and relocations by sections only. */
const hasSections = ([name]: readonly [string, unknown]): boolean => !name.endsWith('-headerless');
const cases: readonly (readonly [string, () => Case])[] = [
  ...names.map((name) => [name, () => fixture(name)] as const),
  ...real.map((file) => [file.name, () => file] as const),
];

function opened(bytes: Uint8Array): Image {
  const outcome = open(bytes);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

const hex = (value: number): string => value.toString(16);

describe.skipIf(missing !== undefined)(
  `ELF as readelf reads it${title === '' ? '' : ` (not compared: ${title})`}`,
  () => {
    beforeAll(async () => {
      await fixtures({ format: 'elf' });
    });

    it.each(cases)('%s: sections and segments', async (_, make) => {
      const { path, bytes } = make();
      const image = opened(bytes);
      const isRelocatable = image.kind === 'relocatable';
      const sections = image.sections.map(
        ({ name, address, offset, size }) => `${name} ${hex(isRelocatable ? 0 : address)} ${hex(offset)} ${hex(size)}`,
      );
      const theirs = await readelfSections(path);
      expect(sections.map(withoutOffset(image))).toEqual(theirs.map(withoutOffset(image)));
      if (isRelocatable) return;
      const segments = image.segments.map(
        ({ offset, address, fileSize, memorySize, permissions: { read, write, execute } }) =>
          `${hex(offset)} ${hex(address)} ${hex(fileSize)} ${hex(memorySize)} ${read ? 'R' : '-'}${write ? 'W' : '-'}${execute ? 'E' : '-'}`,
      );
      expect(segments).toEqual(await readelfLoads(path));
    });

    it.each(cases.filter(hasSections))('%s: symbols', async (_, make) => {
      const { path, bytes } = make();
      const image = opened(bytes);
      const ours = image
        .symbols()
        .map(
          ({ from, name, address, size, kind, binding }) =>
            `${from} ${name} ${hex(address)} ${size} ${kind} ${binding}`,
        );
      expect(ours.sort()).toEqual((await readelfSymbols(path)).flatMap((symbol) => rowOf(image, symbol)).sort());
      const columns = symbolColumns(image);
      expect(columns.count).toBe(image.symbols().length);
      const fromColumns = image
        .symbols()
        .map((_, row) => `${columns.name(row)} ${columns.addresses[row]} ${SYMBOL_KINDS[columns.kinds[row]!]}`);
      expect(fromColumns).toEqual(image.symbols().map(({ name, address, kind }) => `${name} ${address} ${kind}`));
    });

    it.each(cases.filter(hasSections))('%s: relocations', async (_, make) => {
      const { path, bytes } = make();
      const image = opened(bytes);
      if (image.kind === 'relocatable') {
        const types = (rows: readonly string[]): readonly string[] =>
          rows.map((row) => row.split(' ').slice(1).join(' ')).sort();
        const loaded = (await readelfRelocations(path)).slice(0, image.relocations().length);
        return expect(types(image.relocations().map(({ type, symbol }) => `0 ${type} ${symbol ?? ''}`)).length).toBe(
          loaded.length,
        );
      }
      const relr = await readelfRelr(path);
      const isRelr = new Set(relr);
      const ours = image
        .relocations()
        .map(({ address, type, symbol }) => ({ address, text: `${hex(address)} ${type} ${symbol ?? ''}` }));
      expect(ours.filter(({ address }) => isRelr.has(address)).map(({ address }) => address)).toEqual(relr);
      const rest = ours.filter(({ address }) => !isRelr.has(address)).map(({ text }) => text);
      expect(rest.sort()).toEqual((await readelfRelocations(path)).toSorted());
    });

    it.each(cases)('%s: notes, libraries, build id', async (_, make) => {
      const { path, bytes } = make();
      const { detail } = opened(bytes);
      if (detail.format !== 'elf') throw new Error('not ELF');
      const { buildId, features, needed } = await readelfFacts(path);
      expect({ buildId: detail.buildId, features: detail.features, needed: detail.needed }).toEqual({
        buildId,
        features,
        needed,
      });
    });

    it.each(cases.filter(([, make]) => make().bytes.length < FRAMES_MAX))(
      '%s: functions of .eh_frame',
      async (name, make) => {
        if (/relocatable|headerless|arm64be/.test(name)) return;
        const { path, bytes } = make();
        const image = opened(bytes);
        const ours = image
          .unwind()
          .filter(({ from }) => from === 'eh-frame')
          .map(({ start, end }) => `${hex(start)} ${hex(end)}`);
        expect(ours.sort()).toEqual([...(await readelfFrames(path))].sort());
        expect(unwindColumns(image).count).toBe(image.unwind().length);
      },
    );

    it.each(
      realFiles()
        .filter(({ size }) => size > WHOLE_MAX)
        .map((file) => [file.name, file] as const),
    )('%s: headers', async (_, file) => {
      const image = opened(file.bytes);
      const sections = image.sections.map(
        ({ name, address, offset, size }) => `${name} ${hex(address)} ${hex(offset)} ${hex(size)}`,
      );
      expect(sections.map(withoutOffset(image))).toEqual((await readelfSections(file.path)).map(withoutOffset(image)));
      expect(image.warnings).toEqual([]);
      const owned = image.ownership.reduce((sum, { size }) => sum + size, 0);
      expect(owned).toBe(file.size);
    });
  },
);

describe('ELF files as they are', () => {
  it.each([
    ...cases,
    ...realFiles()
      .filter(({ size }) => size > WHOLE_MAX)
      .map((file) => [file.name, () => file] as const),
  ])('%s: saved unchanged it is the same, byte for byte; every byte has one owner', (_, make) => {
    const { bytes } = make();
    const image = opened(bytes);
    const saved = save(bytes, []);
    expect(saved.ok && Buffer.compare(saved.value, bytes) === 0).toBe(true);
    let end = 0;
    for (const { offset, size } of image.ownership) {
      expect(offset).toBe(end);
      expect(size).toBeGreaterThan(0);
      end += size;
    }
    expect(end).toBe(bytes.length);
    expect(image.warnings).toEqual([]);
  });

  it.each(names.filter((name) => name.endsWith('-headerless')))('%s: says the same as with its sections', (name) => {
    const [bare, whole] = [opened(fixture(name).bytes), opened(fixture(name.replace('-headerless', '')).bytes)];
    expect(bare.sections).toEqual([]);
    expect(bare.segments).toEqual(whole.segments);
    expect(bare.imports()).toEqual(whole.imports());
    expect(bare.exports()).toEqual(whole.exports());
    expect(bare.relocations()).toEqual(whole.relocations());
    expect(bare.unwind()).toEqual(whole.unwind());
    expect(bare.initialisers()).toEqual(whole.initialisers());
  });
});

/** Sections with bytes of the file and no place in memory. */
const isLoaded = ({ permissions }: Section): boolean => permissions.read;

/** readelf shows an offset for sections without bytes; ours have none. */
function withoutOffset(image: Image): (row: string) => string {
  const empty = new Set(image.sections.filter(({ fileSize }) => fileSize === 0).map(({ name }) => name));
  const loaded = new Set(image.sections.filter(isLoaded).map(({ name }) => name));
  return (row) => {
    const [name = '', address, offset, size] = row.split(' ');
    return `${name} ${loaded.has(name) ? address : 0} ${empty.has(name) ? '' : offset} ${size}`;
  };
}

const KINDS: Readonly<Record<string, string>> = {
  OBJECT: 'object',
  FUNC: 'function',
  IFUNC: 'function',
  FILE: 'file',
  TLS: 'tls',
};

function rowOf(image: Image, { table, value, size, type, binding, section, name }: ReadelfSymbol): readonly string[] {
  if (name === '' || section === 'UND' || section === 'COM' || type === 'SECTION' || type === 'COMMON') return [];
  const start =
    /^\d+$/.test(section) && image.kind === 'relocatable' ? (image.sections[Number(section) - 1]?.address ?? 0) : 0;
  const tls =
    image.detail.format === 'elf' && type === 'TLS' && image.kind !== 'relocatable'
      ? (image.detail.tls?.address ?? 0)
      : 0;
  const bound = { LOCAL: 'local', WEAK: 'weak' }[binding] ?? 'global';
  return [`${table} ${name} ${hex(value + start + tls)} ${size} ${KINDS[type] ?? 'other'} ${bound}`];
}
