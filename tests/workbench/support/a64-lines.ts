// Our AArch64 beside llvm-objdump, word by word. Two texts agree when they are the same after a normalisation with three rules:
//   1. What stands behind `//` is a comment (`// =4096`), and ` <name+0x10>` behind an address a name.
//   2. Runs of spaces are one.
//   3. SVE and SME are recognised, not decoded: our `.inst` agrees with whatever is said of a word of these groups; they are
//      counted apart and are in no percentage.
// What still differs is in a class of `CLASSES`, or the test fails; workbench/isa/AGREEMENT.md explains each class.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { aarch64 } from '@cohesix/isa';

const LLVM = '/usr/bin/llvm-objdump-19';

/** What a comparison found. */
export interface A64Agreement {
  /** Words that either side calls an instruction, without SVE and SME. */
  words: number;
  mnemonics: number;
  /** Whole texts. */
  texts: number;
  scalable: number;
  /** Words that neither side calls an instruction. */
  bothBad: number;
  readonly classes: Map<string, number>;
  /** Examples without a class. */
  readonly unexplained: string[];
  /** Words, in order; for round trips. */
  readonly sample: number[];
}

/** Classes of difference: what llvm-objdump says, when ours is another. */
const CLASSES: readonly (readonly [name: string, wanted: RegExp, ours: RegExp])[] = [
  ['system registers with op0 below 2', /^(mrs|msr|mrrs|msrr) .*S[01]_/, /^<unknown>$/],
  ['operations without a register that have one', /^(tlbi|ic) \w+$/, /^sys /],
  ['tlbip', /^tlbip /, /^sysp /],
];

/** Compares the .text of a file, at most `size` bytes of it from its start. */
export async function a64Agreement(file: string, range: readonly string[] = []): Promise<A64Agreement> {
  const found: A64Agreement = {
    words: 0,
    mnemonics: 0,
    texts: 0,
    scalable: 0,
    bothBad: 0,
    classes: new Map(),
    unexplained: [],
    sample: [],
  };
  const child = spawn(LLVM, ['-d', '-z', '-j', '.text', ...range, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const parts = /^\s*([0-9a-f]+): ([0-9a-f]{8})\s+(.*)$/.exec(line);
    if (parts !== null)
      compare(found, Number.parseInt(parts[1] ?? '', 16), Number.parseInt(parts[2] ?? '', 16), normal(parts[3] ?? ''));
  }
  return found;
}

function normal(text: string): string {
  return text
    .replace(/\s*\/\/.*$/, '')
    .replace(/ <[^>]*>$/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function compare(found: A64Agreement, address: number, word: number, wanted: string): void {
  const code = new Uint8Array(4);
  new DataView(code.buffer).setUint32(0, word, true);
  const ours = aarch64.text({ code, address }, 0);
  if (ours.startsWith('.inst ')) found.scalable += 1;
  else if (ours === '<unknown>' && wanted === ours) found.bothBad += 1;
  else count(found, wanted, ours, word);
}

function count(found: A64Agreement, wanted: string, ours: string, word: number): void {
  found.words += 1;
  found.sample.push(word);
  if (wanted.split(' ')[0] === ours.split(' ')[0]) found.mnemonics += 1;
  if (wanted === ours) {
    found.texts += 1;
    return;
  }
  const name = CLASSES.find(([, left, right]) => left.test(wanted) && right.test(ours))?.[0];
  if (name !== undefined) found.classes.set(name, (found.classes.get(name) ?? 0) + 1);
  else if (found.unexplained.length < 20)
    found.unexplained.push(`${word.toString(16)}: llvm "${wanted}", ours "${ours}"`);
}
