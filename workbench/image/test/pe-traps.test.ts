// Oddities of PE files, each made by hand: what a reader that trusts the file gets wrong, and what a patch must not break silently.

import { describe, expect, it } from 'vitest';
import { address, addSpace, bytesAt, type Image, open, type PeDetail, repair, save } from '../src/index.ts';
import { type BuiltPe, CODE_FLAGS, data, OPTIONAL_AT, pe } from './pe-builder.ts';

const CODE = { read: true, write: false, execute: true } as const;
const [EXPORT, IMPORT, RESOURCE, EXCEPTION, CERTIFICATE, TLS, LOAD_CONFIG] = [0, 1, 2, 3, 4, 9, 10];

function opened(built: BuiltPe | Uint8Array): Image & { readonly detail: PeDetail } {
  const outcome = open(built instanceof Uint8Array ? built : pe(built));
  if (!outcome.ok) throw new Error(outcome.problem);
  const { detail } = outcome.value;
  if (detail.format !== 'pe') throw new Error('not PE');
  return Object.assign(outcome.value, { detail });
}

const text = (rva: number, size = 16) => ({
  name: '.text',
  rva,
  bytes: new Uint8Array(size).fill(0x90),
  flags: CODE_FLAGS,
});

describe('what is no PE file, or not all of one', () => {
  it('refuses a DOS program, another kind of optional header, and headers that are cut off', () => {
    const good = pe({ sections: [text(0x1000)] });
    const odd = good.slice();
    odd[OPTIONAL_AT] = 7;
    expect(open(good.subarray(0, 0x80))).toMatchObject({ ok: false });
    expect(open(odd)).toMatchObject({ ok: false, problem: expect.stringContaining('got 207') });
    for (let size = 0; size < OPTIONAL_AT + 112; size += 1) expect(open(good.slice(0, size)).ok).toBe(false);
    for (let size = OPTIONAL_AT + 112; size < good.length; size += 1) {
      const image = opened(good.slice(0, size));
      expect(image.ownership.reduce((sum, range) => sum + range.size, 0)).toBe(size);
    }
  });

  it('reads the sections that are there when more are announced', () => {
    const image = opened({ sections: [text(0x1000)], sectionCount: 60_000 });
    expect(image.sections.length).toBeLessThan(60);
    expect(image.warnings.join()).toContain('60000 sections are announced');
  });

  it('keeps addresses exact for an image base near the end of memory', () => {
    const image = opened({ imageBase: 0xffff_ffff_8000_0000n, sections: [text(0x1000)], entry: 0x1004 });
    expect(image.base).toBe(0xffff_ffff_8000_0000n);
    expect(image.entry).toBe(0x1004);
    expect(opened({ imageBase: 0x40_0000n, entry: 0x1004, sections: [text(0x1000)] })).toMatchObject({
      base: 0n,
      entry: 0x40_1004,
    });
  });
});

describe('sections', () => {
  it('have no bytes when their raw size is 0, and never more than the file', () => {
    const bss = { name: '.bss', rva: 0x2000, virtualSize: 0x5000, rawOffset: 0 };
    const beyond = { name: '.far', rva: 0x8000, virtualSize: 64, rawSize: 512, rawOffset: 0xffff_fe00 };
    const image = opened({ sections: [text(0x1000), bss, beyond] });
    expect(image.sections).toMatchObject([{ fileSize: 16 }, { fileSize: 0, role: 'zero' }, { fileSize: 0 }]);
    expect(bytesAt(image, address(0x1_4000_2000), 10)).toHaveLength(0);
    expect(image.warnings.join()).toContain('.far');
  });

  it('begin in the file where the loader takes them from: a multiple of 512', () => {
    const image = opened({ sections: [{ ...text(0x1000, 600), rawOffset: 1024 + 100 }] });
    expect(image.sections[0]?.offset).toBe(1024);
  });

  it('an entry in the headers is shown with a warning', () => {
    const image = opened({ entry: 0x80, sections: [text(0x1000)] });
    expect(image.warnings).toEqual(['the entry lies in the headers']);
    expect(bytesAt(image, address(0x1_4000_0080), 2)).toEqual(Uint8Array.of(0x50, 0x45));
  });
});

describe('tables', () => {
  it('a bound import is known by its table of names, not by the addresses of another day', () => {
    const rva = 0x2000;
    // Descriptor, empty one, names at 40, addresses at 56, hint and name at 72, library at 80.
    const bytes = data(
      rva + 40,
      0xffff_ffff,
      0,
      rva + 84,
      rva + 56,
      0,
      0,
      0,
      0,
      0,
      BigInt(rva + 72),
      0n,
      0x7ff8_1234_5678n,
      0n,
      '\0\0puts',
      'a',
      'x.dll',
    );
    const image = opened({ sections: [{ name: '.idata', rva, bytes }], directories: { [IMPORT]: [rva, 40] } });
    expect(image.detail.libraries).toMatchObject([{ name: 'x.dll', isBound: true, isDelayed: false }]);
    expect(image.imports()).toMatchObject([{ name: 'puts', library: 'x.dll', slot: 0x1_4000_2038 }]);
  });

  it('imports without an end, and many descriptors of one table, do not multiply', () => {
    const rva = 0x2000;
    const bytes = new Uint8Array(40_000).fill(0x20);
    for (let at = 0; at < bytes.length; at += 4) bytes[at + 1] = rva >> 8;
    for (let at = 0; at < bytes.length; at += 4) bytes[at + 2] = bytes[at + 3] = 0;
    const image = opened({ sections: [{ name: '.idata', rva, bytes }], directories: { [IMPORT]: [rva, 40] } });
    expect(image.imports().length).toBeLessThanOrEqual(image.bytes.length / 8);
    expect(image.warnings.join()).toContain('has no end');
  });

  it('exports by name, by ordinal only, and passed on to another library', () => {
    const rva = 0x2000;
    const bytes = data(
      0,
      0,
      0,
      0,
      7,
      3,
      1,
      rva + 40,
      rva + 52,
      rva + 56,
      0x1000,
      0x1008,
      rva + 68,
      rva + 60,
      0,
      'first',
      'o.other',
    );
    const image = opened({
      sections: [text(0x1000), { name: '.edata', rva, bytes }],
      directories: { [EXPORT]: [rva, 80] },
    });
    expect(image.exports()).toEqual([
      { name: 'first', address: 0x1_4000_1000, ordinal: 7 },
      { name: '', address: 0x1_4000_1008, ordinal: 8 },
      { name: '', address: 0x1_4000_2044, ordinal: 9, forwarder: 'o.other' },
    ]);
  });

  it('parts of functions are no functions: chained rows lengthen the row before or are left out', () => {
    const rva = 0x2000;
    // Unwind information at 48: version 1; at 52: version 1, chained.
    const rows = [
      0x1000,
      0x1010,
      rva + 48,
      0x1010,
      0x1020,
      rva + 52,
      0x1040,
      0x1050,
      rva + 52,
      0x1060,
      0x1070,
      rva + 48,
    ];
    const bytes = data(...rows, 0x01, 0x21);
    const image = opened({
      sections: [text(0x1000, 128), { name: '.pdata', rva, bytes }],
      directories: { [EXCEPTION]: [rva, 48] },
    });
    expect(image.unwind()).toEqual([
      { start: 0x1_4000_1000, end: 0x1_4000_1020, from: 'pdata' },
      { start: 0x1_4000_1060, end: 0x1_4000_1070, from: 'pdata' },
    ]);
  });

  it('ARM64 rows say the length themselves or in a record; parts are left out', () => {
    const rva = 0x2000;
    const bytes = data(0x1000, (5 << 2) | 1, 0x1100, rva + 24, 0x1200, (3 << 2) | 2, 9);
    const image = opened({
      machine: 0xaa64,
      sections: [text(0x1000, 512), { name: '.pdata', rva, bytes }],
      directories: { [EXCEPTION]: [rva, 24] },
    });
    expect(image.unwind().map(({ start, end }) => end - start)).toEqual([20, 36]);
  });

  it('TLS callbacks run before the entry', () => {
    const [rva, base] = [0x2000, 0x1_4000_0000n];
    const bytes = data(base, base + 8n, 0n, base + BigInt(rva) + 40n, 4, 0, base + 0x1008n, base + 0x1004n, 0n);
    const image = opened({
      sections: [text(0x1000), { name: '.rdata', rva, bytes }],
      directories: { [TLS]: [rva, 40] },
    });
    expect(image.initialisers()).toEqual([0x1_4000_1008, 0x1_4000_1004]);
    expect(image.detail.tls).toMatchObject({ fileSize: 8, memorySize: 12 });
  });

  it('control flow guard: the functions that may be called indirectly; and the mark of ARM64EC', () => {
    const [rva, base] = [0x2000, 0x1_4000_0000n];
    const bytes = new Uint8Array(256);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0xd0, true);
    view.setBigUint64(0x80, base + BigInt(rva) + 0xe0n, true);
    view.setBigUint64(0x88, 2n, true);
    view.setUint32(0x90, 0x1000_0500, true);
    view.setBigUint64(0xc8, 1n, true);
    view.setUint32(0xe0, 0x1000, true);
    view.setUint32(0xe5, 0x1008, true);
    const image = opened({
      sections: [text(0x1000), { name: '.rdata', rva, bytes }],
      directories: { [LOAD_CONFIG]: [rva, 0x70] },
    });
    expect(image.detail.loadConfig).toMatchObject({ guardFunctions: [0x1_4000_1000, 0x1_4000_1008], isHybrid: true });
    expect(image.warnings.join()).toContain('ARM64EC');
    const space = addSpace(image, { size: 8, permissions: CODE });
    expect(space).toMatchObject({
      ok: true,
      value: { notes: expect.arrayContaining([expect.stringContaining('control flow guard')]) },
    });
  });

  it('a resource tree that points at itself ends', () => {
    const rva = 0x2000;
    const bytes = data(0, 0, 0, 2 << 16, 16, 0x8000_0000, 3, 0x8000_0000);
    const image = opened({ sections: [{ name: '.rsrc', rva, bytes }], directories: { [RESOURCE]: [rva, 32] } });
    expect(image.detail.resources()).toEqual([]);
    expect(image.warnings.join()).toContain('resource table');
  });
});

describe('what lies behind the sections', () => {
  const tail = new Uint8Array(24).fill(7);

  it('is overlay; a new section goes behind it, and says so', () => {
    const image = opened({ sections: [text(0x1000)], tail });
    expect(image.detail.overlay).toEqual({ offset: 1536, size: 24 });
    expect(image.ownership.at(-1)).toEqual({ offset: 1536, size: 24, kind: 'overlay', owner: 'overlay' });
    const space = addSpace(image, { size: 700, permissions: CODE });
    if (!space.ok) throw new Error(space.problem);
    expect(space.value.notes.join()).toContain('24 bytes of overlay');
    const saved = save(image.bytes, space.value.edits);
    if (!saved.ok) throw new Error(saved.problem);
    expect(saved.value.subarray(1536, 1560)).toEqual(tail);
    expect(opened(saved.value).sections.at(-1)).toMatchObject({ name: '.patch', size: 700 });
  });

  it('a certificate table is taken away with the change, checksum and all; or only its row, when something follows it', () => {
    const table = new Uint8Array(24);
    table.set([24, 0, 0, 0, 0, 2, 2, 0]);
    const edit = { offset: 1024 as never, before: Uint8Array.of(0x90), after: Uint8Array.of(0xc3), reason: 'test' };
    for (const extra of [0, 8]) {
      const directories = { [CERTIFICATE]: [1536, 24] } as const;
      const image = opened({
        sections: [text(0x1000)],
        directories,
        checksum: 5,
        tail: new Uint8Array([...table, ...new Uint8Array(extra)]),
      });
      expect(image.detail.certificates).toMatchObject({ offset: 1536, size: 24, certificates: [{ type: 2 }] });
      const repaired = repair(image, [edit]);
      if (!repaired.ok) throw new Error(repaired.problem);
      expect(repaired.value.repairs.map(({ what, outcome }) => [what, outcome])).toEqual([
        ['authenticode', 'dropped'],
        ['pe-checksum', 'made'],
      ]);
      const saved = save(image.bytes, repaired.value.edits);
      if (!saved.ok) throw new Error(saved.problem);
      const after = opened(saved.value);
      expect(saved.value.length).toBe(extra === 0 ? 1536 : 1568);
      expect(after.detail.certificates).toBeUndefined();
      expect(after.detail.hasGoodChecksum()).toBe(true);
    }
  });

  it('no edit, no repair', () => {
    const image = opened({ sections: [text(0x1000)], checksum: 5 });
    expect(repair(image, [])).toEqual({ ok: true, value: { edits: [], repairs: [] } });
  });
});
