// The sweep of x86-64: length, flow and target of single instructions, and of code as a whole.

import { columns, FLOW, x86 } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

const ADDRESS = 0x401000;

/** `length flow target` of the first instruction of some bytes. */
function stepText(hex: string, address: number = ADDRESS): string {
  const step = { length: 0, flow: 0, target: 0 };
  x86.step({ code: bytesOf(hex), address }, 0, step);
  const flow = Object.keys(FLOW)[step.flow] ?? '?';
  return [step.length, flow, step.target < 0 ? '-' : step.target.toString(16)].join(' ');
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** bytes | length flow target: what it is. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['90', '1 next -', 'nop'],
  ['f3 0f 1e fa', '4 next -', 'endbr64'],
  ['48 8d 05 10 00 00 00', '7 next 401017', 'lea rax, [rip+0x10]'],
  ['80 3d 10 00 00 00 07', '7 next 401017', 'a displacement before an immediate counts from the end'],
  ['67 8d 05 10 00 00 00', '7 next 401017', 'eip-relative'],
  ['e8 fb ff ff ff', '5 call 401000', 'call of itself'],
  ['66 e8 00 00 00 00', '6 call 401006', '66 does not shorten a near call'],
  ['eb fe', '2 jump 401000', 'jmp of itself'],
  ['e9 00 01 00 00', '5 jump 401105', 'jmp rel32'],
  ['74 02', '2 branch 401004', 'je'],
  ['0f 84 00 00 00 80', '6 branch -', 'a branch to below zero has no target'],
  ['e3 10', '2 branch 401012', 'jrcxz'],
  ['e2 10', '2 branch 401012', 'loop'],
  ['c7 f8 10 00 00 00', '6 branch 401016', 'xbegin'],
  ['66 c7 f8 10 00', '5 branch 401015', 'xbegin rel16'],
  ['c3', '1 return -', 'ret'],
  ['f2 c2 08 00', '4 return -', 'bnd ret 8'],
  ['48 cf', '2 return -', 'iretq'],
  ['ff e0', '2 jumpIndirect -', 'jmp rax'],
  ['ff 25 10 00 00 00', '6 jumpIndirect 401016', 'jmp [rip+0x10]'],
  ['ff 24 c5 00 10 40 00', '7 jumpIndirect 401000', 'jmp [rax*8+0x401000]'],
  ['ff d0', '2 callIndirect -', 'call rax'],
  ['41 ff 54 24 08', '5 callIndirect -', 'call [r12+8]'],
  ['cc', '1 trap -', 'int3'],
  ['0f 0b', '2 trap -', 'ud2'],
  ['f4', '1 trap -', 'hlt'],
  ['cd 80', '2 next -', 'int 0x80'],
  ['0f 05', '2 next -', 'syscall'],
  ['64 48 8b 04 25 28 00 00 00', '9 next -', 'fs:[0x28] is no address of the program'],
  ['48 8b 04 25 00 10 40 00', '8 next 401000', 'mov rax, [0x401000]'],
  ['48 a1 00 10 40 00 00 00 00 00', '10 next 401000', 'moffs'],
  ['67 a1 00 10 40 00', '6 next 401000', 'moffs under 67'],
  ['48 b8 11 22 33 44 55 66 77 88', '10 next -', 'mov rax, imm64'],
  ['66 b8 11 22', '4 next -', 'mov ax, imm16'],
  ['48 66 b8 11 22', '5 next -', 'a REX that is not last does not count'],
  ['66 48 b8 11 22 33 44 55 66 77 88', '11 next -', 'REX.W wins over 66'],
  ['f6 00 01', '3 next -', 'test byte [rax], 1'],
  ['f6 10', '2 next -', 'not byte [rax]'],
  ['c8 10 00 00', '4 next -', 'enter'],
  ['0f 20 00', '3 next -', 'mov rax, cr0, whatever mod says'],
  ['0f 20 84', '3 next -', 'mov of a control register has no SIB'],
  ['66 0f 78 c0 01 02', '6 next -', 'extrq'],
  ['0f 0f c1 0d', '4 next -', '3DNow!'],
  ['c5 f8 77', '3 next -', 'vzeroupper'],
  ['c4 e3 7d 04 c1 05', '6 next -', 'vpermilps ymm0, ymm1, 5'],
  ['62 f1 7c 48 10 40 01', '7 next -', 'vmovups zmm0, [rax+64]'],
  ['8f e8 78 c0 c1 05', '6 next -', 'XOP vprotb'],
  ['8f c0', '2 next -', 'pop rax'],
];

describe('x86.step', () => {
  it.each(CASES)('%s → %s (%s)', (hex, expected) => {
    expect(stepText(hex)).toBe(expected);
  });

  it.each([
    ['06', 'push es is gone in 64-bit mode'],
    ['0f 04', 'no such opcode'],
    ['8d c0', 'lea of a register'],
    ['fe d0', 'group 4 has two members'],
    ['ff f8', 'group 5 has seven'],
    ['8e c8', 'mov cs'],
    ['44 0f 21 c0', 'mov rax, dr8'],
    ['f0 01 c0', 'lock of a register'],
    ['f0 90', 'lock of what cannot be locked'],
    ['66 c5 f8 77', '66 before VEX'],
    ['48 c5 f8 77', 'REX before VEX'],
    ['c4 e0 78 77', 'VEX map 0'],
    ['62 f8 7c 48 10 c0', 'EVEX with a reserved bit'],
    ['62 f1 7c c8 10 c0', 'EVEX zeroing without a mask'],
    ['d5 00 90', 'REX2 (APX) is not read'],
    ['66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90', 'sixteen bytes'],
    ['48', 'cut off after a prefix'],
    ['e8 00 00', 'cut off in an immediate'],
    ['0f', 'cut off after an escape'],
  ])('%s is bad: %s', (hex) => {
    expect(stepText(hex)).toBe('1 bad -');
  });

  it('fifteen bytes are an instruction', () => {
    expect(stepText(`${'66'.repeat(14)}90`)).toBe('15 next -');
  });

  it('an address above 2^53 that moffs names is no target', () => {
    expect(stepText('48 a1 00 00 00 00 00 00 30 00')).toBe('10 next -');
  });
});

describe('x86.sweep', () => {
  const code = bytesOf('55 4889e5 e800000000 06 0f84f0ffffff c3 48');

  it('fills rows to the end of the piece', () => {
    const rows = columns(16);
    expect(x86.sweep({ code, address: ADDRESS }, 0, rows)).toBe(code.length);
    expect([...rows.offsets.subarray(0, rows.count)]).toEqual([0, 1, 4, 9, 10, 16, 17]);
    expect([...rows.lengths.subarray(0, rows.count)]).toEqual([1, 3, 5, 1, 6, 1, 1]);
    expect([...rows.flows.subarray(0, rows.count)]).toEqual([
      0,
      0,
      FLOW.call,
      FLOW.bad,
      FLOW.branch,
      FLOW.return,
      FLOW.bad,
    ]);
    expect([...rows.targets.subarray(0, rows.count)]).toEqual([-1, -1, ADDRESS + 9, -1, ADDRESS, -1, -1]);
  });

  it('goes on where full rows made it stop', () => {
    const long = new Uint8Array(500).fill(0x90);
    const rows = columns(7);
    let next = 0;
    let count = 0;
    while (next < long.length) {
      next = x86.sweep({ code: long, address: 0 }, next, rows);
      expect(rows.offsets[0]).toBe(count);
      count += rows.count;
    }
    expect(count).toBe(500);
  });

  it('gives the same for a Buffer, and nothing for no code', () => {
    const rows = columns(16);
    expect(x86.sweep({ code: Buffer.from(code), address: ADDRESS }, 0, rows)).toBe(code.length);
    expect(rows.count).toBe(7);
    expect(x86.sweep({ code: new Uint8Array(), address: 0 }, 0, rows)).toBe(0);
    expect(rows.count).toBe(0);
  });
});
