// The ladder of hooks, rung by rung, on small programs made by hand that are then run: which rung is taken, what is refused and
// why, and that the program ends with the status that the patch makes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '@cohesix/flow';
import { bytesAt } from '@cohesix/image';
import { assemble, decoderOf, type Isa } from '@cohesix/isa';
import { apply, type Intent, type Plan, plan, planOf, planText } from '@cohesix/patch';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { patched, programOf } from './support/patching.ts';
import { CODE, CODE_OFFSET, tinyElf } from './support/tiny-elf.ts';

const QEMU = '/usr/bin/qemu-aarch64-static';
const qemuMissing = toolMissing(QEMU, 'qemu-user-static');
const folder = mkdtempSync(join(tmpdir(), 'cohesix-ladder-'));
afterAll(() => rmSync(folder, { recursive: true }));

const STARTS: Readonly<Record<Isa, string>> = {
  'x86-64': '_start:\n mov edi, 5\n call f\n mov edi, eax\n mov eax, 60\n syscall\n int3\n.align 16\n',
  aarch64: '_start:\n mov w0, #5\n bl f\n mov x8, #93\n svc #0\n',
};

/** A program that ends with the status f(5); every label of the source that is no `.L…` is a function. */
function made(
  source: string,
  { isa = 'x86-64', type = 2 }: { readonly isa?: Isa; readonly type?: number } = {},
): Program {
  const code = assemble(isa, `${STARTS[isa]}${source}`, { address: CODE });
  if (!code.ok) throw new Error(JSON.stringify(code.problems));
  const labels = [...code.labels].filter(([name]) => !name.startsWith('.L')).sort((one, other) => one[1] - other[1]);
  const functions = labels.map(([name, address], index) => {
    // `_start` says where it ends; the others are followed.
    return { name, address, size: index === 0 ? (labels[1]?.[1] ?? 0) - address : 0 };
  });
  return programOf(tinyElf({ type, machine: isa === 'x86-64' ? 62 : 183, code: code.bytes, functions }));
}

async function status(
  program: Program,
  intents: readonly Intent[],
): Promise<readonly [string | undefined, number | string]> {
  const { plan: steps, bytes } = patched(program, intents);
  return [steps.steps[0]?.rung, await run(bytes, program.isa)];
}

async function run(bytes: Uint8Array, isa: Isa): Promise<number | string> {
  const path = join(folder, `program-${Math.abs(bytes.reduce((sum, byte) => (sum * 31 + byte) | 0, 7))}`);
  writeFileSync(path, bytes, { mode: 0o755 });
  return (await (isa === 'x86-64' ? runTool(path, []) : runTool(QEMU, [path]))).status;
}

function before(assembly: string): readonly Intent[] {
  return [{ kind: 'hook', function: 'f', when: 'before', code: { assembly } }];
}

function problem(program: Program, intents: readonly Intent[]): string {
  const planned = plan(program, intents);
  return planned.ok ? 'planned' : planned.problem;
}

const PADDED = '.byte 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc\n';
const LONG = 'f:\n lea eax, [rdi+1]\n add eax, 2\n add eax, 3\n ret\n';
/** A loop goes back to f+2. */
const LOOP = 'f:\n xor eax, eax\n.Lagain:\n add eax, 3\n dec edi\n jnz .Lagain\n ret\n';

describe('x86-64', () => {
  it('runs the programs as they are', async () => {
    expect(await run(made(LONG).image.bytes, 'x86-64')).toBe(11);
    expect(await run(made(LOOP).image.bytes, 'x86-64')).toBe(15);
  });

  it('in place when the body fits, and what is left of the old one traps', async () => {
    const program = made(LONG);
    const intents: readonly Intent[] = [{ kind: 'return', function: 'f', value: '9' }];
    expect(await status(program, intents)).toEqual(['in-place', 9]);
    const { bytes } = patched(program, intents);
    const at = CODE_OFFSET + (program.addressOf('f') as number) - CODE;
    expect([...bytes.subarray(at, at + 10)]).toEqual([0xb8, 9, 0, 0, 0, 0xc3, 0xcc, 0xcc, 0xcc, 0xcc]);
  });

  it('a jump of five bytes, behind endbr64', async () => {
    expect(await status(made(LONG), before('add edi, 2'))).toEqual(['jump-rel32', 13]);
    const program = made(LONG.replace('f:\n', 'f:\n endbr64\n'));
    expect(await status(program, before('add edi, 2'))).toEqual(['jump-rel32', 13]);
    const { bytes } = patched(program, before('add edi, 2'));
    const at = CODE_OFFSET + (program.addressOf('f') as number) - CODE;
    expect([...bytes.subarray(at, at + 5)]).toEqual([0xf3, 0x0f, 0x1e, 0xfa, 0xe9]);
  });

  it('a short jump to an island where a jump goes among the first five bytes', async () => {
    const program = made(`${LOOP}${PADDED}`);
    expect(await status(program, before('add edi, 2'))).toEqual(['island', 21]);
    const steps = patched(program, before('add edi, 2')).plan.steps[0];
    expect(steps?.refused.find(({ rung }) => rung === 'jump-rel32')?.reason).toMatch(
      /^the jump at 0x\w+ goes to 0x\w+, among/,
    );
  });

  it('redirects the callers where nothing else goes, and refuses when they are not all known', async () => {
    const tiny = 'f:\n ret\ng:\n ret\n';
    const program = made(tiny);
    const replace = (name: string): readonly Intent[] => [
      { kind: 'hook', function: name, when: 'replace', code: { assembly: 'mov eax, 40\nadd eax, 2\nret' } },
    ];
    expect(await status(program, replace('f'))).toEqual(['redirect-callers', 42]);
    expect(problem(program, replace('g'))).toContain('redirect-callers: nothing calls it directly');
    const taken = made(`${tiny}h:\n lea rax, [f]\n ret\n`);
    expect(problem(taken, replace('f'))).toMatch(/redirect-callers: .*(holds its address|its address is in data)/);
    const named = made(`${tiny}h:\n mov eax, 0x${program.addressOf('f')?.toString(16)}\n ret\n`);
    expect(problem(named, replace('f'))).toContain('redirect-callers: the bytes of its address are at');
  });

  it('does not run code at each turn of a loop that goes back to the first instruction', async () => {
    const program = made('f:\n dec edi\n jnz f\n mov eax, 7\n ret\n.byte 0x90\n');
    expect(
      patched(program, before('nop'))
        .plan.steps[0]?.refused.map(({ reason }) => reason)
        .join(),
    ).toContain('the code would run at each turn');
    expect(await status(program, before('mov edi, 3'))).toEqual(['redirect-callers', 7]);
  });

  it('refuses to move a call, which an exception could not pass', () => {
    const program = made('f:\n call g\n ret\ng:\n mov eax, 1\n ret\n');
    expect(patched(program, before('nop')).plan.steps[0]?.refused[1]?.reason).toContain('there is a call at');
  });

  it('refuses what lies inside a function, is no name, or does not assemble', () => {
    const program = made(LONG);
    const hook = (place: string, assembly: string): readonly Intent[] => [
      { kind: 'hook', function: place, when: 'before', code: { assembly } },
    ];
    expect(problem(program, hook('f+3', 'nop'))).toMatch(/lies inside the function that starts at/);
    expect(problem(program, hook('nowhere', 'nop'))).toContain('is named nowhere');
    expect(problem(program, hook('f', 'nop\nmoov eax, 1'))).toMatch(
      /^intent 1: line 2, column 1 \(moov\): no instruction/,
    );
    expect(problem(program, hook('f', '; nothing'))).toContain('there is no instruction in the source');
    expect(problem(program, [{ kind: 'return', function: 'f', value: 'yes' }])).toContain(
      'expected a number to return',
    );
    expect(problem(program, [{ kind: 'bytes', at: 'f', bytes: '9' }])).toContain('pairs of hexadecimal digits');
  });

  it('refuses two intents that change the same bytes, and code over the target of a jump', () => {
    const twice: readonly Intent[] = [
      { kind: 'bytes', at: 'f', bytes: '90' },
      { kind: 'nop', at: 'f', count: 1 },
    ];
    expect(problem(made(LONG), twice)).toContain('changed by another intent');
    const over: readonly Intent[] = [{ kind: 'assembly', at: 'f', source: 'mov eax, 1' }];
    expect(problem(made(LOOP), over)).toMatch(/goes to 0x\w+, in the middle of what would be replaced/);
    expect(problem(made(LONG), [{ kind: 'nop', at: 'f+1', count: 1 }])).toContain('lies inside an instruction');
  });

  it('fills what is left of the last instruction with nops', async () => {
    const intents: readonly Intent[] = [{ kind: 'assembly', at: 'f', source: 'xor eax, eax' }];
    expect(await status(made(LONG), intents)).toEqual(['in-place', 5]);
  });
});

describe.skipIf(qemuMissing !== undefined)(`AArch64${qemuMissing === undefined ? '' : ` (${qemuMissing})`}`, () => {
  const arm = (source: string): Program => made(source, { isa: 'aarch64' });

  it('in place, and one branch that keeps a landing pad first', async () => {
    expect(
      await status(arm('f:\n add w0, w0, #1\n add w0, w0, #2\n ret\n'), [
        { kind: 'return', function: 'f', value: '65543' },
      ]),
    ).toEqual(['in-place', 7]);
    const program = arm('f:\n bti c\n tbz w0, #7, .Lgood\n mov w0, #1\n ret\n.Lgood:\n add w0, w0, #1\n ret\n');
    expect(await status(program, before('add w0, w0, #2'))).toEqual(['b', 8]);
  });

  it('puts bti c in place of a paciasp that the new code does not undo', async () => {
    const program = arm('f:\n paciasp\n add w0, w0, #1\n autiasp\n ret\n');
    const intents: readonly Intent[] = [
      {
        kind: 'hook',
        function: 'f',
        when: 'replace',
        code: { assembly: 'stp x29, x30, [sp, #-16]!\nbl original\nadd w0, w0, #30\nldp x29, x30, [sp], #16\nret' },
      },
    ];
    expect(await status(program, intents)).toEqual(['b', 36]);
    const { bytes } = patched(program, intents);
    const at = program.addressOf('f') as number;
    const piece = { code: bytesAt(programOf(bytes).image, at as never, 8), address: at };
    expect(decoderOf('aarch64').text(piece, 0)).toBe('bti c');
  });
});

describe('a plan', () => {
  const program = made(LONG);
  const planned = plan(program, [{ kind: 'return', function: 'f', value: '9' }]) as { readonly value: Plan };

  it('is refused when its text differs by a byte, or it is for another file', () => {
    const words = planText(planned.value);
    expect(planOf(new TextEncoder().encode(words.replace('  "code"', ' "code"')))).toMatchObject({ ok: false });
    expect(planOf(new TextEncoder().encode(words.replace('"version": 1', '"version": 2')))).toMatchObject({
      ok: false,
    });
    expect(planOf(new TextEncoder().encode('[]'))).toMatchObject({ ok: false });
    const other = program.image.bytes.slice();
    other[other.length - 1] = 1;
    expect(apply(other, planned.value)).toMatchObject({ ok: false });
  });

  it('is refused when its edits do not make the file that it names', () => {
    const [first, ...rest] = planned.value.edits;
    const edits = [{ ...first, after: first?.after.replace('b809', 'b808') } as (typeof rest)[number], ...rest];
    expect(apply(program.image.bytes, { ...planned.value, edits })).toEqual({
      ok: false,
      problem: 'the edits of the plan do not lead to the output that it names',
    });
  });
});
