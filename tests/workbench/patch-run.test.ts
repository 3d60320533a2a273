// Patched programs run: what was planned happens, everything else is as before. ELF for x86-64 natively, for AArch64 under qemu.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '@cohesix/flow';
import { type Intent, planOf, planText, revert, verify } from '@cohesix/patch';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, hiddenFixtures } from './fixtures/fixtures.ts';
import { patched, programOf } from './support/patching.ts';

const QEMU = '/usr/bin/qemu-aarch64-static';
const VALGRIND = '/usr/bin/valgrind';
const qemuMissing = toolMissing(QEMU, 'qemu-user-static');
const folder = mkdtempSync(join(tmpdir(), 'cohesix-patch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const WANTED = /-(gcc|clang)-(O[023]|O2-(no-pie|static|static-pie|cet|bti|now|relr|headerless))(-stripped)?$/;
const runnable = (['native', 'qemu-aarch64'] as const)
  .flatMap((runs) => fixtureFacts({ format: 'elf', program: 'sample', runs }))
  .filter(({ name, isa }) => isa !== 'x86' && WANTED.test(name) && !/O[013]-stripped/.test(name));
const hidden = hiddenFixtures({ format: 'elf', program: 'sample' });

/** What the sample does, by its commands; patches change some of it. */
const BEHAVIOUR: Readonly<Record<string, string>> = {
  'check CHX-396988E0': 'licensed\n0',
  'check CHX-396988E1': 'not licensed\n3',
  'day 2': 'work\n0',
  'day 9': 'beyond\n0',
  'day x': 'sample: not a number\n2',
  'apply larger 3 5': '5\n0',
  'fibonacci 9': '34\n0',
  'hash abc': '1A47E90B\n0',
  state: 'sample 1.0 48 0 0\n0',
};

/** A patch for each instruction set, and what it changes. */
interface Patch {
  readonly title: string;
  readonly intents: Readonly<Record<'x86-64' | 'aarch64', readonly Intent[]>>;
  readonly changes: Readonly<Record<string, string>>;
}

const replaceCount = (assembly: string): readonly Intent[] => [
  { kind: 'hook', function: 'count_calls', when: 'replace', code: { assembly } },
];
const beforeDay = (assembly: string): readonly Intent[] => [
  { kind: 'hook', function: 'day_kind', when: 'before', code: { assembly } },
];
const both = (intents: readonly Intent[]): Patch['intents'] => ({ 'x86-64': intents, aarch64: intents });

const PATCHES: readonly Patch[] = [
  {
    title: 'a check that always says yes',
    intents: both([{ kind: 'return', function: 'is_licensed', value: '1' }]),
    changes: { 'check CHX-396988E1': 'licensed\n0' },
  },
  {
    title: 'code before a function that changes what it is given',
    intents: { 'x86-64': beforeDay('add edi, 1'), aarch64: beforeDay('add w0, w0, #1') },
    changes: { 'day 2': 'middle\n0', 'day 9': 'no day\n0' },
  },
  {
    title: 'code instead of a function that calls it as it was',
    intents: {
      'x86-64': replaceCount('sub rsp, 8\ncall original\nadd eax, 5\nadd rsp, 8\nret'),
      aarch64: replaceCount('stp x29, x30, [sp, #-16]!\nbl original\nadd w0, w0, #5\nldp x29, x30, [sp], #16\nret'),
    },
    changes: { state: 'sample 1.0 48 5 0\n0' },
  },
  {
    title: 'new data, written and read by new code',
    intents: {
      'x86-64': [
        { kind: 'data', name: 'runs', bytes: '0300000000000000', isWritable: true },
        { kind: 'data', name: 'step', bytes: '02000000', isWritable: false },
        ...replaceCount('mov eax, [step]\nadd [runs], eax\nmov eax, [runs]\nret'),
      ],
      aarch64: [
        { kind: 'data', name: 'runs', bytes: '0300000000000000', isWritable: true },
        { kind: 'data', name: 'step', bytes: '02000000', isWritable: false },
        ...replaceCount(
          'adrp x1, step\nadd x1, x1, :lo12:step\nldr w2, [x1]\nadrp x1, runs\nadd x1, x1, :lo12:runs\nldr w0, [x1]\nadd w0, w0, w2\nstr w0, [x1]\nret',
        ),
      ],
    },
    changes: { state: 'sample 1.0 48 5 0\n0' },
  },
];

/** Addresses instead of names: stripped programs have none. They are those of the twin. */
function placed(intents: readonly Intent[], named: Program): readonly Intent[] {
  return intents.map((intent) => {
    if (!('function' in intent)) return intent;
    return { ...intent, function: `0x${named.addressOf(intent.function)?.toString(16)}` };
  });
}

async function behaviour(name: string, bytes: Uint8Array, runs: string): Promise<Readonly<Record<string, string>>> {
  const path = join(folder, name);
  writeFileSync(path, bytes, { mode: 0o755 });
  const does: Record<string, string> = {};
  for (const command of Object.keys(BEHAVIOUR)) {
    const args = command.split(' ');
    const ran = await (runs === 'native'
      ? runTool(path, args)
      : runTool(QEMU, ['-L', '/usr/aarch64-linux-gnu', path, ...args]));
    does[command] = `${ran.stdout}${ran.stderr}${ran.status}`;
  }
  return does;
}

/** Instructions that a run of `fibonacci 20` takes, by callgrind. */
async function instructions(name: string, bytes: Uint8Array): Promise<number> {
  // Names of one length: the loader's work depends on it.
  const path = join(folder, name.padEnd(12, '-'));
  writeFileSync(path, bytes, { mode: 0o755 });
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', path, 'fibonacci', '20'];
  const { stderr, stdout } = await runTool(VALGRIND, args, 50_000);
  expect(stdout).toBe('6765\n');
  return Number(/Collected : (\d+)/.exec(stderr)?.[1]);
}

describe(`patched ELF programs${hidden.length === 0 ? '' : ` (not tried: ${hidden.join('; ')})`}`, () => {
  it.for(runnable)(
    '$name does what was planned, and all else as before',
    { timeout: 60_000 },
    async (facts, context) => {
      const { name, runs = '', isa, twin = name.replace('-headerless', '') } = facts;
      if (runs === 'qemu-aarch64' && qemuMissing !== undefined) context.skip(qemuMissing);
      const { bytes } = fixture(name);
      const [program, named] = [programOf(bytes), programOf(fixture(twin).bytes)];
      for (const { title, intents, changes } of PATCHES) {
        const made = patched(program, placed(intents[isa as 'x86-64' | 'aarch64'], named));
        expect(await behaviour(name, made.bytes, runs), title).toEqual({ ...BEHAVIOUR, ...changes });
        expect(verify(bytes, made.bytes, made.plan), title).toMatchObject({ isRight: true });
        expect(revert(made.bytes, made.plan), title).toEqual({ ok: true, value: bytes });
        expect(planOf(new TextEncoder().encode(planText(made.plan))), title).toEqual({ ok: true, value: made.plan });
      }
    },
  );

  it('calls an import by its name', async () => {
    const program = programOf(fixture('elf-x64-gcc-O2').bytes);
    const { bytes } = patched(program, [
      { kind: 'data', name: 'text', bytes: Buffer.from('asked\0').toString('hex'), isWritable: false },
      {
        kind: 'hook',
        function: 'is_licensed',
        when: 'before',
        code: { assembly: 'push rdi\nlea rdi, [text]\ncall puts\npop rdi' },
      },
    ]);
    const does = await behaviour('import', bytes, 'native');
    expect(does['check CHX-396988E1']).toBe('asked\nnot licensed\n3');
    expect(does.state).toBe(BEHAVIOUR.state);
  });

  it('leads direct calls elsewhere, and makes an instruction do nothing', async () => {
    const program = programOf(fixture('elf-x64-gcc-O2').bytes);
    const check = program.graph(program.functionAt(program.addressOf('check') as number)).blocks[0];
    const jump = (check?.start ?? 0) + (check?.instructions.at(-1) ?? 0);
    const { bytes } = patched(program, [
      { kind: 'redirect', function: 'fibonacci', to: 'count_calls' },
      { kind: 'nop', at: `0x${jump.toString(16)}`, count: 1 },
    ]);
    expect(await behaviour('redirect', bytes, 'native')).toEqual({
      ...BEHAVIOUR,
      'fibonacci 9': '0\n0',
      'check CHX-396988E0': 'not licensed\n3',
    });
  });

  it('costs nothing where nothing was patched: as many instructions as before', {
    timeout: 60_000,
  }, async (context) => {
    const missing = toolMissing(VALGRIND, 'valgrind');
    if (missing !== undefined) context.skip(missing);
    const { bytes } = fixture('elf-x64-gcc-O2');
    const { bytes: changed, plan } = patched(programOf(bytes), [
      { kind: 'hook', function: 'is_licensed', when: 'before', code: { assembly: 'nop' } },
    ]);
    expect(plan.steps[0]?.rung).toBe('jump-rel32');
    expect(await instructions('patched', changed)).toBe(await instructions('untouched', bytes));
  });

  it('verify finds every kind of wrong', () => {
    const { bytes } = fixture('elf-x64-gcc-O2');
    const made = patched(programOf(bytes), PATCHES[0]?.intents['x86-64'] ?? []);
    const wrong = (at: number): string[] => {
      const other = made.bytes.slice();
      other[at] = (other[at] as number) ^ 0x40;
      return verify(bytes, other, made.plan).checks.flatMap(({ kind, isRight }) => (isRight ? [] : [kind]));
    };
    expect(wrong(bytes.length - 1)).toEqual(['hashes', 'ranges']);
    expect(wrong(made.plan.edits[0]?.offset ?? 0)).toEqual(['hashes', 'ranges', 'disassembly']);
    expect(wrong(0)).toEqual(['hashes', 'ranges', 'format']);
  });
});
