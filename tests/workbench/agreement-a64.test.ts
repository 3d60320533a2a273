// Our AArch64 beside llvm-objdump 19 over real programs and over random words: mnemonics and whole texts; and back: what the
// assembler makes of our own text. COHESIX_AGREEMENT_BYTES is how much of each .text is compared (default 200,000); the tables
// of workbench/isa/AGREEMENT.md are from a run with 100000000, which is all of each and prints the counts.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { aarch64, assembleA64 } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { type A64Agreement, a64Agreement } from './support/a64-lines.ts';

const BYTES = Number(process.env.COHESIX_AGREEMENT_BYTES ?? 200_000);
const IS_WHOLE = BYTES >= 10_000_000;
const WHOLE_MS = 1_200_000;
const LLVM = '/usr/bin/llvm-objdump-19';
const OBJCOPY = '/usr/bin/llvm-objcopy-19';
const LIBRARIES = '/usr/aarch64-linux-gnu/lib';
/** Debian's libraries for the cross compiler: package libc6-arm64-cross, libstdc++6-arm64-cross, libasan8-arm64-cross. */
const FILES = ['libc.so.6', 'libm.so.6', 'libstdc++.so.6', 'libasan.so.8', 'libgomp.so.1'];

function missing(file?: string): string | undefined {
  const tool = toolMissing(LLVM, 'llvm-19') ?? toolMissing(OBJCOPY, 'llvm-19');
  if (tool !== undefined || file === undefined) return tool;
  return existsSync(file) ? undefined : `${file} is not there`;
}

async function rangeOf(file: string): Promise<string[]> {
  const { stdout } = await runTool('/usr/bin/llvm-objdump-19', ['-h', file]);
  const start = /\s\.text\s+[0-9a-f]+\s+([0-9a-f]+)/.exec(stdout)?.[1] ?? '0';
  return [`--start-address=0x${start}`, `--stop-address=${Number.parseInt(start, 16) + BYTES}`];
}

/** Texts that the assembler knows must give the same meaning again; gives how many it knew, and how many words were the same. */
function roundTrip(words: readonly number[]): { known: number; same: number; wrong: string[] } {
  const result = { known: 0, same: 0, wrong: [] as string[] };
  const code = new Uint8Array(4);
  for (const word of new Set(words)) {
    new DataView(code.buffer).setUint32(0, word, true);
    const piece = { code, address: 0x4000_0000 };
    const text = aarch64.text(piece, 0);
    const again = assembleA64(text, { address: piece.address });
    if (!again.ok) continue;
    result.known += 1;
    if (new DataView(again.bytes.buffer).getUint32(0, true) === word) result.same += 1;
    else if (aarch64.text({ ...piece, code: again.bytes }, 0) !== text) result.wrong.push(text);
  }
  return result;
}

function report(name: string, { sample, classes, ...counts }: A64Agreement): void {
  if (IS_WHOLE) console.log(name, counts, [...classes], 'round trip', roundTrip(sample.slice(0, 300_000)));
}

describe.each(FILES)('%s beside llvm-objdump', (name) => {
  it('every text is the same, and assembles to the same word', { timeout: WHOLE_MS }, async (ctx) => {
    const file = `${LIBRARIES}/${name}`;
    const why = missing(file);
    if (why !== undefined) ctx.skip(why);
    const found = await a64Agreement(file, await rangeOf(file));
    report(name, found);
    expect(found.unexplained).toEqual([]);
    expect(found.words).toBeGreaterThan(40_000);
    expect(found.texts).toBe(found.words);
    const { known, same, wrong } = roundTrip(found.sample.slice(0, 20_000));
    expect(wrong).toEqual([]);
    expect(same).toBe(known);
    expect(known).toBeGreaterThan(0.9 * new Set(found.sample.slice(0, 20_000)).size);
  });
});

/** Words from a seed: every value of the top eleven bits alike, and often the registers 0 and 31, where names change. */
function randomWords(count: number, seed: number): Uint32Array {
  let state = seed;
  const next = () => {
    // Marsaglia's xorshift of 32 bits.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return Uint32Array.from({ length: count }, () => {
    const edge = [0, 0x1f, 0x3e0, 0x1f0000, 0xfc00, 0x3ff][next() % 6] as number;
    return next() % 2 === 0 ? next() | edge : next() & ~edge;
  });
}

describe('random words', () => {
  it('are the same instruction or none for both, or in a known class', { timeout: WHOLE_MS }, async (ctx) => {
    const why = missing();
    if (why !== undefined) ctx.skip(why);
    const folder = mkdtempSync(`${tmpdir()}/a64-`);
    try {
      const words = randomWords(IS_WHOLE ? 4_000_000 : 100_000, 20_261_122);
      writeFileSync(`${folder}/words.bin`, new Uint8Array(words.buffer));
      const rename = ['-I', 'binary', '-O', 'elf64-littleaarch64', '--rename-section', '.data=.text,code'];
      const made = await runTool(OBJCOPY, [...rename, `${folder}/words.bin`, `${folder}/words.o`]);
      expect(made).toMatchObject({ status: 0 });
      const found = await a64Agreement(`${folder}/words.o`);
      report('random words', found);
      expect(found.unexplained).toEqual([]);
      expect(found.bothBad).toBeGreaterThan(1000);
      const known = [...found.classes.values()].reduce((sum, count) => sum + count, 0);
      expect(found.texts + known).toBe(found.words);
      expect(roundTrip(found.sample.slice(0, 20_000)).wrong).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
