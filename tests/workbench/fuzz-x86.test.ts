// Random bytes of every opcode map: our sweep and iced must say the same length, the same flow and the same target, or the
// difference is one of those below (workbench/isa/AGREEMENT.md, "Beside iced"). COHESIX_X86_FUZZ is the number of instructions a map
// (default 60,000), COHESIX_FUZZ_SEED the seed.

import { createRequire } from 'node:module';
import { FLOW, type Step, x86 } from '@cohesix/isa';
import type { Instruction as IcedInstruction } from 'iced-x86';
import { describe, expect, it } from 'vitest';

const COUNT = Number(process.env.COHESIX_X86_FUZZ ?? 60_000);
const SEED = Number(process.env.COHESIX_FUZZ_SEED ?? 20_261_122);
/** Bytes of one try: more than any instruction has. */
const SLOT = 32;
const SLOTS = 4096;

const iced = createRequire(import.meta.url)('iced-x86') as typeof import('iced-x86');

/** xorshift32. */
function randomOf(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

type Shape = (bytes: Uint8Array, at: number, random: () => number) => void;

function starting(...leading: readonly number[]): Shape {
  return (bytes, at) => bytes.set(leading, at);
}

/** What each try begins with; the rest is random. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'one byte': () => undefined,
  '0F': starting(0x0f),
  '0F38': starting(0x0f, 0x38),
  '0F3A': starting(0x0f, 0x3a),
  VEX: (bytes, at, random) => {
    bytes[at] = 0xc4;
    bytes[at + 1] = (bytes[at + 1]! & 0xe0) | (1 + (random() % 3));
    if (random() & 1) bytes[at + 2]! |= 0x78;
  },
  'VEX, two bytes': starting(0xc5),
  EVEX: (bytes, at, random) => {
    bytes[at] = 0x62;
    bytes[at + 1] = (bytes[at + 1]! & 0xf0) | [1, 2, 3, 5, 6][random() % 5]!;
    bytes[at + 2]! |= 4;
  },
  XOP: (bytes, at, random) => {
    bytes[at] = 0x8f;
    bytes[at + 1] = (bytes[at + 1]! & 0xe0) | (8 + (random() % 3));
  },
};
const PREFIXES = [0x66, 0xf2, 0xf3, 0x67, 0x64, 0xf0, 0x2e, 0x48, 0x41];

function fill(bytes: Uint8Array, shape: Shape, random: () => number): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = random();
  for (let slot = 0; slot < bytes.length; slot += SLOT) {
    const hasPrefix = (random() & 3) === 0;
    if (hasPrefix) bytes[slot] = PREFIXES[random() % PREFIXES.length]!;
    shape(bytes, slot + (hasPrefix ? 1 : 0), random);
  }
}

/** Our value of `FLOW` for iced's; what iced calls otherwise is in `isNamed`. */
function flowOf(instruction: IcedInstruction): number {
  const { FlowControl: F } = iced;
  const flows: Readonly<Record<number, number>> = {
    [F.UnconditionalBranch]: FLOW.jump,
    [F.IndirectBranch]: FLOW.jumpIndirect,
    [F.ConditionalBranch]: FLOW.branch,
    [F.Return]: FLOW.return,
    [F.Call]: FLOW.call,
    [F.IndirectCall]: FLOW.callIndirect,
    [F.Exception]: FLOW.trap,
  };
  return flows[instruction.flowControl] ?? FLOW.next;
}

/** Instructions whose flow is a matter of words: what stops, what enters the kernel or a virtual machine. */
const WORDS =
  /^(Int3|Hlt|Syscall|Sysenter|Xbegin_rel\d+|Vm|Skinit|Uiret|Into|Seamcall|Seamops|Seamret|Tdcall|Eret[su])/;
/** Rows where iced looks at the register numbers too: opmasks above k7, equal registers of gathers, AMX tiles, FP16 products. */
const REGISTERS = /^(?:26|2e|36|3e|6[4-7]|f[023]|4[0-9a-f])*(?:c[45]|62|8f)/;

/** The difference, or undefined when there is none or it has a name. */
function differenceOf(bytes: Uint8Array, at: number, instruction: IcedInstruction): string | undefined {
  const step: Step = { length: 0, flow: 0, target: 0 };
  x86.step({ code: bytes, address: 0 }, at, step);
  const hex = Buffer.from(bytes.subarray(at, at + 15)).toString('hex');
  const ours = step.flow === FLOW.bad ? 0 : step.length;
  const theirs = instruction.isInvalid ? 0 : instruction.length;
  if (ours !== theirs) return theirs === 0 && REGISTERS.test(hex) ? undefined : `${hex}: ${ours} bytes, iced ${theirs}`;
  if (ours === 0) return undefined;
  const name = iced.Code[instruction.code]!;
  if (WORDS.test(name)) return undefined;
  if (step.flow !== flowOf(instruction)) return `${hex} ${name}: flow ${step.flow}`;
  const target = targetOf(instruction);
  return target === undefined || target === step.target ? undefined : `${hex} ${name}: ${step.target}, iced ${target}`;
}

/** Where a branch goes, or what RIP-relative memory names; below zero is -1. */
function targetOf(instruction: IcedInstruction): number | undefined {
  const { OpKind } = iced;
  const isBranch = instruction.opCount > 0 && instruction.opKind(0) === OpKind.NearBranch64;
  if (!isBranch && (!instruction.isIpRelMemoryOperand || instruction.segmentPrefix !== 0)) return undefined;
  const value = isBranch ? instruction.nearBranchTarget : instruction.ipRelMemoryAddress;
  return Math.max(-1, Number(BigInt.asIntN(64, value)));
}

describe('the sweep beside iced on random bytes', () => {
  it.each(Object.keys(SHAPES))('%s', { timeout: 3_600_000 }, (name) => {
    const random = randomOf(SEED);
    const bytes = new Uint8Array(SLOT * SLOTS);
    const instruction = new iced.Instruction();
    const differences: string[] = [];
    let valid = 0;
    for (let done = 0; done < COUNT; done += SLOTS) {
      fill(bytes, SHAPES[name]!, random);
      const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
      for (let at = 0; at < bytes.length; at += SLOT) {
        decoder.position = at;
        decoder.ip = BigInt(at);
        decoder.decodeOut(instruction);
        if (!instruction.isInvalid) valid++;
        const difference = differenceOf(bytes, at, instruction);
        if (difference !== undefined && differences.length < 20) differences.push(difference);
      }
      decoder.free();
    }
    expect(valid, `seed ${SEED}`).toBeGreaterThan(COUNT / 500);
    expect(differences, `seed ${SEED}`).toEqual([]);
  });
});
