// Graphs that were asked for lately; the one used longest ago goes first.

import type { Image } from '@cohesix/image';
import type { Code } from './code.ts';
import { type GraphContext, graphOf } from './graph.ts';
import { LIMITS } from './limits.ts';
import { Memory } from './memory.ts';
import type { FlowGraph, FunctionTable } from './program.ts';
import { lastAtMost } from './start-set.ts';

/** Makes graphs, and keeps `LIMITS.graphsKept` of them. */
export class GraphStore {
  readonly #context: GraphContext;
  readonly #kept = new Map<number, FlowGraph>();

  constructor({
    image,
    code,
    functions,
  }: { readonly image: Image; readonly code: Code; readonly functions: FunctionTable }) {
    const isNoReturn = (address: number): boolean => {
      const row = lastAtMost(functions.starts, address, functions.count);
      return row >= 0 && functions.starts[row] === address && functions.noReturns[row] === 1;
    };
    this.#context = { image, code, memory: new Memory(image), functions, isNoReturn };
  }

  /** The graph of the function in a row. */
  of(row: number): FlowGraph {
    const graph = this.#kept.get(row) ?? graphOf(this.#context, row);
    this.#kept.delete(row);
    this.#kept.set(row, graph);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LIMITS.graphsKept && oldest !== undefined) this.#kept.delete(oldest);
    return graph;
  }
}
