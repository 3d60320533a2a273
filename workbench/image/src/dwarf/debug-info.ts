// What is read from debug information: which functions there are, and from which source files.

import type { Address } from '../units.ts';

/** A function that debug information names. Texts of the file: untrusted. */
export interface DebugFunction {
  readonly name: string;
  /** Name as the linker knows it, when it differs (C++, Rust). */
  readonly linkageName?: string;
  readonly start: Address;
  /** First address after it. A function in two parts (hot and cold) has two rows. */
  readonly end: Address;
  /** Path of the source file, when it is known. */
  readonly file?: string;
  /** Line of the declaration, from 1. */
  readonly line?: number;
}

/** What is known from debug information. */
export interface DebugInfo {
  /** By start. */
  readonly functions: readonly DebugFunction[];
  /** Source files of compilation units, each once, in the file's order. */
  readonly files: readonly string[];
}
