// Understanding an image: functions at once, everything else when it is asked for.

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { Image } from '@cohesix/image';
import { decoderOf, type Isa } from '@cohesix/isa';
import { codeOf } from './code.ts';
import { findingsOf } from './findings.ts';
import { functionTable } from './functions.ts';
import { GraphStore } from './graph-store.ts';
import { Names } from './names.ts';
import { markNoReturns } from './no-return.ts';
import type { AnalyseOptions, FoundString, Program, References } from './program.ts';
import { referencesOf } from './references.ts';
import { lastAtMost } from './start-set.ts';
import { startsOf } from './starts.ts';
import { stringsOf } from './strings.ts';

/** Finds the functions of an image. Refuses instruction sets that are not decoded (x86, arm, …), and when the signal is aborted. */
export function analyse(image: Image, options: AnalyseOptions = {}): Outcome<Program> {
  const isa = isaOf(image);
  if (isa === undefined) return refused(`code of ${image.machine.name} is not decoded; x86-64 and AArch64 are`);
  const code = codeOf(image, decoderOf(isa));
  const found = findingsOf(code, options);
  if (options.signal?.aborted === true) return refused('the analysis was stopped');
  const functions = functionTable(code, found, startsOf(image, code, found));
  const names = new Names(image);
  markNoReturns({ image, code, found, functions });
  const graphs = new GraphStore({ image, code, functions });
  let references: References | undefined;
  let strings: readonly FoundString[] | undefined;
  return accepted({
    image,
    isa,
    functions,
    functionAt: (address) => coveringRow(functions, address),
    nameOf: (address) => names.of(address),
    addressOf: (name) => names.addressOf(name),
    graph: (row) => graphs.of(row),
    references: () => (references ??= referencesOf(image, code, functions)),
    strings: () => (strings ??= stringsOf(image)),
  });
}

function isaOf({ machine: { isa, endian } }: Image): Isa | undefined {
  if (endian !== 'little') return undefined;
  return isa === 'x86-64' || isa === 'aarch64' ? isa : undefined;
}

function coveringRow({ starts, ends, count }: Program['functions'], address: number): number {
  const row = lastAtMost(starts, address, count);
  return row >= 0 && address < (ends[row] as number) ? row : -1;
}
