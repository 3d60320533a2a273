// Code that is reached through tables only looks like the start of a function: nothing jumps there. So tables are looked for in
// the data that code names: runs of distances or addresses that lead back to code near the instruction. A hint, not a fact.

import { Bits } from './bits.ts';
import { type Code, positionOf } from './code.ts';
import type { Findings } from './findings.ts';
import { LIMITS } from './limits.ts';
import type { Memory } from './memory.ts';

/** Bytes between a switch and its cases; a compiler keeps them in one function. */
const NEAR = 1 << 17;
/** Entries before a run counts as a table. */
const RUN_MIN = 3;

interface Search {
  readonly code: Code;
  readonly memory: Memory;
  readonly instructions: Bits;
}

/** Positions of code that tables in data seem to lead to. */
export function tableHints({
  code,
  memory,
  found,
}: {
  readonly code: Code;
  readonly memory: Memory;
  readonly found: Findings;
}): Bits {
  const hints = new Bits(code.size);
  const search: Search = { code, memory, instructions: found.instructions };
  const { from, to } = found.data;
  const seen = new Set<number>();
  for (let row = 0; row < to.count; row++) {
    const table = to.values[row] as number;
    const near = from.values[row] as number;
    if (seen.has(table)) continue;
    const targets = [runOf(search, { table, near, step: 4 }), runOf(search, { table, near, step: 8 })];
    for (const target of targets.flat()) hints.add(target);
    if (targets.some(({ length }) => length > 0)) seen.add(table);
  }
  return hints;
}

interface Run {
  readonly table: number;
  readonly near: number;
  /** 4: distances from the table; 8: addresses. */
  readonly step: 4 | 8;
}

function runOf({ code, memory, instructions }: Search, { table, near, step }: Run): readonly number[] {
  const positions: number[] = [];
  for (let index = 0; index < LIMITS.tableEntries; index++) {
    const at = table + index * step;
    const distance = step === 4 ? memory.i32(at) : undefined;
    const target = step === 8 ? memory.u64(at) : distance === undefined ? undefined : table + distance;
    if (target === undefined || Math.abs(target - near) > NEAR) break;
    const position = positionOf(code, target);
    if (position < 0 || !instructions.has(position)) break;
    positions.push(position);
  }
  return positions.length < RUN_MIN ? [] : positions;
}
