// Control flow of one function: instructions are followed from its start, cut into blocks where control enters or leaves.

import type { Image } from '@cohesix/image';
import { FLOW, type Instruction, type Step } from '@cohesix/isa';
import { type Code, type CodeRange, rangeAt } from './code.ts';
import { jumpTableOf } from './jump-table.ts';
import { LIMITS } from './limits.ts';
import type { Memory } from './memory.ts';
import type { Block, EdgeKind, FlowGraph, FunctionTable, JumpTable } from './program.ts';

/** What a graph is made from. */
export interface GraphContext {
  readonly image: Image;
  readonly code: Code;
  readonly memory: Memory;
  readonly functions: FunctionTable;
  /** Whether a call of this address never comes back. */
  readonly isNoReturn: (address: number) => boolean;
}

/** Instructions before a jump that are looked at for its table. */
const RUN_MAX = 40;

interface Seen {
  readonly next: number;
  readonly flow: number;
  readonly target: number;
}

/** A function being followed. */
interface Walk {
  readonly context: GraphContext;
  readonly range: CodeRange;
  readonly start: number;
  readonly end: number;
  readonly seen: Map<number, Seen>;
  /** Blocks begin here. */
  readonly leaders: Set<number>;
  /** Instruction → the one before it, in memory. */
  readonly before: Map<number, number>;
  readonly tables: JumpTable[];
  readonly unresolved: number[];
  readonly todo: number[];
}

/** The graph of the function in a row; of code that is none the graph is empty. */
export function graphOf(context: GraphContext, row: number): FlowGraph {
  const start = context.functions.starts[row] as number;
  const range = rangeAt(context.code, start);
  if (range === undefined) return { entry: start, blocks: [], tables: [], unresolved: [] };
  const walk: Walk = {
    context,
    range,
    start,
    end: Math.min(context.functions.ends[row] as number, range.end),
    seen: new Map(),
    leaders: new Set([start]),
    before: new Map(),
    tables: [],
    unresolved: [],
    todo: [start],
  };
  for (let at = walk.todo.pop(); at !== undefined; at = walk.todo.pop()) run(walk, at);
  return { entry: start, blocks: blocksOf(walk), tables: walk.tables, unresolved: walk.unresolved };
}

/** Follows code from `at` until control leaves, or comes where it was before. */
function run(walk: Walk, at: number): void {
  const { range, seen, context } = walk;
  const step: Step = { length: 1, flow: 0, target: -1 };
  for (let here = at; isOwn(walk, here) && !seen.has(here) && seen.size < LIMITS.graphInstructions; ) {
    context.code.decoder.step(range, here - range.address, step);
    const next = here + step.length;
    seen.set(here, { next, flow: step.flow, target: step.target });
    walk.before.set(next, here);
    if (!goesOn(walk, here)) return;
    here = next;
  }
}

function isOwn({ start, end }: Walk, at: number): boolean {
  return at >= start && at < end;
}

/** Notes where control may go; whether it also goes on to the next instruction of the same block. */
function goesOn(walk: Walk, here: number): boolean {
  const { flow, target, next } = walk.seen.get(here) as Seen;
  switch (flow) {
    case FLOW.next:
    case FLOW.callIndirect:
      return true;
    case FLOW.call:
      return !walk.context.isNoReturn(target);
    case FLOW.branch:
      lead(walk, target);
      lead(walk, next);
      return false;
    case FLOW.jump:
      lead(walk, target);
      return false;
    case FLOW.jumpIndirect:
      resolve(walk, here);
      return false;
    default:
      return false;
  }
}

function lead(walk: Walk, at: number): void {
  if (!isOwn(walk, at)) return;
  walk.leaders.add(at);
  if (!walk.seen.has(at)) walk.todo.push(at);
}

function resolve(walk: Walk, jump: number): void {
  const { context, range } = walk;
  const addresses = [jump];
  for (let at = walk.before.get(jump); at !== undefined && addresses.length < RUN_MAX; at = walk.before.get(at))
    addresses.push(at);
  const instructions = addresses
    .reverse()
    .map((at): Instruction => context.code.decoder.instruction(range, at - range.address));
  const table = jumpTableOf(instructions, context.memory, (at) => isOwn(walk, at));
  if (table === undefined) walk.unresolved.push(jump);
  else {
    walk.tables.push(table);
    for (const target of table.targets) lead(walk, target);
  }
}

function blocksOf(walk: Walk): readonly Block[] {
  const starts = [...walk.leaders].filter((at) => walk.seen.has(at)).sort((one, other) => one - other);
  return starts.map((start) => blockOf(walk, start));
}

function blockOf(walk: Walk, start: number): Block {
  const { seen, leaders } = walk;
  const instructions: number[] = [];
  const calls: number[] = [];
  let last = start;
  for (let at = start; ; ) {
    const { next, flow, target } = seen.get(at) as Seen;
    instructions.push(at - start);
    if (flow === FLOW.call) calls.push(target);
    last = at;
    if (leaders.has(next) || !seen.has(next) || endsBlock(flow)) break;
    at = next;
  }
  return { start, end: (seen.get(last) as Seen).next, instructions, to: edgesOf(walk, last), calls };
}

function endsBlock(flow: number): boolean {
  return flow !== FLOW.next && flow !== FLOW.call && flow !== FLOW.callIndirect;
}

function edgesOf(walk: Walk, last: number): Block['to'] {
  const { next, flow, target } = walk.seen.get(last) as Seen;
  const edge = (address: number, kind: EdgeKind): Block['to'][number] => ({ address, kind });
  switch (flow) {
    case FLOW.branch:
      return [edge(target, 'taken'), edge(next, 'not-taken')];
    case FLOW.jump:
      return [edge(target, 'jump')];
    case FLOW.jumpIndirect:
      return [...new Set(walk.tables.find(({ jump }) => jump === last)?.targets)].map((at) => edge(at, 'table'));
    case FLOW.call:
      return walk.context.isNoReturn(target) ? [] : [edge(next, 'call-return')];
    case FLOW.next:
    case FLOW.callIndirect:
      return [edge(next, flow === FLOW.next ? 'next' : 'call-return')];
    default:
      return [];
  }
}
