// Oddities of ELF files, each made by hand: what a reader that trusts the file gets wrong.

import { describe, expect, it } from 'vitest';
import { address, bytesAt, type Image, LIMITS, offsetOf, open } from '../src/index.ts';
import { type BuiltElf, elf, joined, symbol, text, Writer, words } from './elf-builder.ts';

const [LOAD, DYNAMIC, PHDR] = [1, 2, 6];
const [READ, READ_EXECUTE, READ_WRITE] = [4, 5, 6];

function opened(built: BuiltElf | Uint8Array): Image {
  const outcome = open(built instanceof Uint8Array ? built : elf(built));
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

/** A segment at file offset 0, so that addresses are easy to count: everything of the file is loaded at 0x1000. */
function wholeFile(rest: BuiltElf, extra: number): BuiltElf {
  const size = elf(rest).length;
  const load = {
    type: LOAD,
    flags: READ,
    offset: 0,
    address: 0x1000,
    fileSize: size + extra,
    memorySize: size + extra,
  };
  return { ...rest, segments: [...(rest.segments ?? []), load] };
}

describe('what is no ELF file, or not all of one', () => {
  it('refuses an empty file, another mark, an odd class, and a header that is cut off', () => {
    const good = elf({});
    const odd = good.slice();
    odd[4] = 3;
    const order = good.slice();
    order[5] = 0;
    expect(open(new Uint8Array(0))).toMatchObject({ ok: false });
    expect(open(new TextEncoder().encode('#!/bin/sh\n'))).toMatchObject({ ok: false });
    expect(open(odd)).toEqual({ ok: false, problem: 'expected ELF class 1 (32 bit) or 2 (64 bit), got 3' });
    expect(open(order)).toMatchObject({ ok: false });
    expect(open(good.subarray(0, 63))).toEqual({ ok: false, problem: 'an ELF header has 64 bytes; the file has 63' });
    expect(open(good.subarray(0, 64))).toMatchObject({ ok: true });
  });

  it('opens every beginning of a file, with warnings instead of exceptions', () => {
    const whole = elf({
      segments: [{ address: 0x1000, bytes: new Uint8Array(64), flags: READ_EXECUTE }],
      sections: [{ name: '.text', address: 0x1000, flags: 6, bytes: new Uint8Array(32) }],
    });
    for (let size = 64; size < whole.length; size += 1) {
      const image = opened(whole.slice(0, size));
      const owned = image.ownership.reduce((sum, range) => sum + range.size, 0);
      expect(owned).toBe(size);
      expect([image.symbols(), image.imports(), image.relocations(), image.unwind()]).toEqual([[], [], [], []]);
    }
  });
});

describe('tables', () => {
  it('reads 32-bit files and both byte orders alike', () => {
    for (const is64 of [true, false])
      for (const isLittle of [true, false]) {
        const segments = [{ address: 0x8000, bytes: new Uint8Array(16).fill(7), flags: READ_EXECUTE, memorySize: 64 }];
        const image = opened({ is64, isLittle, type: 2, machine: is64 ? 183 : 40, entry: 0x8004, segments });
        expect(image.machine).toMatchObject({ bits: is64 ? 64 : 32, endian: isLittle ? 'little' : 'big' });
        expect(image.kind).toBe('executable');
        expect(image.entry).toBe(0x8004);
        expect(image.segments).toMatchObject([
          { address: 0x8000, fileSize: 16, memorySize: 64, permissions: { execute: true } },
        ]);
        expect(bytesAt(image, address(0x8008), 100)).toEqual(new Uint8Array(8).fill(7));
      }
  });

  it('keeps addresses of kernels exact, as the distance from the base', () => {
    const image = opened({
      type: 2,
      entry: 0xffffffff81000123n,
      segments: [{ address: 0xffffffff81000000n, bytes: new Uint8Array(0x200), flags: READ_EXECUTE }],
      sections: [
        {
          name: '.symtab',
          type: 2,
          link: 2,
          entrySize: 24,
          bytes: joined(symbol(0, 0, 0, 0), symbol(1, 0x12, 1, 0xffffffff81000101n, 5)),
        },
        { name: '.strtab', type: 3, bytes: joined(text(''), text('start_kernel')) },
      ],
    });
    expect(image.base).toBe(0xffffffff81000000n);
    expect(image.entry).toBe(0x123);
    expect(image.symbols()).toMatchObject([{ name: 'start_kernel', address: 0x101, size: 5 }]);
  });

  it('takes the number of headers from section 0 when it does not fit', () => {
    const info = opened({
      segments: [
        { address: 0x1000, bytes: new Uint8Array(8) },
        { address: 0x2000, bytes: new Uint8Array(8) },
      ],
      sections: [],
      header: { phnum: 0xffff },
    });
    // sh_info of section 0 is 0: nothing is read.
    expect(info.segments).toEqual([]);
    const bytes = elf({
      segments: [{ address: 0x1000, bytes: new Uint8Array(8) }],
      sections: [],
      header: { phnum: 0xffff, shnum: 0, shstrndx: 0xffff },
    });
    const table = Number(new DataView(bytes.buffer).getBigUint64(40, true));
    const view = new DataView(bytes.buffer);
    view.setBigUint64(table + 32, 2n, true); // sh_size: sections
    view.setUint32(table + 40, 1, true); // sh_link: names
    view.setUint32(table + 44, 1, true); // sh_info: program headers
    const image = opened(bytes);
    expect(image.segments).toHaveLength(1);
    expect(image.sections).toMatchObject([{ name: '.shstrtab' }]);
  });

  it('says which segments overlap, and reads from the first', () => {
    const image = opened({
      segments: [
        { address: 0x1000, bytes: new Uint8Array(32).fill(1) },
        { address: 0x1010, bytes: new Uint8Array(32).fill(2) },
      ],
    });
    expect(image.warnings).toEqual(['PT_LOAD 1 overlaps PT_LOAD 0 in memory']);
    expect(bytesAt(image, address(0x1018), 2)).toEqual(Uint8Array.of(1, 1));
    expect(offsetOf(image, address(0x1028))).toBe(image.segments[1]!.offset + 0x18);
  });

  it('believes no size: 4 GiB offsets, sizes beyond the file, 65,535 headers', () => {
    const far = opened({ segments: [{ address: 0x1000, offset: 0x1_0000_0000, fileSize: 16, memorySize: 16 }] });
    expect(far.segments).toMatchObject([{ fileSize: 0, memorySize: 16 }]);
    expect(far.warnings).toEqual(['PT_LOAD 0 has 16 bytes, 0 are there or fit']);
    const large = opened({
      segments: [{ address: 0x1000, bytes: new Uint8Array(8), fileSize: 2n ** 63n, memorySize: 2n ** 62n }],
    });
    expect(large.segments).toEqual([]);
    expect(large.warnings).toEqual(['a segment lies beyond the addresses that can be shown: not read']);
    const many = opened({ segments: [{ address: 0x1000, bytes: new Uint8Array(8) }], header: { phnum: 0xfffe } });
    expect(many.warnings[0]).toMatch(/^65534 program headers are announced, \d+ are read$/);
    const sections = opened({
      sections: [{ name: '.a', offset: 0xffff_ffff, size: 0x7fff_ffff_ffff_ffffn }],
      header: { shnum: 9000 },
    });
    expect(sections.sections[0]).toMatchObject({ name: '.a', fileSize: 0 });
    expect(sections.warnings).toEqual(['9000 section headers are announced, 3 are read']);
  });

  it('cuts names of 1 MB', () => {
    const image = opened({ sections: [{ name: 'n'.repeat(1 << 20) }] });
    expect(image.sections[0]!.name).toHaveLength(LIMITS.nameSize);
  });

  it('does not make more text of overlapping names than the file could honestly hold', () => {
    // 20,000 symbols that each begin one byte further into one long name.
    const count = 20_000;
    const rows = Array.from({ length: count }, (_, row) => symbol(row + 1, 0x12, 1, 0x1000 + row));
    const image = opened({
      sections: [
        { name: '.symtab', type: 2, link: 2, entrySize: 24, bytes: joined(symbol(0, 0, 0, 0), ...rows) },
        { name: '.strtab', type: 3, bytes: joined(text(''), new Uint8Array(count + LIMITS.nameSize).fill(0x61)) },
      ],
    });
    const made = image.symbols().reduce((sum, { name }) => sum + name.length, 0);
    expect(image.symbols()).toHaveLength(count);
    expect(made).toBeLessThan(4_000_000);
  });
});

describe('the dynamic section, without section headers', () => {
  const at = 0x1000;
  /** Everything of the file is loaded at 0x1000; the parts lie one after the other behind two program headers. */
  function withDynamic(
    parts: readonly Uint8Array[],
    rows: (starts: readonly number[]) => readonly (readonly [number, number])[],
    rest: BuiltElf = {},
  ): Image {
    const first = 64 + 56 * 2;
    const starts: number[] = [];
    let next = first;
    for (const part of parts) {
      starts.push(at + next);
      next += Math.ceil(part.length / 8) * 8;
    }
    const padded = parts.map((part) => joined(part, new Uint8Array(Math.ceil(part.length / 8) * 8 - part.length)));
    const dynamic = words(...[...rows(starts), [0, 0] as const].flat());
    const content = joined(...padded, dynamic);
    return opened({
      ...rest,
      segments: [
        {
          type: LOAD,
          flags: READ_WRITE,
          address: at,
          offset: 0,
          bytes: content,
          fileSize: first + content.length,
          memorySize: first + content.length,
        },
        {
          type: DYNAMIC,
          address: at + first + content.length - dynamic.length,
          offset: first + content.length - dynamic.length,
          fileSize: dynamic.length,
        },
      ],
    });
  }

  const strings = joined(text(''), text('puts'), text('free'), text('libc.so.6'));
  const symbols = joined(symbol(0, 0, 0, 0), symbol(1, 0x12, 0, 0), symbol(6, 0x22, 7, 0x1100, 4));

  it('finds imports, exports and libraries', () => {
    const image = withDynamic([symbols, strings], ([symtab = 0, strtab = 0]) => [
      [6, symtab],
      [5, strtab],
      [10, strings.length],
      [1, 11],
    ]);
    expect(image.imports()).toEqual([{ name: 'puts', isWeak: false }]);
    expect(image.exports()).toEqual([{ name: 'free', address: 0x1100 }]);
    expect(image.detail).toMatchObject({ needed: ['libc.so.6'] });
    expect(image.kind).toBe('shared');
  });

  it('decodes RELR: an address, then bitmaps of the words behind it', () => {
    const slots = words(0x1111, 0x2222, 0x3333, 0x4444);
    const image = withDynamic([slots, words(at + 64 + 112, 0b1011)], ([, relr = 0]) => [
      [36, relr],
      [35, 16],
    ]);
    const start = at + 64 + 112;
    expect(image.relocations()).toEqual([
      { address: start, type: 'R_X86_64_RELATIVE', addend: 0x1111n, target: 0x1111 },
      { address: start + 8, type: 'R_X86_64_RELATIVE', addend: 0x2222n, target: 0x2222 },
      { address: start + 24, type: 'R_X86_64_RELATIVE', addend: 0x4444n, target: 0x4444 },
    ]);
  });

  it('does not let a dense RELR table ask for more places than the file has words', () => {
    const image = withDynamic([words(0x2000), new Uint8Array(4096).fill(0xff)], ([relr = 0]) => [
      [36, relr],
      [35, 4104],
    ]);
    expect(image.relocations().length).toBeLessThanOrEqual(image.bytes.length / 8);
    expect(image.warnings.at(-1)).toMatch(/more relocations than a file of this size can have/);
  });

  it('reads initialisers where the loader will have written them, not where the file has zeros', () => {
    const code = new Uint8Array(16).fill(0xc3);
    const array = words(0, 0xffffffffffffffffn);
    const start = at + 64 + 112;
    const rela = words(start + 16, 8, start + 4);
    const image = withDynamic([code, array, rela], ([text = 0, init = 0, table = 0]) => [
      [12, text],
      [25, init],
      [27, 16],
      [7, table],
      [8, 24],
    ]);
    expect(image.initialisers()).toEqual([start, start + 4]);
  });

  it('counts dynamic symbols by the hash tables, and ends chains that have no end', () => {
    const hash = new Writer(16).u32(1).u32(3).u32(0).u32(0).bytes;
    const many = joined(symbols, symbol(1, 0x12, 7, 0x1200), symbol(1, 0x12, 7, 0x1300));
    const byHash = withDynamic([many, strings, hash], ([symtab = 0, strtab = 0, table = 0]) => [
      [6, symtab],
      [5, strtab],
      [10, strings.length],
      [4, table],
    ]);
    expect(byHash.exports()).toHaveLength(1);
    // nbuckets 1, first hashed symbol 1, bloom of one word, bucket → 1, chain without a low bit anywhere.
    const gnu = joined(new Writer(16).u32(1).u32(1).u32(1).u32(0).bytes, words(0), new Writer(64).u32(1).bytes);
    const byGnu = withDynamic([many, strings, gnu], ([symtab = 0, strtab = 0, table = 0]) => [
      [6, symtab],
      [5, strtab],
      [10, strings.length],
      [0x6ffffef5, table],
    ]);
    expect(byGnu.exports().length).toBeLessThan(byGnu.bytes.length / 24);
  });

  it('follows version tables that name themselves only as far as they are long', () => {
    const need = new Writer(32).u16(1).u16(0xffff).u32(11).u32(0).u32(1).u32(0).u16(0).u16(2).u32(0).u32(1).bytes;
    const versions = new Writer(8).u16(0).u16(2).u16(1).bytes;
    const image = withDynamic([symbols, strings, versions, need], ([symtab = 0, strtab = 0, sym = 0, table = 0]) => [
      [6, symtab],
      [5, strtab],
      [10, strings.length],
      [0x6ffffff0, sym],
      [0x6ffffffe, table],
      [0x6fffffff, 0xffffff],
    ]);
    expect(image.imports()).toMatchObject([{ name: 'puts' }]);
  });
});

describe('other tables that lie', () => {
  it('reads a section number that is in another section', () => {
    const names = joined(text(''), text('far'));
    const image = opened({
      type: 1,
      sections: [
        { name: '.text', flags: 6, bytes: new Uint8Array(16), alignment: 16 },
        {
          name: '.symtab',
          type: 2,
          link: 3,
          entrySize: 24,
          bytes: joined(symbol(0, 0, 0, 0), symbol(1, 0x12, 0xffff, 4)),
        },
        { name: '.strtab', type: 3, bytes: names },
        { name: '.symtab_shndx', type: 18, link: 2, bytes: new Writer(8).u32(0).u32(1).bytes },
      ],
    });
    const start = image.sections[0]!.address;
    expect(start).toBeGreaterThan(0);
    expect(image.symbols()).toMatchObject([{ name: 'far', address: start + 4 }]);
    expect(image.segments).toMatchObject([{ name: '.text', address: start, permissions: { execute: true } }]);
  });

  it('stops at a frame description that reaches beyond its section, and at one of length 0', () => {
    const cie = new Writer(24).u32(20).u32(0).u8(1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b).bytes;
    const fde = new Writer(24).u32(20).u32(28).u32(0x100).u32(0x20).bytes;
    const broken = new Writer(8).u32(0x7fffffff).u32(1).bytes;
    const frames = joined(cie, fde, new Uint8Array(4), broken);
    const image = opened(wholeFile({ sections: [{ name: '.eh_frame', flags: 2, address: 0x5000, bytes: frames }] }, 0));
    expect(image.unwind()).toEqual([{ start: 0x5000 + 32 + 0x100, end: 0x5000 + 32 + 0x120, from: 'eh-frame' }]);
    expect(image.warnings.join()).toMatch(/reaches beyond \.eh_frame/);
  });

  it('reads frames with absolute 8-byte pointers, too', () => {
    const cie = new Writer(20).u32(16).u32(0).u8(1, 0, 1, 0x78, 16).bytes;
    const fde = new Writer(28).u32(24).u32(24).u64(0x401000).u64(0x30).bytes;
    const image = opened(
      wholeFile({ sections: [{ name: '.eh_frame', flags: 2, address: 0x5000, bytes: joined(cie, fde) }] }, 0),
    );
    expect(image.unwind()).toEqual([{ start: 0x401000, end: 0x401030, from: 'eh-frame' }]);
  });

  it('keeps notes apart, and stops at one that is longer than its segment', () => {
    const note = (size: number): Uint8Array =>
      new Writer(24).u32(4).u32(size).u32(3).u8(0x47, 0x4e, 0x55, 0).u32(0xddccbbaa).u32(0).bytes;
    const image = opened({
      segments: [
        { type: 4, bytes: note(4) },
        { type: 4, bytes: note(0x7fffffff) },
      ],
    });
    expect(image.detail).toMatchObject({ buildId: 'aabbccdd', notes: [{ owner: 'GNU', type: 3, size: 4 }] });
    expect(image.warnings).toHaveLength(1);
  });

  it('reads IBT, SHSTK, BTI and PAC from property notes', () => {
    const property = (type: number, bits: number): Uint8Array =>
      new Writer(32).u32(4).u32(16).u32(5).u8(0x47, 0x4e, 0x55, 0).u32(type).u32(4).u32(bits).u32(0).bytes;
    const features = (machine: number, type: number, bits: number): unknown => {
      const { detail } = opened({ machine, segments: [{ type: 4, alignment: 8, bytes: property(type, bits) }] });
      return detail.format === 'elf' ? detail.features : undefined;
    };
    expect(features(62, 0xc0000002, 3)).toEqual(['ibt', 'shstk']);
    expect(features(183, 0xc0000000, 3)).toEqual(['bti', 'pac']);
    expect(features(183, 0xc0000002, 3)).toEqual([]);
  });

  it('gives every byte one owner when all sections claim the same', () => {
    const bytes = new Uint8Array(64).fill(1);
    const sections = Array.from({ length: 50 }, (_, index) => ({
      name: `.s${index}`,
      flags: 2,
      address: 0x1000,
      bytes: index === 0 ? bytes : new Uint8Array(0),
      offset: 64,
      size: 64 - index,
    }));
    const image = opened({ sections: [{ name: '.first', bytes, offset: 64, size: 64 }, ...sections] });
    const owner = image.ownership.find(({ offset }) => offset === 64);
    expect(owner).toMatchObject({ owner: '.first', size: 64 });
    expect(image.ownership.reduce((sum, { size }) => sum + size, 0)).toBe(image.bytes.length);
  });

  it('calls bytes behind everything overlay, and loaded bytes that no section names their segment’s', () => {
    const base = elf({ segments: [{ address: 0x1000, bytes: new Uint8Array(32).fill(5), flags: READ_EXECUTE }] });
    const image = opened(joined(base, text('payload')));
    expect(image.ownership.at(-1)).toMatchObject({ kind: 'overlay', size: 8 });
    expect(image.ownership.find(({ owner }) => owner === 'PT_LOAD 0')).toMatchObject({ kind: 'code', size: 32 });
  });

  it('keeps PT_PHDR and other rows as they are', () => {
    const image = opened({
      segments: [
        { type: PHDR, offset: 64, address: 0x40, fileSize: 112 },
        { address: 0x1000, bytes: new Uint8Array(8) },
      ],
    });
    if (image.detail.format !== 'elf') throw new Error('not ELF');
    expect(image.detail.programHeaders.map(({ type, at, offset }) => [type, at, offset])).toEqual([
      [PHDR, 64, 64],
      [LOAD, 120, 176],
    ]);
  });
});
