// Moving x86-64 code: what it names stays what it names.

import { assembleX86, relocateX86, x86 } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

const FROM = 0x401000;

function bytesOf(source: string): Uint8Array {
  const result = assembleX86(source, { address: FROM });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.bytes;
}

/** Text of each instruction, with addresses where something is named. */
function texts(code: Uint8Array, address: number): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < code.length; ) {
    const one = x86.instruction({ code, address }, at);
    const memory = one.operands.find((operand) => operand.kind === 'memory');
    const named = memory?.address === undefined ? '' : ` @${memory.address.toString(16)}`;
    lines.push(`${one.mnemonic}${one.target === undefined ? '' : ` ${one.target.toString(16)}`}${named}`);
    at += one.length;
  }
  return lines;
}

describe('relocateX86', () => {
  it('keeps bytes that do not depend on their address', () => {
    const code = bytesOf('push rbp\nmov rbp, rsp\nsub rsp, 32');
    const moved = relocateX86(code, { from: FROM, to: 0x7000_0000_0000 });
    expect(moved).toMatchObject({ ok: true, value: { bytes: code } });
  });

  it('fixes RIP-relative operands, calls and jumps, and follows branches inside', () => {
    const code = bytesOf('top: lea rax, [rip+0x100]\ncall 0x402000\njne top\njmp 0x401050\nret');
    const moved = relocateX86(code, { from: FROM, to: 0x50_0000 });
    expect(moved.ok && texts(moved.value.bytes, 0x50_0000)).toEqual([
      'lea @401107',
      'call 402000',
      'jne 500000',
      'jmp 401050',
      'ret',
    ]);
    expect(moved.ok && moved.value.map).toEqual([
      { from: 0, to: 0 },
      { from: 7, to: 7 },
      { from: 12, to: 12 },
      { from: 14, to: 14 },
      { from: 16, to: 19 },
    ]);
  });

  it('widens short branches, also jrcxz', () => {
    const code = bytesOf('je 0x401040\njrcxz 0x401050\nret');
    const moved = relocateX86(code, { from: FROM, to: 0x50_0000 });
    expect(moved.ok && texts(moved.value.bytes, 0x50_0000)).toEqual([
      'je 401040',
      'jrcxz 50000a',
      'jmp 50000f',
      'jmp 401050',
      'ret',
    ]);
  });

  it('refuses what cannot be kept, and says where', () => {
    const far = { from: FROM, to: 0x7000_0000_0000 };
    expect(relocateX86(bytesOf('nop\nmov eax, [rip+8]'), far)).toMatchObject({
      problem: expect.stringContaining('offset 1'),
    });
    expect(relocateX86(bytesOf('call 0x400000'), far)).toMatchObject({
      problem: expect.stringContaining('out of its reach'),
    });
    expect(relocateX86(Uint8Array.of(0x06), far)).toMatchObject({
      problem: expect.stringContaining('no whole instruction'),
    });
    expect(relocateX86(Uint8Array.of(0xe8, 0), far)).toMatchObject({ ok: false });
    const intoMiddle = Uint8Array.of(0xeb, 0x01, 0xb8, 0, 0, 0, 0);
    expect(relocateX86(intoMiddle, far)).toMatchObject({ problem: expect.stringContaining('middle') });
    expect(relocateX86(Uint8Array.of(0x66, 0xe9, 0, 0, 0, 0), far)).toMatchObject({
      problem: expect.stringContaining('66'),
    });
  });

  it('moves nothing to nothing', () => {
    expect(relocateX86(new Uint8Array(), { from: 0, to: 16 })).toMatchObject({ ok: true, value: { map: [] } });
  });
});
