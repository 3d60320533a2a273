// Function starts as they are gathered: an address may be given by many sources; together they are one start.

import { NumberList } from './number-list.ts';
import { sortedOrder } from './sorted-order.ts';

/** Starts by address, with the bits of `SOURCE` that name each. */
export interface Starts {
  readonly addresses: Float64Array;
  readonly sources: Uint16Array;
}

/** Gathers starts. */
export class StartSet {
  readonly #addresses = new NumberList();
  readonly #sources = new NumberList();

  add(address: number, source: number): void {
    this.#addresses.push(address);
    this.#sources.push(source);
  }

  /** All of them, sorted, each address once. */
  sorted(): Starts {
    const given = this.#addresses.values;
    const order = sortedOrder(given);
    const addresses = new Float64Array(given.length);
    const sources = new Uint16Array(given.length);
    let count = 0;
    for (const index of order) {
      const address = given[index] as number;
      if (count === 0 || addresses[count - 1] !== address) addresses[count++] = address;
      sources[count - 1] = (sources[count - 1] as number) | (this.#sources.values[index] as number);
    }
    return { addresses: addresses.subarray(0, count), sources: sources.subarray(0, count) };
  }
}

/** Row of the last value that is at most `value`, or -1. `values` ascend. */
export function lastAtMost(values: Float64Array, value: number, count: number = values.length): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
