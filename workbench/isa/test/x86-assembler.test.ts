// Assembling x86-64: bytes that GNU as gives too (tests/workbench/assembler-x86.test.ts compares), labels, names, and problems
// that point at the token.

import { type AssemblyProblem, assembleX86, nops } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

const ADDRESS = 0x401000;
const NAMES: Readonly<Record<string, number>> = { puts: 0x400500, message: 0x402000 };

function assembled(source: string): string {
  const result = assembleX86(source, { address: ADDRESS, addressOf: (name) => NAMES[name] });
  return result.ok ? Buffer.from(result.bytes).toString('hex') : JSON.stringify(result.problems);
}

function problemOf(source: string): AssemblyProblem | undefined {
  const addressOf = (name: string): number | undefined => (name === 'far' ? 0x7fff_0000_0000 : undefined);
  const result = assembleX86(source, { address: ADDRESS, addressOf });
  return result.ok ? undefined : result.problems[0];
}

describe('assembleX86', () => {
  it.each([
    ['endbr64', 'f30f1efa'],
    ['mov eax, 5', 'b805000000'],
    ['mov rax, 5', '48c7c005000000'],
    ['mov rax, 0x123456789a', '48b89a78563412000000'],
    ['MOV DWORD PTR [rbp-8], 1', 'c745f801000000'],
    ['mov byte ptr [r12+r13*8+0x100], 7', '43c684ec0001000007'],
    ['lea rax, [rip+0x10]', '488d0510000000'],
    ['lea rdi, [message]', '488d3df90f0000'],
    ['mov rsi, [rip+message]', '488b35f90f0000'],
    ['mov rax, fs:[0x28]', '64488b042528000000'],
    ['mov rax, fs:0x28', '64488b042528000000'],
    ['call puts', 'e8fbf4ffff'],
    ['jmp rax', 'ffe0'],
    ['call [rip+0x20]', 'ff1520000000'],
    ['jne 0x401002', '7500'],
    ['setz al', '0f94c0'],
    ['cmovnz eax, [rcx]', '0f4501'],
    ['imul rax, 5', '486bc005'],
    ['shl eax, 1', 'd1e0'],
    ['push 1000', '68e8030000'],
    ['push rbp', '55'],
    ['rep movsb', 'f3a4'],
    ['rep stos QWORD PTR es:[rdi],rax', 'f348ab'],
    ['repne scasb', 'f2ae'],
    ['lock cmpxchg [rdi], ecx', 'f00fb10f'],
    ['movsd xmm1, [rax]', 'f20f1008'],
    ['movzx eax, byte ptr [rsi]', '0fb606'],
    ['test rax, [rbx]', '488503'],
    ['mov [rax+rsp], rbx', '48891c04'],
    ['fxch st(1)', 'd9c9'],
    ['vaddps zmm0{k1}{z}, zmm1, zmm2', '62f174c958c2'],
    ['ret', 'c3'],
    ["mov al, 'A'", 'b041'],
    ['db 1, 2, -1', '0102ff'],
    ['dw 0x1234', '3412'],
    ['dq message', '0020400000000000'],
    ['.asciz "hi\\n"', '68690a00'],
  ])('%s → %s', (source, hex) => {
    expect(assembled(source)).toBe(hex);
  });

  it('resolves labels in both directions and lengthens the jumps that need it', () => {
    const source = 'start: jmp far ; over the gap\n jmp end\n .zero 200\nfar: jmp start\nend: ret';
    const result = assembleX86(source, { address: ADDRESS });
    expect(result).toMatchObject({ ok: true });
    if (!result.ok) return;
    expect(Buffer.from(result.bytes.subarray(0, 10)).toString('hex')).toBe(`e9cd000000${'e9cd000000'}`);
    expect(result.labels.get('end')).toBe(ADDRESS + result.bytes.length - 1);
    expect(result.lines).toContainEqual({ line: 4, offset: 210 });
  });

  it('aligns with nops', () => {
    expect(assembled('ret\nalign 8\nret')).toBe('c30f1f8000000000c3');
    expect(Buffer.from(nops(11)).toString('hex')).toBe('660f1f8400000000006690');
  });

  it.each([
    ['mov [rax], 1', 5, '[', 'size'],
    ['moov rax, 1', 1, 'moov', 'mov'],
    ['add eax, rbx', 10, 'rbx', 'ADD r32, r/m32'],
    ['mov rax, [rbx+rcx*3]', 19, '3', '1, 2, 4 or 8'],
    ['mov eax, 0x1ffffffff', 10, '0x1ffffffff', 'MOV r32, imm32'],
    ['jmp', 1, 'jmp', '1 expected, 0 given'],
    ['call nowhere', 6, 'nowhere', 'no known name'],
    ['lock mov [rax], ebx', 6, 'mov', 'lock'],
    ['lock add eax, ebx', 6, 'add', 'lock'],
    ['lock', 1, 'lock', 'expected after the prefix'],
    ['push [rax', 7, 'rax', ']'],
    ['mov rax, [rbx-rcx]', 15, 'rcx', 'subtracted'],
    ['mov rax, [rbx+rcx+rdx]', 19, 'rdx', 'one base and one index'],
    ['mov rax, [rax+0x123456789]', 10, '[', '32 bits'],
    ['mov rax, []', 10, '[', 'address'],
    ['jmp short 0x500000', 5, 'short', 'too far'],
    ['mov rax, [eax+rbx]', 10, '[', 'cannot be encoded'],
    ['lea rax, [far]', 10, '[', 'too far'],
    ['mov rax, qword', 10, 'qword', ''],
    ['mov eax, , ebx', 10, ',', 'missing'],
    ['vaddps zmm0{k9}, zmm1, zmm2', 13, 'k9', 'k1 to k7'],
  ])('%s: points at column %i', (source, column, token, hint) => {
    expect(problemOf(source)).toMatchObject({ line: 1, column, token });
    expect(problemOf(source)?.problem).toContain(hint);
  });

  it('says all that is wrong, each with its line', () => {
    const result = assembleX86('nop\nfoo\n\nbar eax', { address: 0 });
    expect(result).toMatchObject({ ok: false, problems: [{ line: 2 }, { line: 4 }] });
  });
});
