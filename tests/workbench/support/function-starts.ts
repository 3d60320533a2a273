// How well function starts are found: those of a stripped copy against the symbols of the original.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyse } from '@cohesix/flow';
import { type Image, open } from '@cohesix/image';

/** Precision, recall and their harmonic mean, with the counts behind them. */
export interface Score {
  readonly truth: number;
  readonly found: number;
  readonly right: number;
  readonly f1: number;
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/** Scores an ELF file with symbols. `withUnwind` false: as if it had no unwind data either. @throws Error when a step fails. */
export function scoreOf(bytes: Uint8Array, withUnwind: boolean): Score {
  const original = opened(bytes);
  const names = truthOf(original);
  const stripped = opened(strip(bytes, original.machine.isa));
  const program = analyse(withUnwind ? stripped : withoutUnwind(stripped));
  if (!program.ok) throw new Error(program.problem);
  const { starts, count } = program.value.functions;
  const found = new Set([...starts.subarray(0, count)].filter((at) => !isStub(original, at)));
  const right = [...found].filter((at) => names.has(at)).length;
  return {
    truth: names.size,
    found: found.size,
    right,
    f1: (2 * right) / (names.size + found.size),
    missed: [...names].filter(([at]) => !found.has(at)).map(([at, name]) => `${at.toString(16)} ${name}`),
    wrong: [...found].filter((at) => !names.has(at)).map((at) => at.toString(16)),
  };
}

function opened(bytes: Uint8Array): Image {
  const image = open(bytes);
  if (!image.ok) throw new Error(image.problem);
  return image.value;
}

/** Functions of the symbol table that have code in this file, by address. */
function truthOf(image: Image): Map<number, string> {
  const code = image.sections.filter(({ role }) => role === 'code');
  const isCode = (at: number): boolean => code.some(({ address, size }) => at >= address && at < address + size);
  return new Map(
    image
      .symbols()
      .filter(({ kind, address }) => kind === 'function' && isCode(address) && !isStub(image, address))
      .map(({ address, name }) => [address, name]),
  );
}

/** Import stubs have no symbols to compare with. */
function isStub(image: Image, at: number): boolean {
  return image.sections.some(
    ({ name, address, size }) => name.startsWith('.plt') && at >= address && at < address + size,
  );
}

function withoutUnwind(image: Image): Image {
  const { columns } = image;
  const none = new Float64Array(0);
  return {
    ...image,
    unwind: () => [],
    ...(columns && { columns: { ...columns, unwind: () => ({ count: 0, starts: none, ends: none }) } }),
  };
}

/** By binutils: llvm-strip refuses the relocations of static programs. */
function strip(bytes: Uint8Array, isa: string): Uint8Array {
  const tool = isa === 'aarch64' ? 'aarch64-linux-gnu-strip' : 'strip';
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-strip-'));
  try {
    const path = join(folder, 'program');
    writeFileSync(path, bytes);
    const { status, stderr } = spawnSync(tool, ['--strip-all', path], { encoding: 'utf8', timeout: 60_000 });
    if (status !== 0) throw new Error(`${tool}: ${stderr}`);
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
