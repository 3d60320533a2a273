// AArch64 text, one word a line as llvm-objdump 19 writes it (checked once with llvm-mc; whole programs in tests/workbench).

import { aarch64, FLOW } from '@cohesix/isa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const ADDRESS = 0x10000;

function pieceOf(hex: string): { code: Uint8Array; address: number } {
  const code = new Uint8Array(4);
  new DataView(code.buffer).setUint32(0, Number.parseInt(hex, 16), true);
  return { code, address: ADDRESS };
}

const CASES = `
91004020 add x0, x1, #0x10
91400420 add x0, x1, #0x1, lsl #12
8b226c3f add sp, x1, x2, lsl #3
8b224820 add x0, x1, w2, uxtw #2
f9400820 ldr x0, [x1, #0x10]
f85f0420 ldr x0, [x1], #-0x10
f85f0c20 ldr x0, [x1, #-0x10]!
f8627820 ldr x0, [x1, x2, lsl #3]
f862d820 ldr x0, [x1, w2, sxtw #3]
f862e820 ldr x0, [x1, x2, sxtx]
38627820 ldrb w0, [x1, x2, lsl #0]
d37df020 lsl x0, x1, #3
531f7c20 lsr w0, w1, #31
d3431c20 ubfx x0, x1, #3, #5
937d1020 sbfiz x0, x1, #3, #5
93c24420 extr x0, x1, x2, #0x11
fa410804 ccmp x0, #0x1, #0x4, eq
1e6e1000 fmov d0, #1.00000000
6f00e400 movi v0.2d, #0000000000000000
4f00c460 movi v0.4s, #0x3, msl #8
36f80000 tbz w0, #0x1f, 0x10000
b6400000 tbz x0, #0x28, 0x10000
d503245f bti c
d5032c9f hint #0x64
d4000001 svc #0
d2a00020 mov x0, #0x10000
92800000 mov x0, #-0x1
b200f3e0 mov x0, #0x5555555555555555
d5033bbf dmb ish
d53b4200 mrs x0, NZCV
d538f260 mrs x0, S3_0_C15_C2_3
d50342df msr DAIFSet, #0x2
f9800400 prfm pldl1keep, [x0, #0x8]
a9ff07e0 ldp x0, x1, [sp, #-0x10]!
4cdfa000 ld1 { v0.16b, v1.16b }, [x0], #32
4de5a000 ld4 { v0.s, v1.s, v2.s, v3.s }[2], [x0], x5
4e032020 tbl v0.16b, { v1.16b, v2.16b }, v3.16b
6e0c4420 mov v0.s[1], v1.s[2]
4fa21820 fmla v0.4s, v1.4s, v2.s[3]
6e82cc20 fcmla v0.4s, v1.4s, v2.4s, #90
48207c82 casp x0, x1, x2, x3, [x4]
f820005f stadd x0, [x2]
d50b7520 ic ivau, x0
90000000 adrp x0, 0x10000
1a9f17e0 cset w0, eq
00000007 udf #0x7
f8201c20 ldraa x0, [x1, #0x8]!
d9201820 stg x0, [x1, #0x10]
4ee2e020 pmull2 v0.1q, v1.2d, v2.2d
d65f0bff retaa
d65f03c0 ret
d65f0020 ret x1
19010440 cpyfp [x0]!, [x1]!, x2!
d9410840 ldiapp x0, x1, [x2], #16
b37d7fe0 bfi x0, xzr, #3, #32
17ffffff b 0xfffc
04e0e3e0 .inst 0x04e0e3e0
ffffffff <unknown>
00010000 <unknown>
`;

describe('AArch64 text', () => {
  it.each(CASES.trim().split('\n'))('%s', (line) => {
    const [hex = '', ...words] = line.split(' ');
    expect(aarch64.text(pieceOf(hex), 0)).toBe(words.join(' '));
  });

  it('shows names in place of the addresses that have one', () => {
    const nameOf = (address: number) => (address === ADDRESS + 8 ? 'finish' : undefined);
    expect(aarch64.text(pieceOf('94000002'), 0, { nameOf })).toBe('bl finish');
    expect(aarch64.text(pieceOf('58000040'), 0, { nameOf })).toBe('ldr x0, finish');
    expect(aarch64.text(pieceOf('94000003'), 0, { nameOf })).toBe('bl 0x1000c');
  });

  it('calls what the end of the code cuts off no instruction', () => {
    const piece = { code: Uint8Array.of(0x1f, 0x20, 0x03), address: ADDRESS };
    expect(aarch64.text(piece, 0)).toBe('<unknown>');
    expect(aarch64.instruction(piece, 0)).toMatchObject({ mnemonic: '(bad)', length: 3 });
  });
});

/** Word, registers read, registers written. */
const EFFECTS = `
8b020020 | x1 x2 | x0
0b020020 | x1 x2 | x0
eb02003f | x1 x2 | flags
f8408c20 | x1 | x0 x1
f8008c20 | x0 x1 | x1
a9410440 | x2 | x0 x1
f8e00041 | x0 x2 | x1
9bc27c20 | x1 x2 | x0
f2a00020 | x0 | x0
94000001 | | x30
d65f03c0 | x30 |
9a820020 | x1 x2 flags | x0
54000000 | flags |
d53b4200 | flags | x0
d503233f | x30 sp | x30
f83fd022 | x1 | x2 x3 x4 x5 x6 x7 x8 x9
19010440 | x0 x1 x2 | x0 x1 x2 flags
1e602820 | v1 v0 | v0
4ea21c20 | v1 v2 | v0
4e22cc20 | v0 v1 v2 | v0
`;

describe('registers read and written', () => {
  it.each(EFFECTS.trim().split('\n'))('%s', (line) => {
    const [hex = '', reads = '', writes = ''] = line.split('|').map((part) => part.trim());
    const found = aarch64.instruction(pieceOf(hex), 0);
    const sorted = (text: string) =>
      text
        .split(' ')
        .filter((name) => name !== '')
        .sort();
    expect({ reads: [...found.reads].sort(), writes: [...found.writes].sort() }).toEqual({
      reads: sorted(reads),
      writes: sorted(writes),
    });
  });
});

describe('any word', () => {
  it('is an instruction with sensible names everywhere, or none everywhere', () => {
    const names = /^([xwbhsdqv]([0-9]|[12][0-9]|3[01])|sp|wsp|xzr|wzr)$/;
    let count = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (word) => {
        const piece = pieceOf(word.toString(16));
        const found = aarch64.instruction(piece, 0);
        const text = aarch64.text(piece, 0);
        expect(found.flow === FLOW.bad).toBe(text === '<unknown>');
        expect(text).not.toMatch(/undefined|NaN|\?| {2}/);
        if (found.flow === FLOW.bad) return;
        count += 1;
        expect(text.split(' ')[0]).toBe(found.mnemonic);
        for (const operand of found.operands) if (operand.kind === 'register') expect(operand.name).toMatch(names);
        for (const name of [...found.reads, ...found.writes]) expect(name).toMatch(/^([xv]\d+|sp|flags)$/);
      }),
      { numRuns: 20_000, seed: 11 },
    );
    expect(count).toBeGreaterThan(5000);
  });
});
