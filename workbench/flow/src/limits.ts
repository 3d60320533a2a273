// Bounds of an analysis: what a program can make long is cut there, and time and memory stay linear in its code.

/** Limits of one program. */
export const LIMITS: {
  readonly codeSize: number;
  readonly functions: number;
  readonly references: number;
  readonly strings: number;
  readonly stringSize: number;
  readonly graphInstructions: number;
  readonly tableEntries: number;
  readonly graphsKept: number;
} = {
  /** Bytes of code that are swept; what lies behind them is not analysed. */
  codeSize: 1 << 30,
  functions: 4_000_000,
  references: 16_000_000,
  strings: 1_000_000,
  /** Characters of a string that are kept. */
  stringSize: 4096,
  /** Instructions of one function's graph. */
  graphInstructions: 200_000,
  /** Entries of one jump table. */
  tableEntries: 4096,
  /** Graphs that are kept. */
  graphsKept: 256,
};
