// What is known of a program: functions, and on demand their blocks, and who refers to what. Long lists are columns sorted by
// address, so that a program of a million references stays small; addresses are those of the image.

import type { Image } from '@cohesix/image';
import type { Isa } from '@cohesix/isa';

/** Where a function's start comes from; a function has one or more. Bits of `FunctionTable.sources`. */
export const SOURCE = {
  symbol: 1,
  export: 2,
  /** `.eh_frame`, `.pdata`, LC_FUNCTION_STARTS, Go's pclntab. */
  unwind: 4,
  entry: 8,
  initialiser: 16,
  /** An import's PLT entry or stub. */
  stub: 32,
  /** A direct call goes there. */
  call: 64,
  /** Its address is in the file's data, or taken by code. */
  pointer: 128,
  /** A jump of another function goes there. */
  jump: 256,
  /** Nothing leads there, and it looks like a function. */
  prologue: 512,
} as const;

/** Functions by start address. Only the first `count` rows hold. */
export interface FunctionTable {
  readonly count: number;
  readonly starts: Float64Array;
  /** First address after the function. */
  readonly ends: Float64Array;
  readonly sources: Uint16Array;
  /** 0 to 100: how sure it is that a function starts here. */
  readonly confidences: Uint8Array;
  /** The function never comes back: 1. */
  readonly noReturns: Uint8Array;
}

/** Why one address names another. Values of `References.kinds`. */
export const REFERENCE = { call: 0, jump: 1, data: 2, pointer: 3, table: 4 } as const;

/** Who names what, sorted by `to`. `pointer`: the file itself holds the address (relocation, table of addresses). */
export interface References {
  readonly count: number;
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly kinds: Uint8Array;
}

/** How a block ends. */
export type EdgeKind = 'next' | 'taken' | 'not-taken' | 'jump' | 'table' | 'call-return';

/** Straight code: entered at its first instruction, left at its last. */
export interface Block {
  readonly start: number;
  readonly end: number;
  /** Offsets of its instructions from `start`. */
  readonly instructions: readonly number[];
  readonly to: readonly { readonly address: number; readonly kind: EdgeKind }[];
  /** Functions it calls directly, in order. */
  readonly calls: readonly number[];
}

/** A jump through a table. */
export interface JumpTable {
  /** Address of the jump. */
  readonly jump: number;
  readonly table: number;
  /** Bytes of one entry. */
  readonly entrySize: number;
  readonly targets: readonly number[];
}

/** Control flow of one function. */
export interface FlowGraph {
  readonly entry: number;
  readonly blocks: readonly Block[];
  readonly tables: readonly JumpTable[];
  /** Indirect jumps whose targets are not known: addresses. */
  readonly unresolved: readonly number[];
}

/** A text in the file's data. */
export interface FoundString {
  readonly address: number;
  readonly encoding: 'utf-8' | 'utf-16le';
  /** Bytes without the end mark. */
  readonly size: number;
  /** Untrusted; cut at `LIMITS.stringSize`. */
  readonly text: string;
}

/** An image, understood. */
export interface Program {
  readonly image: Image;
  readonly isa: Isa;
  readonly functions: FunctionTable;
  /** Row of the function that covers an address, or -1. */
  functionAt(address: number): number;
  /** Name of what starts at an address: function, import stub, object; undefined where there is none. Untrusted text. */
  nameOf(address: number): string | undefined;
  /** Address of a name; undefined when there is none. */
  addressOf(name: string): number | undefined;
  /** Blocks of the function in a row; made when asked for, a bounded number of them kept. */
  graph(row: number): FlowGraph;
  /** All references to and from code; made once, when first asked for. */
  references(): References;
  strings(): readonly FoundString[];
}

/** Bounds, and who listens. */
export interface AnalyseOptions {
  /** Called now and then: bytes of code swept, bytes in all. */
  readonly progress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}
