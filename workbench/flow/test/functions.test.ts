// Which functions are found, from what, and where they end.

import { expect, it } from 'vitest';
import { analyse, type Program, SOURCE } from '../src/index.ts';
import { imageOf, type Parts } from './support.ts';

function analysed(parts: Parts): { readonly program: Program; readonly at: (label: string) => number } {
  const { image, labels } = imageOf(parts);
  const program = analyse(image);
  if (!program.ok) throw new Error(program.problem);
  return { program: program.value, at: (label) => labels.get(label) as number };
}

function startsOf({ functions }: Program): readonly number[] {
  return [...functions.starts.subarray(0, functions.count)];
}

const CALLED = `
first: call second
  ret
  align 16
second: mov eax, 1
  ret
`;

it('a direct call makes a function, and padding belongs to none', () => {
  const { program, at } = analysed({ source: CALLED, symbols: [{ name: 'first', address: 0x401000 }] });
  expect(startsOf(program)).toEqual([at('first'), at('second')]);
  expect(program.functions.ends[0]).toBe(at('first') + 6);
  expect(program.functions.sources[1]).toBe(SOURCE.call);
  expect([...program.functions.confidences]).toEqual([100, 90]);
});

it('a call of the next instruction, which reads the address, makes none', () => {
  const { program } = analysed({ source: 'start: push rbx\ncall next\nnext: pop rax\npop rbx\nret' });
  expect(program.functions.count).toBe(1);
});

it('what the file describes is taken, and calls into the middle of it are not functions', () => {
  const source = 'one: call middle\nret\nmiddle: mov eax, 2\nret';
  const { program } = analysed({ source, unwind: [{ start: 0x401000, end: 0x40100c }] });
  expect(startsOf(program)).toEqual([0x401000]);
  expect(program.functions.sources[0]).toBe(SOURCE.unwind);
});

it('a pointer in data makes a function where nothing runs into it', () => {
  const source = 'one: ret\ntwo: mov eax, edi\nret\nthree: mov eax, 3\nret';
  const target = 0x401001;
  const { program } = analysed({
    source,
    symbols: [{ name: 'one', address: 0x401000 }],
    pointers: [{ address: 0x402000, target }],
  });
  expect(startsOf(program)).toEqual([0x401000, target]);
  expect(program.functions.sources[1]).toBe(SOURCE.pointer);
});

it('code that begins as functions do, behind an end, is one although nothing names it', () => {
  const { program, at } = analysed({ source: 'one: ret\ntwo: push rbp\nmov rbp, rsp\npop rbp\nret' });
  expect(startsOf(program)).toEqual([at('one'), at('two')]);
});

it('aligned code that uses what belongs to a caller is no function', () => {
  const source = 'one: ret\nalign 16\nmov rax, [rbp-8]\ncall one\nret\nalign 16\nthree: xor eax, eax\nret';
  const { program, at } = analysed({ source });
  expect(startsOf(program)).toEqual([at('one'), at('three')]);
});

it('a jump to another function is a tail call, and does not make two of one', () => {
  const source =
    'one: call three\ntest edi, edi\nje over\nret\nover: mov eax, 1\njmp two\ntwo: mov eax, 2\nret\nalign 16\nthree: jmp two';
  const { program, at } = analysed({ source });
  expect(startsOf(program)).toContain(at('two'));
  expect(startsOf(program)).not.toContain(at('over'));
});

it('functions that end in what never returns never return', () => {
  const source =
    'die: push rbx\ncall stub\nalign 16\nmain: test edi, edi\nje good\ncall die\ngood: ret\nalign 16\nstub: jmp [data]';
  const probe = imageOf({ source });
  const stub = probe.labels.get('stub') as number;
  const { program, at } = analysed({
    source,
    symbols: ['die', 'main'].map((name) => ({ name, address: probe.labels.get(name) as number })),
    imports: [{ name: 'abort', stub }],
  });
  const doesNotReturn = (label: string): number | undefined =>
    program.functions.noReturns[program.functionAt(at(label))];
  expect([doesNotReturn('die'), doesNotReturn('main'), doesNotReturn('stub')]).toEqual([1, 0, 1]);
  expect(program.nameOf(stub)).toBe('abort@plt');
  expect(program.addressOf('abort')).toBe(stub);
});

it('Mach-O puts a _ before names, and what never returns is known by them all the same', () => {
  const { image } = imageOf({
    source: 'main: ret\nalign 16\nstub: jmp [data]',
    imports: [{ name: '_abort', stub: 0x401010 }],
  });
  const marks = (['elf', 'macho'] as const).map((format) => {
    const program = analyse({ ...image, format });
    return program.ok && program.value.functions.noReturns[program.value.functionAt(0x401010)];
  });
  expect(marks).toEqual([0, 1]);
});

it('AArch64 functions are found by calls and by how they begin', () => {
  const source =
    'one: stp x29, x30, [sp, #-16]!\nbl three\nldp x29, x30, [sp], #16\nret\ntwo: sub sp, sp, #32\nadd sp, sp, #32\nret\nnop\nthree: mov w0, #1\nret';
  const { program, at } = analysed({ isa: 'aarch64', source });
  expect(startsOf(program)).toEqual([at('one'), at('two'), at('three')]);
});

it('an address inside no function has none', () => {
  const { program, at } = analysed({ source: CALLED, symbols: [{ name: 'first', address: 0x401000 }] });
  expect(program.functionAt(at('second') + 1)).toBe(1);
  expect(program.functionAt(at('first') + 7)).toBe(-1);
  expect(program.functionAt(0)).toBe(-1);
});

it('other instruction sets are refused by name, and a stopped analysis says so', () => {
  const { image } = imageOf({ source: 'ret' });
  const other = analyse({ ...image, machine: { ...image.machine, isa: 'arm', name: 'EM_ARM' } });
  expect(other).toMatchObject({ ok: false, problem: expect.stringContaining('EM_ARM') });
  const stop = new AbortController();
  stop.abort();
  expect(analyse(image, { signal: stop.signal })).toMatchObject({ ok: false });
});

it('an image without code has no functions', () => {
  const { image } = imageOf({ source: 'ret' });
  const program = analyse({ ...image, segments: [] });
  expect(program.ok && program.value.functions.count).toBe(0);
});
