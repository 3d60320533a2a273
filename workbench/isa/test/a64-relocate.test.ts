// Moved AArch64 code names the same places, or is refused.

import { aarch64, assembleA64, relocateA64 } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

const FROM = 0x10000;
const NAMES: Readonly<Record<string, number>> = { out: 0x10100, data: 0x20010 };

function assembled(source: string): Uint8Array {
  const result = assembleA64(source, { address: FROM, addressOf: (name) => NAMES[name] });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.bytes;
}

function textsOf(code: Uint8Array, address: number): string[] {
  return Array.from({ length: code.length / 4 }, (_, index) => aarch64.text({ code, address }, index * 4));
}

/** Text of the moved code, or the refusal. */
function moved(source: string, to: number): string[] {
  const result = relocateA64(assembled(source), { from: FROM, to });
  return result.ok ? textsOf(result.value.bytes, to) : [result.problem];
}

const NEAR = 0x18000;
/** 16 MiB: out of reach of conditional branches, `adr` and literals. */
const FAR = 0x1010000;
/** 1 GiB: out of reach of `b`. */
const FURTHER = 0x40010000;
/** 1 TiB. */
const AWAY = 0x100_0001_0000;

const CASES: readonly (readonly [string, number, readonly string[]])[] = [
  ['add x0, x1, #1', AWAY, ['add x0, x1, #0x1']],
  ['b out', NEAR, ['b 0x10100']],
  ['bl out', FAR, ['bl 0x10100']],
  ['b out', FURTHER, ['ldr x16, 0x40010008', 'br x16', '.quad 0x10100']],
  ['bl out', AWAY, ['ldr x16, 0x1000001000c', 'blr x16', 'b 0x10000010014', '.quad 0x10100']],
  ['b.eq out', NEAR, ['b.eq 0x10100']],
  ['b.eq out', FAR, ['b.ne 0x1010008', 'b 0x10100']],
  ['cbz x1, out', FAR, ['cbnz x1, 0x1010008', 'b 0x10100']],
  ['tbnz w1, #7, out', FAR, ['tbz w1, #0x7, 0x1010008', 'b 0x10100']],
  ['b.ne out', FURTHER, ['0x10000: the target is more than 128 MiB away, and the branch is conditional']],
  ['adr x3, out', NEAR, ['adr x3, 0x10100']],
  ['adr x3, out', FAR, ['adrp x3, 0x10000', 'add x3, x3, #0x100']],
  ['adrp x3, data', FURTHER, ['adrp x3, 0x20000']],
  ['adrp x3, data', AWAY, ['0x10000: the page is more than 4 GiB away']],
  ['ldr x3, out', NEAR, ['ldr x3, 0x10100']],
  ['ldr x3, out', FAR, ['adrp x3, 0x10000', 'add x3, x3, #0x100', 'ldr x3, [x3]']],
  ['ldrsw x3, out', FAR, ['adrp x3, 0x10000', 'add x3, x3, #0x100', 'ldrsw x3, [x3]']],
  ['prfm pldl1keep, out', FAR, ['nop']],
  ['ldr d3, out', FAR, ['0x10000: the literal is more than 1 MiB away, and there is no register to reach it with']],
  ['nop\n.word 0xffffffff', NEAR, ['0x10004: this word is no instruction, it cannot be moved']],
];

describe('one instruction', () => {
  it.each(CASES)('%s to %d', (source, to, expected) => {
    const found = moved(source, to);
    // A literal of the new code is shown as its value.
    const literal = expected.at(-1)?.startsWith('.quad') === true ? expected.length - 1 : -1;
    expect(found.slice(0, literal < 0 ? undefined : literal)).toEqual(
      literal < 0 ? expected : expected.slice(0, literal),
    );
    if (literal >= 0) {
      const result = relocateA64(assembled(source), { from: FROM, to });
      const bytes = result.ok ? result.value.bytes : new Uint8Array();
      const value = new DataView(bytes.buffer).getBigUint64(literal * 4, true);
      expect(value).toBe(BigInt(Number(expected.at(-1)?.slice(6))));
    }
  });
});

describe('several instructions', () => {
  it('follow each other: targets inside the code move along, also past what grew', () => {
    const source = 'top: cbz x0, end\nb.eq out\nb top\nend: ret';
    expect(moved(source, FAR)).toEqual(['cbz x0, 0x1010010', 'b.ne 0x101000c', 'b 0x10100', 'b 0x1010000', 'ret']);
    const result = relocateA64(assembled(source), { from: FROM, to: FAR });
    expect(result.ok && result.value.map).toEqual([
      { from: 0, to: 0 },
      { from: 4, to: 4 },
      { from: 8, to: 12 },
      { from: 12, to: 16 },
    ]);
  });

  it('are refused where they are no whole words or lie askew', () => {
    expect(relocateA64(new Uint8Array(6), { from: FROM, to: NEAR })).toMatchObject({ ok: false });
    expect(relocateA64(new Uint8Array(), { from: FROM, to: NEAR })).toMatchObject({ ok: false });
    expect(relocateA64(assembled('nop'), { from: FROM, to: NEAR + 2 })).toEqual({
      ok: false,
      problem: 'code lies at multiples of 4',
    });
  });
});
