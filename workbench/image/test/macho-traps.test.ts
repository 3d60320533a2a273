// Oddities of Mach-O files, each made by hand: what a reader that trusts the file gets wrong, and what a patch must not break silently.

import { putU16, putU32, putU32be, putU64 } from '@cohesix/bytes';
import { describe, expect, it } from 'vitest';
import { addSpace, type Image, identitiesOf, type MachoDetail, offset, open, repair, save } from '../src/index.ts';
import { type BuiltMacho, command, macho, segment } from './macho-builder.ts';

const CODE = { read: true, write: false, execute: true } as const;
const PURE_CODE = 0x8000_0400;
const TEXT = 0x1_0000_0000;
const [CHAINED, TRIE, FUNCTION_STARTS, SIGNATURE, UNIX_THREAD] = [0x8000_0034, 0x8000_0033, 0x26, 0x1d, 0x5];

function opened(built: BuiltMacho | Uint8Array): Image & { readonly detail: MachoDetail } {
  const outcome = open(built instanceof Uint8Array ? built : macho(built));
  if (!outcome.ok) throw new Error(outcome.problem);
  const { detail } = outcome.value;
  if (detail.format !== 'macho') throw new Error('not Mach-O');
  return Object.assign(outcome.value, { detail });
}

/** A text segment of one page, and one for data behind it. */
const pages = [segment('__TEXT', [TEXT, 4096, 0, 4096]), segment('__DATA', [TEXT + 4096, 4096, 4096, 64], 3)];

function bytesOf(size: number, fill: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(bytes);
  return bytes;
}

describe('what is no Mach-O file, or not all of one', () => {
  it('refuses headers that are cut off, and Java classes, which begin as fat files do', () => {
    const good = macho({ commands: pages });
    for (let size = 0; size < 32; size += 1) expect(open(good.slice(0, size)).ok).toBe(false);
    for (let size = 32; size < good.length; size += 1) {
      const image = opened(good.slice(0, size));
      expect(image.ownership.reduce((sum, range) => sum + range.size, 0)).toBe(size);
    }
    const java = Uint8Array.of(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 10);
    expect(open(java)).toMatchObject({ ok: false, problem: expect.stringContaining('none of their marks') });
  });

  it('reads the commands before one that is not whole', () => {
    const broken = segment('__BAD', [0, 0, 0, 0]);
    putU32(broken, 4, 0x7fff_ffff);
    const image = opened({ commands: [...pages, broken] });
    expect(image.segments).toHaveLength(2);
    expect(image.warnings).toEqual([
      '3 load commands are announced, 2 are whole',
      '__TEXT has 4096 bytes, 248 are there',
      '__DATA has 64 bytes, 0 are there',
    ]);
    const none = segment('__BAD', [0, 0, 0, 0]);
    putU32(none, 4, 0);
    expect(opened({ commands: [none, ...pages] }).segments).toEqual([]);
  });

  it('keeps addresses of kernels exact, as the distance from the base', () => {
    const image = opened({
      commands: [segment('__TEXT', [0xffff_fe00_0700_4000n, 4096, 0, 200])],
      tail: new Uint8Array(200),
    });
    expect(image.base).toBe(0xffff_fe00_0700_4000n);
    expect(image.segments[0]?.address).toBe(0);
  });

  it('shows what permissions a segment may be given, and an image taken from a shared cache', () => {
    const image = opened({ commands: pages, flags: 0x8000_0000 });
    expect(
      image.detail.segmentCommands.map(({ permissions, permissionsMax }) => [permissions, permissionsMax]),
    ).toEqual([
      [5, 7],
      [3, 7],
    ]);
    expect(image.warnings.join()).toContain('shared cache');
  });
});

describe('fat files', () => {
  it('with offsets of 4 GiB and slices outside the file have none; an empty one is refused', () => {
    const fat = bytesOf(8 + 32, (bytes) => {
      putU32be(bytes, 0, 0xcafebabf);
      putU32be(bytes, 4, 1);
      putU32be(bytes, 8, 0x0100_0007);
      putU32be(bytes, 16, 1);
      putU32be(bytes, 28, 64);
    });
    expect(identitiesOf(fat)).toEqual([]);
    expect(open(fat)).toMatchObject({ ok: false, problem: expect.stringContaining('no slice') });
  });
});

describe('tables', () => {
  it('an entry may be a register of a thread', () => {
    const registers = Array.from({ length: 42 }, () => 0);
    registers[32] = 0x1234;
    registers[33] = 1;
    const image = opened({ commands: [...pages, command(UNIX_THREAD, 4, 42, ...registers)] });
    expect(image.entry).toBe(TEXT + 0x1234);
    expect(opened({ commands: [...pages, command(UNIX_THREAD, 4, 42, 1)] }).entry).toBeUndefined();
  });

  it('an export trie that points at itself ends; one that spells too much is cut', () => {
    // Node 0: nothing ends, one child: "a" → node 0.
    const self = opened({
      commands: [...pages, command(TRIE, 4096, 6)],
      tailAt: 4096,
      tail: Uint8Array.of(0, 1, 0x61, 0, 0, 0),
    });
    expect(self.exports()).toEqual([]);
    expect(self.warnings.join()).toContain('export trie');
    // Node 0: child "f" → node 5: two bytes (flags 0, place 16), no children.
    const good = opened({
      commands: [...pages, command(TRIE, 4096, 9)],
      tailAt: 4096,
      tail: Uint8Array.of(0, 1, 0x66, 0, 5, 2, 0, 16, 0),
    });
    expect(good.exports()).toEqual([{ name: 'f', address: TEXT + 16 }]);
  });

  it('chained pointers are unpacked: offsets and addresses, signed ones, bound ones with an addend', () => {
    for (const [format, pointers, wanted] of [
      // 64-bit addresses: next 2 (of 4 bytes), then bound to import 0 with addend 5.
      [
        2,
        [(2n << 51n) | BigInt(TEXT + 0x10), (1n << 63n) | (5n << 24n)],
        [
          [TEXT + 0x10, undefined],
          [undefined, '_x', 5n],
        ],
      ],
      // 64-bit distances.
      [6, [0x20n], [[TEXT + 0x20, undefined]]],
      // arm64e in user programs: next 1 (of 8 bytes), signed; then bound by 24 bits.
      [
        12,
        [(1n << 63n) | (1n << 51n) | 0x30n, 1n << 62n],
        [
          [TEXT + 0x30, undefined],
          [undefined, '_x', 0n],
        ],
      ],
    ] as const) {
      const tail = bytesOf(4096, (bytes) => {
        for (const [row, value] of pointers.entries()) putU64(bytes, row * 8, value);
        const fix = 2048;
        for (const [index, value] of [0, 28, 68, 72, 1, 1, 0, 2, 0, 12].entries())
          putU32(bytes, fix + index * 4, value);
        const starts = fix + 28 + 12;
        putU32(bytes, starts, 24);
        putU16(bytes, starts + 4, 4096);
        putU16(bytes, starts + 6, format);
        putU64(bytes, starts + 8, 4096n);
        putU16(bytes, starts + 20, 1);
        putU32(bytes, fix + 68, 1);
        bytes.set(new TextEncoder().encode('_x'), fix + 72);
      });
      const image = opened({ commands: [...pages, command(CHAINED, 4096 + 2048, 80)], tailAt: 4096, tail });
      expect(image.warnings).toEqual([]);
      expect(
        image
          .relocations()
          .map(({ target, symbol, addend }) => (symbol === undefined ? [target, symbol] : [target, symbol, addend])),
      ).toEqual(wanted);
      expect(image.relocations().map(({ address }) => address)).toEqual(
        pointers.map((_, row) => TEXT + 4096 + row * 8),
      );
    }
  });

  it('function starts end at a zero, and never leave the numbers', () => {
    const tail = Uint8Array.of(0x10, 0x90, 0x01, 0, 5, 0xff, 0xff, 0xff);
    const image = opened({ commands: [...pages, command(FUNCTION_STARTS, 4096, 8)], tailAt: 4096, tail });
    expect(image.unwind().map(({ start }) => start)).toEqual([TEXT + 0x10, TEXT + 0xa0]);
    const huge = opened({
      commands: [...pages, command(FUNCTION_STARTS, 4096, 40)],
      tailAt: 4096,
      tail: new Uint8Array(40).fill(0xff),
    });
    expect(huge.unwind()).toEqual([]);
  });
});

describe('room and signatures', () => {
  const text = (size: number): Uint8Array =>
    segment('__TEXT', [TEXT, 4096, 0, 4096], 5, [
      { name: '__text', address: TEXT + 4096 - size, size, offset: 4096 - size, flags: PURE_CODE },
    ]);

  it('padding is found where headers have no room for a command; without any it says why there is none', () => {
    const loose = opened({ commands: [text(64)], tailAt: 4032, tail: new Uint8Array(64).fill(1) });
    expect(addSpace(loose, { size: 200, permissions: CODE })).toMatchObject({
      ok: true,
      value: { how: 'cave', edits: [] },
    });
    const commands = [text(4096 - 32 - 152 - 40)];
    const tight = opened({ commands, tailAt: 224, tail: new Uint8Array(4096 - 224).fill(1) });
    expect(tight.detail.headerRoom).toBe(40);
    expect(addSpace(tight, { size: 72, permissions: CODE })).toMatchObject({
      ok: false,
      problem: expect.stringContaining('__LINKEDIT'),
    });
  });

  it('a certificate is dropped honestly, entitlements stay, and only the hashes of touched pages change', () => {
    const at = 8192;
    const signature = bytesOf(400, (bytes) => {
      // Super blob: a code directory at 52, entitlements at 252, a message at 300.
      for (const [index, value] of [0xfade0cc0, 400, 3, 0, 52, 5, 252, 0x10000, 300].entries())
        putU32be(bytes, index * 4, value);
      for (const [index, value] of [0xfade0c02, 160, 0x20400, 0x10000, 96, 92, 0, 2, 8192].entries())
        putU32be(bytes, 52 + index * 4, value);
      bytes.set([32, 2, 0, 12], 52 + 36);
      for (const [place, magic, size] of [
        [252, 0xfade7171, 40],
        [300, 0xfade0b01, 100],
      ] as const) {
        putU32be(bytes, place, magic);
        putU32be(bytes, place + 4, size);
      }
    });
    const commands = [segment('__TEXT', [TEXT, 8192, 0, 8192]), command(SIGNATURE, at, 400)];
    const image = opened({ commands, tailAt: at, tail: signature });
    expect(image.detail.signature).toMatchObject({
      isAdHoc: false,
      hasEntitlements: true,
      directories: [{ hash: 'sha256', pageCount: 2 }],
    });
    const edit = { offset: offset(5000), before: Uint8Array.of(0), after: Uint8Array.of(1), reason: 'test' };
    const repaired = repair(image, [edit], { sha256: (bytes) => new Uint8Array(32).fill(bytes.length >> 8) });
    if (!repaired.ok) throw new Error(repaired.problem);
    expect(repaired.value.edits.map(({ reason }) => reason)).toEqual([
      'test',
      'ad hoc flag of the code directory',
      'hash of page 1',
      'signature message',
    ]);
    expect(repaired.value.repairs.map(({ what, outcome }) => [what, outcome])).toEqual([
      ['code-directory', 'made'],
      ['certificate', 'dropped'],
    ]);
    const saved = save(image.bytes, repaired.value.edits);
    if (!saved.ok) throw new Error(saved.problem);
    expect(opened(saved.value).detail.signature).toMatchObject({
      isAdHoc: true,
      hasEntitlements: true,
      directories: [{ flags: 0x10002 }],
    });
    const inside = { ...edit, offset: offset(at + 20), before: image.bytes.slice(at + 20, at + 21) };
    expect(repair(image, [inside])).toMatchObject({ ok: false });
  });
});
