// Finds the row of a word: a tree that tests a few bits at a time, made once from the rows' fixed bits. The first test is on
// the top eleven bits; a leaf holds the few rows that are left, in order of how many bits they fix.

import { type Encoding, parsed } from './encoding.ts';
import { EXTENSIONS } from './tables/extensions.ts';
import { FLOAT } from './tables/float.ts';
import { IMMEDIATE, IMMEDIATE_ALIASES } from './tables/immediate.ts';
import { LOAD_STORE, LOAD_STORE_ALIASES } from './tables/load-store.ts';
import { REGISTER, REGISTER_ALIASES } from './tables/register.ts';
import { SCALAR } from './tables/scalar.ts';
import { STRUCTURES } from './tables/structures.ts';
import { SYSTEM, SYSTEM_ALIASES } from './tables/system.ts';
import { VECTOR, VECTOR_ALIASES } from './tables/vector.ts';

/** No row: the word is not allocated. */
export const NONE = 0xffff;

/** Words of SVE and SME: recognised by their group only (op0 of C4.1, bits 25-28), not decoded further. */
const SCALABLE = `
xxx 0010 x25 | .inst |
1xx 0000 x25 | .inst |
`;

/** The rows and the tree over them. */
interface Tree {
  readonly rows: readonly Encoding[];
  /** For each row, the aliases that may apply to it, preferred first. */
  readonly aliases: readonly (readonly Encoding[])[];
  /** By the top eleven bits: node or leaf. */
  readonly root: Int32Array;
  readonly groups: readonly (readonly number[])[];
  readonly nodes: Nodes;
}

/** Nodes in columns: a child below 0 is the leaf `~child` of `leaves`, where rows follow each other up to `NONE`. */
interface Nodes {
  readonly shifts: number[];
  readonly masks: number[];
  readonly starts: number[];
  readonly children: number[];
  readonly leaves: number[];
}

const ROOT_SHIFT = 21;
const LEAF_ROWS = 2;
const TEST_BITS_MAX = 6;

let tree: Tree | undefined;

function made(): Tree {
  tree ??= plant();
  return tree;
}

function plant(): Tree {
  const tables = [SYSTEM, LOAD_STORE, STRUCTURES, IMMEDIATE, REGISTER, FLOAT, VECTOR, SCALAR, EXTENSIONS, SCALABLE];
  const rows = tables.flatMap(parsed).sort((a, b) => fixedCount(b) - fixedCount(a));
  const others = [SYSTEM_ALIASES, LOAD_STORE_ALIASES, IMMEDIATE_ALIASES, REGISTER_ALIASES, VECTOR_ALIASES].flatMap(
    parsed,
  );
  const nodes: Nodes = { shifts: [], masks: [], starts: [], children: [], leaves: [] };
  const groups = Array.from({ length: 2048 }, () => [] as number[]);
  for (const [index, row] of rows.entries())
    for (const group of childrenOf(row, ROOT_SHIFT, 11)) groups[group]?.push(index);
  const root = Int32Array.from(groups, (group) => grow(nodes, rows, group, 0xffe00000 | 0));
  const aliases = rows.map((row) => others.filter((alias) => overlaps(row, alias)));
  return { rows, aliases, root, groups, nodes };
}

function fixedCount({ mask }: Encoding): number {
  let count = 0;
  for (let bits = mask >>> 0; bits !== 0; bits = (bits & (bits - 1)) >>> 0) count += 1;
  return count;
}

/** An alias belongs to a row when every word of the alias has the row's fixed bits. */
function overlaps(row: Encoding, alias: Encoding): boolean {
  return (row.mask & alias.mask) === row.mask && (alias.value & row.mask) === row.value;
}

/** The values of `width` bits at `shift` that words of a row may have. */
function childrenOf({ mask, value }: Encoding, shift: number, width: number): number[] {
  const all = 2 ** width;
  const fixed = (mask >>> shift) & (all - 1);
  const wanted = (value >>> shift) & (all - 1);
  const children: number[] = [];
  for (let child = 0; child < all; child += 1) if ((child & fixed) === wanted) children.push(child);
  return children;
}

/** Makes the node of some rows; `tested` bits are no longer of interest. */
function grow(nodes: Nodes, rows: readonly Encoding[], group: readonly number[], tested: number): number {
  const test = group.length <= LEAF_ROWS ? undefined : bestTest(rows, group, tested);
  if (test === undefined) return leaf(nodes, group);
  const { shift, width } = test;
  const groups = Array.from({ length: 2 ** width }, () => [] as number[]);
  for (const index of group)
    for (const child of childrenOf(rows[index] as Encoding, shift, width)) groups[child]?.push(index);
  const below = tested | ((2 ** width - 1) << shift);
  const children = groups.map((part) => grow(nodes, rows, part, below));
  nodes.shifts.push(shift);
  nodes.masks.push(2 ** width - 1);
  nodes.starts.push(nodes.children.length);
  nodes.children.push(...children);
  return nodes.shifts.length - 1;
}

function leaf(nodes: Nodes, group: readonly number[]): number {
  if (group.length === 0 && nodes.leaves[0] === NONE) return ~0;
  const start = nodes.leaves.length;
  nodes.leaves.push(...group, NONE);
  return ~start;
}

/** The run of bits that parts the rows best: least sum of squares of what is left. */
function bestTest(
  rows: readonly Encoding[],
  group: readonly number[],
  tested: number,
): { shift: number; width: number } | undefined {
  let best: { shift: number; width: number } | undefined;
  let least = group.length ** 2;
  for (let shift = 0; shift < ROOT_SHIFT; shift += 1)
    for (let width = 1; width <= TEST_BITS_MAX && shift + width <= ROOT_SHIFT; width += 1) {
      const bits = ((2 ** width - 1) << shift) & ~tested;
      if (bits !== (2 ** width - 1) << shift) break;
      const cost = costOf(rows, group, shift, width);
      if (cost < least) [best, least] = [{ shift, width }, cost];
    }
  return best;
}

function costOf(rows: readonly Encoding[], group: readonly number[], shift: number, width: number): number {
  const counts = new Uint16Array(2 ** width);
  for (const index of group)
    for (const child of childrenOf(rows[index] as Encoding, shift, width)) counts[child] = (counts[child] ?? 0) + 1;
  // Each child costs a little, so that wide tests must earn their size.
  return counts.reduce((sum, count) => sum + count * count, 0) / 2 ** width + 2 ** width / 8;
}

/** Index of a word's row, `NONE` where there is none. */
export function encodingOf(word: number): number {
  const { rows, root, nodes } = made();
  const { shifts, masks, starts, children, leaves } = nodes;
  let node = root[word >>> ROOT_SHIFT] as number;
  while (node >= 0)
    node = children[
      (starts[node] as number) + ((word >>> (shifts[node] as number)) & (masks[node] as number))
    ] as number;
  for (let at = ~node; ; at += 1) {
    const index = leaves[at] as number;
    if (index === NONE) return NONE;
    const row = rows[index] as Encoding;
    if ((word & row.mask) === row.value && (row.check === undefined || row.check(word))) return index;
  }
}

/** All rows; a row's index is what columns hold. */
export function encodings(): readonly Encoding[] {
  return made().rows;
}

/** The row under which a word is shown: an alias where one is preferred. */
export function shownAs(index: number, word: number): Encoding {
  const { rows, aliases } = made();
  for (const alias of aliases[index] ?? [])
    if ((word & alias.mask) === alias.value && (alias.check === undefined || alias.check(word))) return alias;
  return rows[index] as Encoding;
}

/** Every row and alias of a mnemonic, for the assembler. */
export function encodingsNamed(mnemonic: string): readonly Encoding[] {
  const { rows, aliases } = made();
  named ??= groupedByName([...new Set(aliases.flat()), ...rows]);
  return named.get(mnemonic) ?? [];
}

let named: ReadonlyMap<string, readonly Encoding[]> | undefined;

function groupedByName(rows: readonly Encoding[]): ReadonlyMap<string, readonly Encoding[]> {
  const groups = new Map<string, Encoding[]>();
  for (const row of rows) groups.set(row.mnemonic, [...(groups.get(row.mnemonic) ?? []), row]);
  return groups;
}

/** For each value of the top eleven bits, the rows that words with it may have. */
export function rowsByGroup(): readonly (readonly Encoding[])[] {
  const { rows, groups } = made();
  return groups.map((group) => group.map((index) => rows[index] as Encoding));
}
