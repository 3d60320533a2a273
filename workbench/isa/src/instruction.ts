// What an instruction is to the rest of the workbench: one shape for both instruction sets. Made one at a time, for people and
// for planning; whole programs are swept into columns instead (columns.ts).

/** Instruction sets that are decoded. */
export type Isa = 'x86-64' | 'aarch64';

/** Where control goes after an instruction. Numbers, because they are a column. */
export const FLOW = {
  /** To the next instruction. */
  next: 0,
  /** To `target`, always. */
  jump: 1,
  /** To `target` or on. */
  branch: 2,
  /** To `target`, and back. */
  call: 3,
  return: 4,
  jumpIndirect: 5,
  callIndirect: 6,
  /** Nowhere: `ud2`, `hlt`, `int3`, `brk`, `udf`. */
  trap: 7,
  /** Not an instruction. */
  bad: 8,
} as const;

/** A value of `FLOW`. */
export type Flow = (typeof FLOW)[keyof typeof FLOW];

/** An operand, in the order of Intel's and Arm's manuals: destination first. */
export type Operand =
  | { readonly kind: 'register'; readonly name: string; readonly size: number; readonly suffix?: string }
  | { readonly kind: 'immediate'; readonly value: bigint; readonly size: number; readonly suffix?: string }
  | {
      readonly kind: 'memory';
      readonly base?: string;
      readonly index?: string;
      /** Multiplies the index: 1, 2, 4, 8; in AArch64 a power of two. */
      readonly scale: number;
      readonly displacement: bigint;
      readonly segment?: string;
      /** Bytes read or written; 0 when the instruction only takes the address. */
      readonly size: number;
      /** The address, when it is known: RIP-relative, literal, absolute. */
      readonly address?: number;
      /** AArch64: the base is changed before (`!`) or after the access. */
      readonly writeBack?: 'before' | 'after';
      /** AArch64: how the index is widened (`uxtw`, `sxtw`, `lsl`). */
      readonly extend?: string;
      /** x86-64: mask, zeroing, broadcast. */
      readonly suffix?: string;
    }
  | { readonly kind: 'target'; readonly address: number }
  /** Conditions, barriers, system registers, prefetch hints: what has a name only. */
  | { readonly kind: 'word'; readonly text: string };

/** One decoded instruction. */
export interface Instruction {
  readonly address: number;
  readonly length: number;
  /** Lower case, with prefixes that are part of it (`rep movsb`, `lock cmpxchg`); `(bad)` for what is no instruction. */
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
  readonly flow: Flow;
  /** Address of a direct jump, branch or call. */
  readonly target?: number;
  /** Registers read and written, by their widest name (`rax`, `x0`, `v0`, `xmm0` as `zmm0`), flags as `flags`. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}
