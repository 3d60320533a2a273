// The assembler of AArch64: words as llvm-mc 19 makes them, labels and literals, and problems that point at the token.

import { aarch64, assembleA64 } from '@cohesix/isa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const ADDRESS = 0x10000;
const NAMES: Readonly<Record<string, number>> = { printf: 0x20010, table: 0x30008 };
const options = { address: ADDRESS, addressOf: (name: string): number | undefined => NAMES[name] };

function wordsOf(source: string): string[] {
  const result = assembleA64(source, options);
  if (!result.ok)
    return result.problems.map(({ line, column, token, problem }) => `${line}:${column} ${token}: ${problem}`);
  const view = new DataView(result.bytes.buffer);
  return Array.from({ length: result.bytes.length / 4 }, (_, index) =>
    view
      .getUint32(index * 4, true)
      .toString(16)
      .padStart(8, '0'),
  );
}

const CASES = `
d503201f nop
d503245f bti c
d503233f paciasp
d50323bf autiasp
d50320bf hint #5
a9bf7bfd stp x29, x30, [sp, #-16]!
a8c17bfd ldp x29, x30, [sp], #16
910003fd mov x29, sp
aa0103e0 mov x0, x1
2a0103e0 mov w0, w1
91000420 add x0, x1, #1
91400420 add x0, x1, #4096
8b020020 add x0, x1, x2
8b020c20 add x0, x1, x2, lsl #3
8b820c20 add x0, x1, x2, asr #3
8b224820 add x0, x1, w2, uxtw #2
8b2263e0 add x0, sp, x2
cb0203e0 neg x0, x2
f100043f cmp x1, #1
6b22003f cmp w1, w2, uxtb
fa410804 ccmp x0, #1, #4, eq
92400c20 and x0, x1, #15
b2400c20 orr x0, x1, #0xf
f2401c1f tst x0, #0xff
d2800020 mov x0, #1
d2bfffe0 mov x0, #0xffff0000
92800000 mov x0, #-1
b200f3e0 mov x0, #0x5555555555555555
f2a00020 movk x0, #1, lsl #16
d37df020 lsl x0, x1, #3
d340fc20 lsl x0, x1, #0
1ac22020 lsl w0, w1, w2
9341fc20 asr x0, x1, #1
93c10c20 ror x0, x1, #3
53001c20 ubfx w0, w1, #0, #8
d37d1020 ubfiz x0, x1, #3, #5
b37d1020 bfi x0, x1, #3, #5
9b027c20 mul x0, x1, x2
9ac20820 udiv x0, x1, x2
9a9f07e0 cset x0, ne
9a820020 csel x0, x1, x2, eq
9a811420 cinc x0, x1, eq
f9400420 ldr x0, [x1, #8]
f85f8020 ldr x0, [x1, #-8]
f8408420 ldr x0, [x1], #8
f8408c20 ldr x0, [x1, #8]!
f8627820 ldr x0, [x1, x2, lsl #3]
b8a2d820 ldrsw x0, [x1, w2, sxtw #2]
39400020 ldrb w0, [x1]
3d800fe0 str q0, [sp, #48]
fd000420 str d0, [x1, #8]
c85f7c20 ldxr x0, [x1]
c8027c20 stxr w2, x0, [x1]
f8200041 ldadd x0, x1, [x2]
d53b4200 mrs x0, nzcv
d51bd040 msr tpidr_el0, x0
d53bd040 mrs x0, s3_3_c13_c0_2
d5033bbf dmb ish
d4000001 svc #0
d4207d00 brk #1000
94004004 bl printf
14000000 b .
54000000 b.eq .
54000002 b.cs .
b4000000 cbz x0, .
36180041 tbz w1, #3, .+8
10000040 adr x0, .+8
90000080 adrp x0, printf
91004000 add x0, x0, :lo12:printf
f9400400 ldr x0, [x0, :lo12:table]
1e622820 fadd d0, d1, d2
1e6e1000 fmov d0, #1.0
1e381000 fmov s0, #-0.125
1e602028 fcmp d1, #0.0
9e670020 fmov d0, x1
1e780020 fcvtzs w0, d1
d61f0200 br x16
d63f0200 blr x16
`;

describe('AArch64 words', () => {
  it.each(CASES.trim().split('\n'))('%s', (line) => {
    expect(wordsOf(line.slice(9))).toEqual([line.slice(0, 8)]);
  });

  it('makes what the decoder reads again, for any word that it can write', () => {
    let count = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (word) => {
        const code = new Uint8Array(4);
        new DataView(code.buffer).setUint32(0, word, true);
        const text = aarch64.text({ code, address: ADDRESS }, 0);
        const again = assembleA64(text, { address: ADDRESS });
        if (!again.ok || text.startsWith('.inst')) return;
        count += 1;
        // Not always the same word (ignored bits), always the same meaning.
        expect(aarch64.text({ code: again.bytes, address: ADDRESS }, 0)).toBe(text);
      }),
      { numRuns: 5000, seed: 8 },
    );
    expect(count).toBeGreaterThan(500);
  });
});

describe('labels and literals', () => {
  it('places labels before and behind their use, and says where lines lie', () => {
    const result = assembleA64('start: cbz x0, end\n b start\nend: ret\n', options);
    expect(result.ok && [...result.labels]).toEqual([
      ['start', ADDRESS],
      ['end', ADDRESS + 8],
    ]);
    expect(result.ok && result.lines).toEqual([
      { line: 1, offset: 0 },
      { line: 2, offset: 4 },
      { line: 3, offset: 8 },
    ]);
    expect(wordsOf('start: cbz x0, end\n b start\nend: ret')).toEqual(['b4000040', '17ffffff', 'd65f03c0']);
  });

  it('puts values behind the code, equal ones once, eight bytes at multiples of eight', () => {
    expect(
      wordsOf('ldr x0, =0x1122334455667788\nldr w1, =7\nldr x2, =0x1122334455667788\nldr x3, =printf\nret'),
    ).toEqual([
      '580000c0',
      '18000121',
      '58000082',
      '580000a3',
      'd65f03c0',
      'd503201f',
      '55667788',
      '11223344',
      '00020010',
      '00000000',
      '00000007',
    ]);
  });

  it('writes data and aligns with nops', () => {
    const result = assembleA64(
      '.byte 1, 0xff, -1\n.ascii "a\\n"\n.balign 4\n.word 0x12345678\n.quad start\nstart: nop\n.balign 16',
      options,
    );
    expect(result.ok && [...result.bytes.subarray(0, 12)]).toEqual([
      1, 255, 255, 97, 10, 0, 0, 0, 0x78, 0x56, 0x34, 0x12,
    ]);
    expect(result.ok && result.bytes.length).toBe(32);
    expect(wordsOf('.quad 5\nnop\n.balign 16').slice(2)).toEqual(['d503201f', 'd503201f']);
  });
});

const PROBLEMS: readonly (readonly [string, string])[] = [
  ['add x0, x1, w2', '1:13 w2: a 64-bit register is expected here'],
  [
    'nop\n  mov x0, #0x12345',
    '2:12 0x12345: one instruction cannot make this value; write `ldr REGISTER, =VALUE` or movz and movk',
  ],
  ['ldr x0, [x1, #3000000]', '1:15 3000000: a multiple of 8 from 0 to 32760 is expected here'],
  ['foo x1', '1:1 foo: no instruction of AArch64 is called so'],
  ['b nowhere', '1:3 nowhere: no label of the source and no known name is called so'],
  ['and x0, x1, #5', '1:14 5: this value is no bitmask (a run of ones, rotated and repeated); use a register'],
  ['str x0, x1', '1:9 x1: a memory operand in brackets is expected here'],
  ['ldr x0, [x1, x2, lsl #2]', '1:18 lsl: the amount is 0 or 3'],
  ['add x0 x1', '1:8 x1: a comma is expected before it'],
  ['add x0, x1,', '1:12 : an operand is missing after the comma'],
  ['cbz sp, .', '1:5 sp: the stack pointer cannot stand here'],
  ['fmov d0, #0.1', '1:11 0.1: a number of 16/16 to 31/16, times a power of two from 1/8 to 16, is expected here'],
  ['ret x1, x2', '1:9 x2: the instruction takes no further operand'],
  ['b .+0x10000000', '1:3 .: the target is 268435456 bytes away, the instruction reaches 131072 KiB'],
  ['a: nop\na: nop', '2:1 a: this label is in the source twice'],
  ['.byte 256', '1:7 256: the value does not fit in 1 bytes'],
  ['.byte 1\nnop', '2:1 nop: an instruction lies at a multiple of 4; write .balign 4 before it'],
  ['.ascii "abc', '1:8 ": this text has no closing quote'],
  ['tbl v0.8b, { v1.16b }, v2.8b', '1:1 tbl: this instruction is decoded but not assembled; write it as .word'],
];

describe('problems', () => {
  it.each(PROBLEMS)('%s', (source, problem) => {
    expect(wordsOf(source)).toEqual([problem]);
  });

  it('never throws, whatever the source', () => {
    const word = fc.constantFrom(
      'ldr',
      'add',
      'b',
      'x0',
      'w1',
      ',',
      '[',
      ']',
      '#',
      '=',
      ':',
      ':lo12:',
      '"',
      "'",
      '.word',
      '.balign',
      '-',
      '9',
      '!',
      '{',
      'lsl',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const result = assembleA64(words.join(' '), options);
        expect(result.ok || result.problems.length > 0).toBe(true);
      }),
      { numRuns: 3000, seed: 9 },
    );
  });
});

/** The first problem's text, or how many bytes there are. */
function outcomeOf(source: string): string | number {
  const result = assembleA64(source, options);
  return result.ok ? result.bytes.length : (result.problems[0]?.problem ?? '');
}

describe('limits', () => {
  it.each([
    ['a line', `nop //${' '.repeat(4090)}`, 4, `nop //${' '.repeat(4091)}`, 'a line has at most 4096 characters'],
    ['a source', '\n'.repeat(1_048_576), 0, '\n'.repeat(1_048_577), 'a source has at most 1048576 characters'],
    ['one directive', '.zero 65536', 65_536, '.zero 65537', 'a size from 0 to 65536 is expected'],
    [
      'all code',
      '.zero 65536\n'.repeat(64),
      4_194_304,
      '.zero 65536\n'.repeat(65),
      'the code is longer than 4194304 bytes',
    ],
    ['an alignment', '.balign 4096', 0, '.balign 8192', 'an alignment is a power of two up to 4096'],
  ])('%s', (_name, fits, size, tooMuch, problem) => {
    expect(outcomeOf(fits)).toBe(size);
    expect(outcomeOf(tooMuch)).toBe(problem);
  });

  it('names at most twenty problems', () => {
    const result = assembleA64('foo\n'.repeat(100), options);
    expect(result.ok ? 0 : result.problems.length).toBe(20);
  });
});
