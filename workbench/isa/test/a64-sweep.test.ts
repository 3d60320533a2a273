// The flow sweep of AArch64, folded addresses, and the full decode to columns.

import {
  a64Columns,
  a64Mnemonic,
  aarch64,
  assembleA64,
  columns,
  decodeA64,
  FLOW,
  foldAddresses,
  knownAddresses,
} from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

const ADDRESS = 0x10000;

function bytesOf(...words: number[]): Uint8Array {
  const code = new Uint8Array(words.length * 4);
  for (const [index, word] of words.entries()) new DataView(code.buffer).setUint32(index * 4, word, true);
  return code;
}

function assembled(source: string): Uint8Array {
  const result = assembleA64(source, {
    address: ADDRESS,
    addressOf: (name) => ({ data: 0x2_0018, far: 0x2_3000 })[name],
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.bytes;
}

/** Word, flow, target. */
const CASES: readonly (readonly [number, string])[] = [
  [0xd503201f, 'next -'],
  [0x14000002, 'jump 10008'],
  [0x17ffffff, 'jump fffc'],
  [0x94000001, 'call 10004'],
  [0x54000040, 'branch 10008'],
  [0x5400004e, 'jump 10008'],
  [0xb4000040, 'branch 10008'],
  [0x3600005f, 'branch 10008'],
  [0xd61f0200, 'jumpIndirect -'],
  [0xd63f0200, 'callIndirect -'],
  [0xd71f0801, 'jumpIndirect -'],
  [0xd65f03c0, 'return -'],
  [0xd65f0bff, 'return -'],
  [0xd69f03e0, 'return -'],
  [0xd4200000, 'trap -'],
  [0xd4000001, 'next -'],
  [0x00000000, 'trap -'],
  [0x00010000, 'bad -'],
  [0x10000040, 'next 10008'],
  [0xb0000000, 'next 11000'],
  [0x58000040, 'next 10008'],
  [0xd8000040, 'next 10008'],
  [0x5c000040, 'next 10008'],
  [0xdc000040, 'bad -'],
  [0xd61f0201, 'bad -'],
  [0xd4400000, 'trap -'],
  [0xd4800000, 'bad -'],
  [0x0bc20020, 'bad -'],
  [0x0b028020, 'bad -'],
  [0x92ffffff, 'next -'],
  [0x927ffc00, 'bad -'],
  [0xffffffff, 'bad -'],
];

describe('flow and target of a word', () => {
  it.each(CASES)('%s', (word, expected) => {
    const step = { length: 0, flow: 0, target: 0 };
    aarch64.step({ code: bytesOf(word), address: ADDRESS }, 0, step);
    const found = `${Object.keys(FLOW)[step.flow]} ${step.target < 0 ? '-' : step.target.toString(16)}`;
    expect({ found, length: step.length }).toEqual({ found: expected, length: 4 });
  });

  it('keeps a target below address 0 out of the columns', () => {
    const step = { length: 0, flow: 0, target: 0 };
    aarch64.step({ code: bytesOf(0x17fffff0), address: 8 }, 0, step);
    expect(step).toEqual({ length: 4, flow: FLOW.jump, target: -1 });
  });
});

describe('a sweep', () => {
  it('says the same as single steps, goes on where the rows end, and ends with what is cut off', () => {
    const words = CASES.map(([word]) => word);
    const code = Uint8Array.of(...bytesOf(...words), 1, 2);
    const piece = { code, address: ADDRESS };
    const rows = columns(5);
    let offset = 0;
    const seen: string[] = [];
    while (offset < code.length) {
      offset = aarch64.sweep(piece, offset, rows);
      for (let row = 0; row < rows.count; row += 1) {
        const step = { length: 0, flow: 0, target: 0 };
        aarch64.step(piece, rows.offsets[row] as number, step);
        expect([rows.lengths[row], rows.flows[row], rows.targets[row]]).toEqual([step.length, step.flow, step.target]);
        seen.push(Object.keys(FLOW)[rows.flows[row] as number] ?? '?');
      }
    }
    expect(seen).toHaveLength(words.length + 1);
    expect(seen.at(-1)).toBe('bad');
    expect(offset).toBe(code.length);
  });
});

/** Targets of swept and folded code, by line of the source. */
function foldedTargets(source: string): string[] {
  const code = assembled(source);
  const piece = { code, address: ADDRESS };
  const rows = columns(code.length / 4);
  aarch64.sweep(piece, 0, rows);
  foldAddresses(piece, rows, knownAddresses());
  return Array.from(rows.targets, (target) => (target < 0 ? '-' : target.toString(16)));
}

describe('addresses in two steps', () => {
  it('gives add, loads and stores the whole address, and the page alone none', () => {
    const source = `
adrp x0, data
add x0, x0, :lo12:data
ldr x1, [x0, #8]
adrp x2, data
ldr w3, [x2, :lo12:data]
str q0, [x0, #8*2]
ldp x4, x5, [x0, #-16]
ldurb w6, [x0, #-1]`;
    expect(foldedTargets(source)).toEqual(['-', '20018', '20020', '-', '20018', '20028', '20008', '20017']);
  });

  it.each([
    ['another value', 'adrp x0, data\nmov x0, #1\nadd x1, x0, #24', '-'],
    ['a load into it', 'adrp x0, data\nldr x0, [x3]\nadd x1, x0, #24', '-'],
    ['a call', 'adrp x0, data\nbl data\nadd x1, x0, #24', '-'],
    ['a return', 'adrp x19, data\nret\nadd x1, x19, #24', '-'],
    ['nothing: a store', 'adrp x0, data\nstr x0, [x3]\nadd x1, x0, #24', '20018'],
    ['nothing: a branch', 'adrp x0, data\ncbz x3, data\nadd x1, x0, #24', '20018'],
    ['nothing: a call, of a register the callee keeps', 'adrp x19, data\nbl data\nadd x1, x19, #24', '20018'],
    ['nothing: a copy', 'adrp x0, data\nmov x5, x0\nadd x1, x5, #24', '20018'],
    ['a structure of vectors that moves it on', 'adrp x0, data\n.inst 0x4cdf7000\nadd x1, x0, #24', '-'],
    ['a changed base', 'adrp x0, data\nldr x1, [x0], #8\nadd x1, x0, #24', '-'],
  ])('forgets a page after %s', (_name, source, last) => {
    expect(foldedTargets(source).at(-1)).toBe(last);
  });
});

describe('the full decode', () => {
  it('keeps encoding, word and number of each row', () => {
    const code = assembled(
      'add x0, x1, #16\nldr x0, [x1, #-8]\nret\nldrh w1, [x2, #6]\nand x0, x1, #1\n.word 0xffffffff',
    );
    const rows = a64Columns(8);
    expect(decodeA64({ code, address: ADDRESS }, 0, rows)).toBe(code.length);
    const found = Array.from({ length: rows.count }, (_, row) => [
      a64Mnemonic(rows.encodings[row] as number),
      rows.numbers[row],
    ]);
    // The bitmask 1 is N = 1, immr = imms = 0.
    expect(found).toEqual([
      ['add', 16],
      ['ldur', -8],
      ['ret', Number.NaN],
      ['ldrh', 6],
      ['and', 0x1000],
      ['(bad)', Number.NaN],
    ]);
    expect(rows.words[0]).toBe(0x91004020);
  });
});
