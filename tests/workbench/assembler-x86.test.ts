// The assembler of x86-64 beside GNU as (the same bytes for every line), and against our own text: what is printed of real
// code assembles to an instruction that prints the same.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleX86, FLOW, x86 } from '@cohesix/isa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { textOf } from './support/x86-lines.ts';

/** Instructions a hook is written with, in the forms whose shortest encoding is not a matter of taste. */
const LINES = `
endbr64; push rbp; pop r12; mov rbp, rsp; leave; ret; ret 8; nop; int3; ud2; hlt; syscall; cpuid; rdtsc; pause; cqo; cdqe; cld; std
mov eax, 5; mov rax, 5; mov rax, -1; mov rax, 0x80000000; mov rax, 0x123456789a; mov al, 1; mov ah, bl; mov r8b, 3; mov spl, 3
mov ax, 1000; mov qword ptr [rbp-8], 1; mov [rax], ecx; mov byte ptr [r12+r13*8+0x100], 7; mov [rsp+rax], rbx; mov eax, [r13]
mov rax, [rsp]; mov eax, [0x1234]; mov rax, [0x123456789abc]; mov rax, fs:[0x28]; movabs rax, 0x123456789abcdef0; mov cr0, rax
lea rax, [rip+0x10]; lea rax, [rdi+rdi*4]; lea eax, [rax*8+0x1000]; movzx eax, byte ptr [rsi]; movsx rax, cx; movsxd rax, ecx
add rax, -16; add eax, 0x1000; add al, 5; add [rdi], rsi; sub rsp, 0x20; sub r11, [r10]; adc eax, ebx; sbb eax, [rax]
and eax, 0xff; and rax, -16; or rax, 0xfffffffffffffff0; xor eax, eax; cmp byte ptr [rdi], 0x2f; cmp rax, 0x7fffffff
test eax, eax; test byte ptr [rax], 1; test al, 1; test rax, [rbx]; not byte ptr [rdi]; neg rax; inc dword ptr [rax]; dec r9
imul rax, rcx, 100; imul rax, rcx, 1000; imul rax, rbx; mul rcx; div dword ptr [rsp+4]; idiv r8
shl eax, 1; shr rdx, cl; sar rcx, 5; rol rax, 8; ror byte ptr [rax], 1; shld eax, ebx, 3; shld eax, ebx, cl; bswap eax; bswap r9
bt eax, 5; bts rax, rcx; bsf rax, rcx; bsr eax, [rdi]; popcnt eax, ecx; lzcnt rax, rbx; tzcnt eax, eax; andn eax, ebx, ecx
cmove rax, rbx; cmovnz eax, [rcx]; cmovg r8, r9; setz al; setnbe byte ptr [rax]; xchg rax, [rbx]; xadd eax, ebx
lock cmpxchg [rdi], ecx; lock xadd qword ptr [rax], rdx; lock inc dword ptr [rax]; cmpxchg16b [rdi]; mfence; lfence
call rax; call qword ptr [rip+0x20]; jmp rax; jmp [rax*8+0x1000]; jmp qword ptr [rip]; bnd jmp rax; notrack jmp rax
rep movsb; rep stosq; rep movsd; repne scasb; repe cmpsb; lodsb; stosd; push 5; push 1000; push -1; push qword ptr [rax]
pushfq; popfq; enter 16, 0; in al, dx; out 0x80, al; xgetbv; movbe eax, [rax]; crc32 eax, bl; prefetcht0 [rax]
movss xmm0, dword ptr [rax]; movsd xmm1, xmm2; movsd [rax], xmm1; movaps xmm0, xmm1; movups [rdi], xmm15; movq rax, xmm0
movd xmm0, eax; cvtsi2sd xmm0, rax; cvttsd2si eax, xmm1; addsd xmm0, xmm1; mulss xmm8, [rax]; ucomisd xmm0, [rax]; pxor xmm0, xmm0
sqrtsd xmm0, xmm0; pshufd xmm0, xmm1, 0x1b; cmpltps xmm0, xmm1; vmovdqu ymm0, [rdi]; vaddps zmm0{k1}{z}, zmm1, zmm2; vzeroupper
fld qword ptr [rax]; fstp tbyte ptr [rax]; fxch st(1); faddp st(1), st; fild dword ptr [rax]; fld st(1)
`
  .split(/[;\n]/)
  .map((line) => line.trim())
  .filter((line) => line !== '');

const AS = '/usr/bin/as';
const ADDRESS = 0x401000;

/** What GNU as makes of each line. */
async function bytesOfAs(lines: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assembler-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [source, object, binary] = ['a.s', 'a.o', 'a.bin'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  // Sixteen bytes a line: an instruction, then 0xf1s.
  const padded = lines.map((line) => `1:\n${line}\n.fill 16-(.-1b), 1, 0xf1`);
  writeFileSync(source, `.intel_syntax noprefix\n${padded.join('\n')}\n`);
  expect((await runTool(AS, [source, '-o', object])).stderr).toBe('');
  await runTool('/usr/bin/objcopy', ['-O', 'binary', '-j', '.text', object, binary]);
  const bytes = readFileSync(binary);
  return lines.map((_line, index) => bytes.toString('hex', index * 16, index * 16 + 16).replace(/(f1)+$/, ''));
}

function ourBytes(line: string): string {
  const result = assembleX86(line, { address: ADDRESS });
  return result.ok ? Buffer.from(result.bytes).toString('hex') : JSON.stringify(result.problems);
}

describe('the x86-64 assembler', () => {
  it('writes the bytes that GNU as writes', async (ctx) => {
    const missing = toolMissing(AS, 'binutils');
    if (missing !== undefined) ctx.skip(missing);
    const theirs = await bytesOfAs(LINES);
    const both = LINES.map((line, index) => ({ line, bytes: theirs[index] }));
    expect(LINES.map((line) => ({ line, bytes: ourBytes(line) }))).toEqual(both);
  });

  it.each([
    ['/usr/bin/bash', 40],
    ['/usr/lib/x86_64-linux-gnu/libc.so.6', 60],
  ])('assembles what it prints of %s', { timeout: 120_000 }, async (file, every) => {
    const text = await textOf(file);
    const step = { length: 0, flow: 0, target: 0 };
    const other: string[] = [];
    let tried = 0;
    for (let offset = 0, index = 0; offset < text.code.length; offset += step.length, index++) {
      x86.step(text, offset, step);
      if (step.flow === FLOW.bad || index % every !== 0) continue;
      tried++;
      const difference = roundTrip(x86.text(text, offset), text.address + offset);
      if (difference !== undefined) other.push(difference);
    }
    expect(tried).toBeGreaterThan(3000);
    expect(other).toEqual([]);
  });
});

/** A displacement of zero may be left out. */
function plain(text: string): string {
  return text.replace('+0x0]', ']');
}

function roundTrip(text: string, address: number): string | undefined {
  const result = assembleX86(text, { address });
  if (!result.ok) return `${text}: ${result.problems[0]?.problem}`;
  const again = x86.text({ code: result.bytes, address }, 0);
  return plain(again) === plain(text) ? undefined : `${text} → ${again}`;
}
