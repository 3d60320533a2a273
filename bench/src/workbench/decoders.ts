// Decoders side by side: ours, iced and capstone in this process, objdump and llvm-objdump as programs. Each goes once over a
// piece and says how much CPU time that took and how many instructions it saw.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import capstonePackage, { type CapstoneEngine } from '@alexaltea/capstone-js';
import { a64Columns, aarch64, columns, type Decoder, decodeA64, x86 } from '@cohesix/isa';
import type { BenchPiece } from './pieces.ts';

/** What is made of each instruction. */
export type Work = 'columns' | 'lengths' | 'details' | 'text';

/** One way over a piece. */
export interface Contender {
  readonly name: string;
  readonly work: Work;
  /** Instructions seen, and microseconds of CPU time (user and system). */
  run(piece: BenchPiece): { readonly instructions: number; readonly cpuUs: number };
}

/** Instructions a fill of the columns takes. */
const ROWS = 1 << 16;
const TOOL_MS = 600_000;

/** The contenders of an instruction set. */
export async function contenders(isa: BenchPiece['isa']): Promise<readonly Contender[]> {
  const isX86 = isa === 'x86-64';
  const own = isX86 ? x86 : aarch64;
  const peers = isX86
    ? [...icedPeers(), ...toolPeers(['objdump', 'llvm-objdump-19'])]
    : [fullDecoder(), ...toolPeers(['aarch64-linux-gnu-objdump', 'llvm-objdump-19'])];
  return [sweeper(own), detailer(own), writer(own), ...peers, await capstonePeer(isa)];
}

/** A small piece goes by in a few milliseconds; it is gone over until this much is done. */
const ENOUGH_BYTES = 4_000_000;

/** Runs `work` in this process. */
function inProcess(name: string, work: Work, over: (piece: BenchPiece) => number): Contender {
  return {
    name,
    work,
    run: (piece) => {
      const passes = Math.max(1, Math.floor(ENOUGH_BYTES / piece.code.length));
      const before = process.cpuUsage();
      let instructions = 0;
      for (let pass = 0; pass < passes; pass++) instructions = over(piece);
      const { user, system } = process.cpuUsage(before);
      return { instructions, cpuUs: (user + system) / passes };
    },
  };
}

function sweeper(decoder: Decoder): Contender {
  const rows = columns(ROWS);
  return inProcess('own sweep', 'columns', (piece) => {
    let count = 0;
    for (let offset = 0; offset < piece.code.length; count += rows.count) offset = decoder.sweep(piece, offset, rows);
    return count;
  });
}

/** Everything about one instruction in `EACH`: it is for people, and a run over all of a program would take minutes. */
const EACH = 50;

function detailer(decoder: Decoder): Contender {
  return sampled('own instruction()', 'details', decoder, (piece, offset) => decoder.instruction(piece, offset));
}

function writer(decoder: Decoder): Contender {
  return sampled('own text()', 'text', decoder, (piece, offset) => decoder.text(piece, offset));
}

/** CPU time is that of the sample, times `EACH`. */
function sampled(
  name: string,
  work: Work,
  decoder: Decoder,
  look: (piece: BenchPiece, offset: number) => unknown,
): Contender {
  const run = (piece: BenchPiece): { readonly instructions: number; readonly cpuUs: number } => {
    const offsets = offsetsOf(decoder, piece);
    const before = process.cpuUsage();
    for (let index = 0; index < offsets.length; index += EACH) look(piece, offsets[index] as number);
    const { user, system } = process.cpuUsage(before);
    return { instructions: offsets.length, cpuUs: (user + system) * EACH };
  };
  return { name, work, run };
}

function offsetsOf(decoder: Decoder, piece: BenchPiece): readonly number[] {
  const rows = columns(ROWS);
  const offsets: number[] = [];
  for (let offset = 0; offset < piece.code.length; ) {
    offset = decoder.sweep(piece, offset, rows);
    offsets.push(...rows.offsets.subarray(0, rows.count));
  }
  return offsets;
}

/** iced alone, as its README says to use it for speed: one instruction object, reused. */
function icedPeers(): readonly Contender[] {
  const iced = createRequire(import.meta.url)('iced-x86') as typeof import('iced-x86');
  const over = (look: (instruction: InstanceType<typeof iced.Instruction>) => unknown) => (piece: BenchPiece) => {
    const decoder = new iced.Decoder(64, piece.code, iced.DecoderOptions.None);
    const instruction = new iced.Instruction();
    let count = 0;
    for (; decoder.canDecode; count++) {
      decoder.decodeOut(instruction);
      look(instruction);
    }
    instruction.free();
    decoder.free();
    return count;
  };
  return [
    inProcess(
      'iced, length',
      'lengths',
      over((instruction) => instruction.length),
    ),
    inProcess(
      'iced, length, code, flow',
      'columns',
      over((one) => one.length + one.code + one.flowControl),
    ),
  ];
}

/** AArch64 only: which encoding, and its fields, of every word. */
function fullDecoder(): Contender {
  const rows = a64Columns(ROWS);
  return inProcess('own full decode', 'columns', (piece) => {
    for (let offset = 0; offset < piece.code.length; ) offset = decodeA64(piece, offset, rows);
    return piece.code.length / 4;
  });
}

/** Debian's disassemblers, writing to nowhere. Their CPU time is what the shell's `times` says of its children. */
function toolPeers(names: readonly string[]): readonly Contender[] {
  return names
    .filter((name) => existsSync(`/usr/bin/${name}`))
    .map((name) => ({ name, work: 'text', run: toolRun(name) }));
}

function toolRun(name: string): Contender['run'] {
  return (piece) => {
    const stop = piece.address + piece.code.length;
    const args = ['-d', '-j', '.text', `--start-address=${piece.address}`, `--stop-address=${stop}`, piece.file];
    const script = '"$@" | wc -l; times';
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', name, ...args], { encoding: 'utf8', timeout: TOOL_MS });
    // Its own times, then those of its children.
    const [lines = '0', , times = ''] = stdout.trim().split('\n');
    return { instructions: Number(lines), cpuUs: secondsOf(times) * 1e6 };
  };
}

/** `0m1.234s 0m0.056s` */
function secondsOf(times: string): number {
  const each = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  return each.reduce((sum, one) => sum + one, 0);
}

/** It makes an object of each instruction: a whole program at once does not fit in its memory. */
const CAPSTONE_BYTES = 1 << 14;

/** capstone-js as its package offers it: lists of objects. */
async function capstonePeer(isa: BenchPiece['isa']): Promise<Contender> {
  const capstone = await capstonePackage.default();
  const isX86 = isa === 'x86-64';
  const arch = isX86 ? capstone.ARCH_X86 : capstone.ARCH_ARM64;
  const engine = new capstone.Capstone(arch, isX86 ? capstone.MODE_64 : capstone.MODE_ARM);
  const step = isX86 ? 1 : 4;
  return inProcess('capstone-js', 'text', (piece) => {
    let count = 0;
    for (let at = 0; at < piece.code.length; ) {
      const { instructions, size } = capstoneChunk(engine, piece, at);
      count += instructions;
      at += Math.max(step, size);
    }
    return count;
  });
}

/** Instructions from `at` on, and their bytes; none where it finds no instruction. */
function capstoneChunk(
  engine: CapstoneEngine,
  piece: BenchPiece,
  at: number,
): { readonly instructions: number; readonly size: number } {
  try {
    const list = engine.disasm(piece.code.subarray(at, at + CAPSTONE_BYTES), piece.address + at);
    return { instructions: list.length, size: list.reduce((sum, { size }) => sum + size, 0) };
  } catch {
    return { instructions: 0, size: 0 };
  }
}
