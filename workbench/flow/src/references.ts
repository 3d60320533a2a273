// Who names what: one more pass over the code, kept as columns sorted by what is named.

import { type Image, relocationColumns } from '@cohesix/image';
import { columns, FLOW, foldAddresses, knownAddresses } from '@cohesix/isa';
import type { Code } from './code.ts';
import { LIMITS } from './limits.ts';
import { NumberList } from './number-list.ts';
import { type FunctionTable, REFERENCE, type References } from './program.ts';
import { sortedOrder } from './sorted-order.ts';
import { lastAtMost } from './start-set.ts';

const ROWS = 65_536;

interface Gathered {
  readonly from: NumberList;
  readonly to: NumberList;
  readonly kinds: NumberList;
}

/** All references of an image: calls, jumps that leave their function, addresses in instructions, addresses that the loader puts into data. */
export function referencesOf(image: Image, code: Code, functions: FunctionTable): References {
  const gathered: Gathered = { from: new NumberList(), to: new NumberList(), kinds: new NumberList() };
  gatherCode(code, functions, gathered);
  gatherPointers(image, gathered);
  return sortedByTo(gathered);
}

function add(
  { from, to, kinds }: Gathered,
  reference: { readonly from: number; readonly to: number; readonly kind: number },
): void {
  if (to.count >= LIMITS.references) return;
  from.push(reference.from);
  to.push(reference.to);
  kinds.push(reference.kind);
}

function gatherCode(code: Code, functions: FunctionTable, gathered: Gathered): void {
  const rows = columns(ROWS);
  for (const range of code.ranges) {
    const known = knownAddresses();
    for (let at = 0; at < range.code.length; ) {
      at = code.decoder.sweep(range, at, rows);
      if (code.decoder.isa === 'aarch64') foldAddresses(range, rows, known);
      for (let row = 0; row < rows.count; row++) {
        const to = rows.targets[row] as number;
        if (to < 0) continue;
        const from = range.address + (rows.offsets[row] as number);
        const kind = kindOf(rows.flows[row] as number, { from, to }, functions);
        if (kind >= 0) add(gathered, { from, to, kind });
      }
    }
  }
}

/** Jumps and branches inside a function are its own affair: -1. */
function kindOf(
  flow: number,
  { from, to }: { readonly from: number; readonly to: number },
  { starts, count }: FunctionTable,
): number {
  if (flow === FLOW.call) return REFERENCE.call;
  if (flow !== FLOW.jump && flow !== FLOW.branch) return REFERENCE.data;
  return lastAtMost(starts, from, count) === lastAtMost(starts, to, count) ? -1 : REFERENCE.jump;
}

function gatherPointers(image: Image, gathered: Gathered): void {
  const { count, addresses, targets } = relocationColumns(image);
  for (let row = 0; row < count; row++) {
    const to = targets[row] as number;
    if (to >= 0) add(gathered, { from: addresses[row] as number, to, kind: REFERENCE.pointer });
  }
}

function sortedByTo({ from, to, kinds }: Gathered): References {
  const order = sortedOrder(to.values);
  return {
    count: order.length,
    from: picked(from.values, order),
    to: picked(to.values, order),
    kinds: Uint8Array.from(order, (row) => kinds.values[row] as number),
  };
}

function picked(values: Float64Array, order: Uint32Array): Float64Array {
  return Float64Array.from(order, (row) => values[row] as number);
}

/** Rows of `references` that name an address: first, and the one behind the last. */
export function rowsTo({ to, count }: References, address: number): { readonly first: number; readonly end: number } {
  return { first: lastAtMost(to, address - 1, count) + 1, end: lastAtMost(to, address, count) + 1 };
}
