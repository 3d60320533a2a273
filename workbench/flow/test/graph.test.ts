// Blocks, edges and jump tables of one function.

import { expect, it } from 'vitest';
import { analyse, type FlowGraph, REFERENCE, rowsTo } from '../src/index.ts';
import { CODE, DATA, imageOf, type Parts } from './support.ts';

/** The graph of the first function, and its text: a block a line. */
function graphOf(parts: Parts): {
  readonly graph: FlowGraph;
  readonly lines: readonly string[];
  readonly at: (label: string) => string;
} {
  const { image, labels } = imageOf({ ...parts, symbols: parts.symbols ?? [{ name: 'main', address: CODE }] });
  const program = analyse(image);
  if (!program.ok) throw new Error(program.problem);
  const graph = program.value.graph(0);
  const named = new Map([...labels].map(([name, address]) => [address, name]));
  const name = (address: number): string => named.get(address) ?? address.toString(16);
  const lines = graph.blocks.map(
    ({ start, to }) => `${name(start)} → ${to.map(({ address, kind }) => `${kind} ${name(address)}`).join(', ')}`,
  );
  return { graph, lines, at: (label) => name(labels.get(label) as number) };
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

it('cuts at branches and where they lead', () => {
  const { lines } = graphOf({
    source: 'main: test edi, edi\nje no\nmov eax, 1\njmp done\nno: xor eax, eax\ndone: ret',
  });
  expect(lines).toEqual(['main → taken no, not-taken 401004', '401004 → jump done', 'no → next done', 'done → ']);
});

it('a loop leads back, and its calls are listed', () => {
  const { lines, graph } = graphOf({
    source: 'main: push rbx\nmov ebx, edi\nagain: call other\ndec ebx\njne again\npop rbx\nret\nalign 16\nother: ret',
  });
  expect(lines).toEqual(['main → next again', 'again → taken again, not-taken 40100c', '40100c → ']);
  expect(graph.blocks[1]?.calls).toEqual([0x401010]);
});

const CASES = 'zero: mov eax, 10\nret\none: mov eax, 11\nret\ntwo: mov eax, 12\nret\nother: xor eax, eax\nret';

it('resolves a table of distances, as position-independent code has them', () => {
  const source = `main: cmp edi, 2\nja other\nmov edi, edi\nlea rdx, [rip+data]\nmovsxd rax, dword ptr [rdx+rdi*4]\nadd rax, rdx\njmp rax\n${CASES}`;
  const { labels } = imageOf({ source });
  const data = words(...['zero', 'one', 'two', 'two'].map((label) => (labels.get(label) as number) - DATA));
  const { graph, lines } = graphOf({ source, data });
  expect(graph.tables).toEqual([
    expect.objectContaining({
      table: DATA,
      entrySize: 4,
      targets: ['zero', 'one', 'two'].map((label) => labels.get(label)),
    }),
  ]);
  expect(lines).toContain(
    '40100b → table zero, table one, table two'.replace('40100b', lines[1]?.split(' ')[0] as string),
  );
  expect(graph.unresolved).toEqual([]);
});

it('resolves a table of addresses', () => {
  const source = `main: cmp edi, 1\nja other\nmov edi, edi\njmp [rdi*8+data]\n${CASES}`;
  const { labels } = imageOf({ source });
  const data = words(labels.get('one') as number, 0, labels.get('zero') as number, 0, labels.get('two') as number, 0);
  const { graph } = graphOf({ source, data });
  expect(graph.tables[0]?.targets).toEqual([labels.get('one'), labels.get('zero')]);
});

it('resolves a table of bytes of AArch64, which count instructions', () => {
  const source = `main: cmp w0, #2\nb.hi other\nadrp x1, data\nadd x1, x1, :lo12:data\nldrb w1, [x1, w0, uxtw]\nadr x2, zero\nadd x1, x2, w1, sxtb #2\nbr x1\nzero: mov w0, #10\nret\none: mov w0, #11\nret\nother: mov w0, #0\nret`;
  const { labels } = imageOf({ isa: 'aarch64', source });
  const { graph } = graphOf({ isa: 'aarch64', source, data: Uint8Array.of(0, 2, 0, 0) });
  expect(graph.tables[0]?.targets).toEqual([labels.get('zero'), labels.get('one'), labels.get('zero')]);
});

it('names a jump whose targets it does not know', () => {
  const { graph } = graphOf({ source: 'main: mov rax, [rdi]\njmp rax' });
  expect(graph.unresolved).toEqual([CODE + 3]);
  expect(graph.blocks.map(({ to }) => to)).toEqual([[]]);
});

it('a call that never comes back ends its block', () => {
  const source = 'main: test edi, edi\nje good\ncall stub\ngood: ret\nalign 16\nstub: jmp [rip+data]';
  const stub = imageOf({ source }).labels.get('stub') as number;
  const { graph } = graphOf({ source, imports: [{ name: 'exit', stub }] });
  expect(graph.blocks[1]?.to).toEqual([]);
});

it('references are sorted by what they name, and found by it', () => {
  const source = 'main: lea rdi, [rip+data]\ncall other\ncall other\nret\nalign 16\nother: ret';
  const { image, labels } = imageOf({
    source,
    symbols: [{ name: 'main', address: CODE }],
    data: words(0, 0),
    pointers: [{ address: DATA, target: CODE }],
  });
  const program = analyse(image);
  if (!program.ok) throw new Error(program.problem);
  const references = program.value.references();
  const { first, end } = rowsTo(references, labels.get('other') as number);
  expect([...references.from.subarray(first, end)]).toEqual([CODE + 7, CODE + 12]);
  expect([...references.kinds]).toEqual([REFERENCE.pointer, REFERENCE.call, REFERENCE.call, REFERENCE.data]);
  expect([...references.to]).toEqual([...references.to].sort((one, other) => one - other));
});

it('texts of data are found in both encodings, and what has no end mark is none', () => {
  const text = new TextEncoder().encode('short\0ab\0Grüße\0');
  const wide = Uint8Array.from([...'wide text'].flatMap((letter) => [letter.charCodeAt(0), 0]).concat(0, 0));
  const data = Uint8Array.of(...text, 0, ...wide, ...new TextEncoder().encode('no end'));
  const program = analyse(imageOf({ source: 'main: ret', data }).image);
  if (!program.ok) throw new Error(program.problem);
  expect(program.value.strings().map((found) => [found.address - DATA, found.encoding, found.text])).toEqual([
    [0, 'utf-8', 'short'],
    [9, 'utf-8', 'Grüße'],
    [text.length + 1, 'utf-16le', 'wide text'],
  ]);
});

it('keeps a graph, and makes it again when it was given up', () => {
  const { image } = imageOf({ source: 'main: ret', symbols: [{ name: 'main', address: CODE }] });
  const program = analyse(image);
  if (!program.ok) throw new Error(program.problem);
  expect(program.value.graph(0)).toBe(program.value.graph(0));
});
