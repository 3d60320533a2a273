// One instruction of x86-64 in full, and as text.

import { type Instruction, x86 } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

const ADDRESS = 0x401000;

function piece(hex: string): { readonly code: Uint8Array; readonly address: number } {
  return { code: new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')), address: ADDRESS };
}

function instruction(hex: string): Instruction {
  return x86.instruction(piece(hex), 0);
}

describe('x86.text', () => {
  it.each([
    ['48 8b 45 f8', 'mov rax,QWORD PTR [rbp-0x8]'],
    ['48 8d 05 10 00 00 00', 'lea rax,[rip+0x10]'],
    ['e8 00 00 00 00', 'call 0x401005'],
    ['f3 48 ab', 'rep stos QWORD PTR [rdi]'],
    ['f3 c3', 'repz ret'],
    ['f0 0f b1 0f', 'lock cmpxchg DWORD PTR [rdi],ecx'],
    ['48 b8 01 00 00 00 00 00 00 00', 'movabs rax,0x1'],
    ['62 f1 7c c9 10 40 01', 'vmovups zmm0{k1}{z},ZMMWORD PTR [rax+0x40]'],
    ['41 80 7d 00 2f', 'cmp BYTE PTR [r13+0x0],0x2f'],
    ['9c', 'pushf'],
    ['66 9c', 'pushfw'],
    ['66 c3', 'ret'],
    ['48 cf', 'iretq'],
    ['d9 45 08', 'fld DWORD PTR [rbp+0x8]'],
    ['06', '(bad)'],
    ['48', '(bad)'],
  ])('%s → %s', (hex, text) => {
    expect(x86.text(piece(hex), 0)).toBe(text);
  });

  it('shows names of addresses where there are some', () => {
    const names = new Map([
      [0x401005, 'puts'],
      [0x401017, 'message'],
    ]);
    const nameOf = (address: number): string | undefined => names.get(address);
    expect(x86.text(piece('e8 00 00 00 00'), 0, { nameOf })).toBe('call puts');
    expect(x86.text(piece('48 8d 05 10 00 00 00'), 0, { nameOf })).toBe('lea rax,[message]');
    expect(x86.text(piece('74 02'), 0, { nameOf })).toBe('je 0x401004');
  });
});

describe('x86.instruction', () => {
  it('names operands, size and address', () => {
    expect(instruction('48 8b 05 10 00 00 00')).toEqual({
      address: ADDRESS,
      length: 7,
      mnemonic: 'mov',
      operands: [
        { kind: 'register', name: 'rax', size: 8 },
        { kind: 'memory', base: 'rip', scale: 1, displacement: 0x10n, size: 8, address: 0x401017 },
      ],
      flow: 0,
      reads: [],
      writes: ['rax'],
    });
  });

  it('tells target, registers and flags of a branch and of arithmetic', () => {
    expect(instruction('74 02')).toMatchObject({
      mnemonic: 'je',
      flow: 2,
      target: 0x401004,
      reads: ['flags'],
      writes: [],
    });
    const add = instruction('48 01 d8');
    expect(new Set(add.reads)).toEqual(new Set(['rax', 'rbx']));
    expect(new Set(add.writes)).toEqual(new Set(['rax', 'flags']));
  });

  it('counts a register as read where a part of it stays', () => {
    expect(instruction('b0 01')).toMatchObject({ reads: ['rax'], writes: ['rax'] });
    expect(instruction('b8 01 00 00 00')).toMatchObject({ reads: [], writes: ['rax'] });
    expect(instruction('48 0f 44 c3').reads).toContain('rax');
  });

  it('writes immediates with their sign and size', () => {
    expect(instruction('48 83 e4 f0').operands[1]).toEqual({ kind: 'immediate', value: -16n, size: 8 });
    expect(instruction('b0 ff').operands[1]).toEqual({ kind: 'immediate', value: 255n, size: 1 });
  });

  it('gives segments, vector masks and broadcasts', () => {
    expect(instruction('64 48 8b 04 25 28 00 00 00').operands[1]).toEqual({
      kind: 'memory',
      scale: 1,
      displacement: 0x28n,
      segment: 'fs',
      size: 8,
    });
    expect(instruction('62 f1 74 59 58 00').operands).toMatchObject([
      { name: 'zmm0', suffix: '{k1}' },
      { name: 'zmm1' },
      { kind: 'memory', size: 4, suffix: '{b}' },
    ]);
  });

  it('is honest about what is no instruction', () => {
    expect(instruction('06')).toEqual({
      address: ADDRESS,
      length: 1,
      mnemonic: '(bad)',
      operands: [],
      flow: 8,
      reads: [],
      writes: [],
    });
  });
});
