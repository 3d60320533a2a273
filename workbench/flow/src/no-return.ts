// Functions that never come back: those that are known by name, and those whose code has no way out but into such a function.

import { type Image, SYMBOL_KINDS, symbolColumns } from '@cohesix/image';
import type { Bits } from './bits.ts';
import { type Code, positionOf, rangeAt } from './code.ts';
import type { Findings } from './findings.ts';
import type { FunctionTable } from './program.ts';
import { lastAtMost } from './start-set.ts';

/** C, C++, POSIX, Windows and Rust functions whose manuals say that they do not return. */
const NAMES: ReadonlySet<string> = new Set([
  'abort',
  'exit',
  '_exit',
  '_Exit',
  'quick_exit',
  'longjmp',
  'siglongjmp',
  '__longjmp_chk',
  'pthread_exit',
  'thrd_exit',
  '__assert_fail',
  '__assert_perror_fail',
  '__assert',
  '__assert_rtn',
  '__stack_chk_fail',
  '__fortify_fail',
  '__chk_fail',
  '__libc_start_main',
  '__cxa_throw',
  '__cxa_rethrow',
  '__cxa_bad_cast',
  '__cxa_bad_typeid',
  '__cxa_throw_bad_array_new_length',
  '__cxa_call_unexpected',
  '_Unwind_Resume',
  '_ZSt9terminatev',
  '_ZSt10unexpectedv',
  '_ZSt17__throw_bad_allocv',
  '_ZSt20__throw_length_errorPKc',
  '_ZSt20__throw_out_of_rangePKc',
  '_ZSt24__throw_out_of_range_fmtPKcz',
  '_ZSt19__throw_logic_errorPKc',
  '_ZSt28__throw_bad_array_new_lengthv',
  '_ZSt16__throw_bad_castv',
  '_ZSt25__throw_bad_function_callv',
  'err',
  'errx',
  'verr',
  'verrx',
  'ExitProcess',
  'ExitThread',
  'FatalExit',
  'RaiseFailFastException',
  '_invoke_watson',
  '__fastfail',
  'rust_panic',
  'rust_begin_unwind',
]); // prettier: a list of words

/** What marking needs. */
interface Context {
  readonly image: Image;
  readonly code: Code;
  readonly found: Findings;
  readonly functions: FunctionTable;
}

/** Marks in `functions.noReturns` those that do not come back. */
export function markNoReturns(context: Context): void {
  const { image, functions } = context;
  const mark = (name: string, at: number): void => {
    const row = NAMES.has(plainName(image, name)) ? lastAtMost(functions.starts, at, functions.count) : -1;
    if (row >= 0 && functions.starts[row] === at) functions.noReturns[row] = 1;
  };
  // Not by `Names`: a table of all names would be kept.
  const symbols = symbolColumns(image);
  const isFunction = SYMBOL_KINDS.indexOf('function');
  for (let row = 0; row < symbols.count; row++)
    if (symbols.kinds[row] === isFunction) mark(symbols.name(row), symbols.addresses[row] as number);
  for (const { name, stub } of image.imports()) if (stub !== undefined) mark(name, stub);
  markWithoutExits(context);
}

/** Without the version behind the `@`, and of Mach-O without the `_` that its C compilers put first. */
function plainName({ format }: Image, name: string): string {
  const plain = name.replace(/@.*$/, '');
  return format === 'macho' && plain.startsWith('_') ? plain.slice(1) : plain;
}

/** No return, no indirect jump, no jump elsewhere: control that goes in stays, or ends in a trap or a call that does not return. */
function markWithoutExits({ code, found, functions }: Omit<Context, 'image'>): void {
  const leaves = new Uint8Array(functions.count);
  const rowOf = (address: number): number => lastAtMost(functions.starts, address, functions.count);
  const { from, to } = found.jumps;
  for (let index = 0; index < to.count; index++) {
    const row = rowOf(from.values[index] as number);
    if (row >= 0 && rowOf(to.values[index] as number) !== row) leaves[row] = 1;
  }
  for (let row = 0; row < functions.count; row++) {
    if (leaves[row] === 1 || functions.noReturns[row] === 1) continue;
    if (!hasExit(code, found.exits, functions, row) && endsAtAnEnd(code, found, functions, row))
      functions.noReturns[row] = 1;
  }
}

function hasExit(code: Code, exits: Bits, { starts, ends }: FunctionTable, row: number): boolean {
  const first = positionOf(code, starts[row] as number);
  const size = (ends[row] as number) - (starts[row] as number);
  return first >= 0 && exits.hasBetween(first, first + size);
}

/** What comes behind it does not run on from it: its last instruction is a trap, a jump back, or a call. */
function endsAtAnEnd(code: Code, found: Findings, { starts, ends }: FunctionTable, row: number): boolean {
  const range = rangeAt(code, starts[row] as number);
  if (range === undefined) return false;
  const end = ends[row] as number;
  let last = end - 1;
  while (last > (starts[row] as number) && !found.instructions.has(positionOf(code, last))) last--;
  const step = { length: 1, flow: 0, target: -1 };
  code.decoder.step(range, last - range.address, step);
  return step.flow !== 0 && step.flow !== 2;
}
