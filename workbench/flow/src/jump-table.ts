// Jumps through tables, resolved: the instructions before the jump are followed by value, as far as the shapes go that compilers
// make of a switch. x86-64: `lea`, `movsxd [table+i*4]`, `add`, `jmp`; `jmp [table+i*8]`; AArch64: `adrp`, `ldrb/ldrh/ldrsw [table, i]`,
// `adr`, `add …, lsl #2`, `br`. The count is that of the bounds check; without one the table ends where it no longer leads into the function.

import type { Instruction, Operand } from '@cohesix/isa';
import { LIMITS } from './limits.ts';
import type { Memory } from './memory.ts';
import type { JumpTable } from './program.ts';

/** What a register holds, as far as it is known. */
type Value =
  | { readonly kind: 'number'; readonly value: number }
  | ({ readonly kind: 'entry' } & Load)
  | { readonly kind: 'sum'; readonly base: number; readonly shift: number; readonly load: Load };

/** A load from a table at a place that the index chooses. */
interface Load {
  readonly table: number;
  readonly size: number;
  readonly isSigned: boolean;
}

/** Where the jump goes for each entry. */
interface Shape extends Load {
  /** Added to the shifted entry. */
  readonly base: number;
  readonly shift: number;
}

/** Whether an address may be a case of this switch. */
export type IsCase = (address: number) => boolean;

/** The table of the indirect jump that ends `run`: instructions one behind the other. Undefined when the shape is none of those known. */
export function jumpTableOf(run: readonly Instruction[], memory: Memory, isCase: IsCase): JumpTable | undefined {
  const jump = run.at(-1);
  if (jump === undefined) return undefined;
  const known = new Map<string, Value>();
  let bound: number | undefined;
  for (const instruction of run.slice(0, -1)) {
    bound = boundOf(instruction) ?? bound;
    follow(instruction, known);
  }
  const shape = shapeOf(jump, known);
  if (shape === undefined) return undefined;
  const targets = targetsOf(shape, {
    memory,
    isCase,
    countMax: Math.min(bound ?? LIMITS.tableEntries, LIMITS.tableEntries),
  });
  return targets.length === 0 ? undefined : { jump: jump.address, table: shape.table, entrySize: shape.size, targets };
}

/** A comparison of an index with a number allows one more than it: `cmp i, 5`, `ja default`. */
function boundOf({ mnemonic, operands }: Instruction): number | undefined {
  const number = operands.at(-1);
  if (number?.kind !== 'immediate' || operands.length > 3) return undefined;
  const value = Number(number.value);
  if (mnemonic === 'cmp' || mnemonic === 'and')
    return value >= 0 && value < LIMITS.tableEntries ? value + 1 : undefined;
  return undefined;
}

function follow(instruction: Instruction, known: Map<string, Value>): void {
  const [to, ...from] = instruction.operands;
  const made = to?.kind === 'register' ? madeBy(instruction, from, known) : undefined;
  for (const register of instruction.writes) known.delete(register);
  if (to?.kind === 'register' && made !== undefined) known.set(wideName(to.name), made);
}

function madeBy(
  { mnemonic, operands }: Instruction,
  from: readonly Operand[],
  known: Map<string, Value>,
): Value | undefined {
  const [first, second] = from;
  switch (mnemonic) {
    case 'lea':
    case 'adr':
    case 'adrp':
      return numberOf(first, known);
    case 'mov':
    case 'movabs':
      return first?.kind === 'memory' ? loadOf(mnemonic, first, known) : valueIn(first, known);
    case 'add':
      // x86-64 adds to its first operand, AArch64 names both.
      return second === undefined ? sumOf(operands[0], first, known) : sumOf(first, second, known);
    case 'movsxd':
    case 'movsx':
    case 'movzx':
    case 'ldrb':
    case 'ldrh':
    case 'ldr':
    case 'ldrsb':
    case 'ldrsh':
    case 'ldrsw':
      return first?.kind === 'memory' ? loadOf(mnemonic, first, known) : valueIn(first, known);
    case 'cdqe':
      return known.get('rax');
    default:
      return undefined;
  }
}

function number(value: number): Value {
  return { kind: 'number', value };
}

function numberOf(operand: Operand | undefined, known: Map<string, Value>): Value | undefined {
  if (operand?.kind === 'target') return number(operand.address);
  if (operand?.kind === 'memory' && operand.address !== undefined) return number(operand.address);
  if (operand?.kind !== 'memory' || operand.base === undefined || operand.index !== undefined) return undefined;
  const base = known.get(wideName(operand.base));
  return base?.kind === 'number' ? number(base.value + Number(operand.displacement)) : undefined;
}

function valueIn(operand: Operand | undefined, known: Map<string, Value>): Value | undefined {
  if (operand?.kind === 'register') return known.get(wideName(operand.name));
  if (operand?.kind === 'immediate' && operand.value >= 0n) return number(Number(operand.value));
  return undefined;
}

/** A load whose place has an index and a known start. */
function loadOf(
  mnemonic: string,
  operand: Operand & { readonly kind: 'memory' },
  known: Map<string, Value>,
): Value | undefined {
  const { base, index, displacement, size } = operand;
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return undefined;
  const start = base === undefined ? number(0) : known.get(wideName(base));
  const other = index === undefined ? undefined : known.get(wideName(index));
  // Unscaled, either register may be the table.
  const table = start?.kind === 'number' ? start : other?.kind === 'number' ? other : undefined;
  const hasIndex = index !== undefined || (base !== undefined && start === undefined);
  const address = (table?.value ?? 0) + Number(displacement);
  if (!hasIndex || address <= 0 || (table === undefined && index !== undefined)) return undefined;
  return { kind: 'entry', table: address, size, isSigned: mnemonic.startsWith('movsx') || mnemonic.startsWith('ldrs') };
}

function sumOf(one: Operand | undefined, other: Operand | undefined, known: Map<string, Value>): Value | undefined {
  const [a, b] = [valueIn(one, known), valueIn(other, known)];
  if (a?.kind === 'number' && b?.kind === 'number') return number(a.value + b.value);
  const base = a?.kind === 'number' ? a : b?.kind === 'number' ? b : undefined;
  const entry = a?.kind === 'entry' ? a : b?.kind === 'entry' ? b : undefined;
  if (base === undefined || entry === undefined) return undefined;
  const suffix = other?.kind === 'register' ? (other.suffix ?? '') : '';
  const isSigned = entry.isSigned || /sxt[bhw]/.test(suffix);
  return { kind: 'sum', base: base.value, shift: Number(/#(\d)/.exec(suffix)?.[1] ?? 0), load: { ...entry, isSigned } };
}

function shapeOf({ operands: [to] }: Instruction, known: Map<string, Value>): Shape | undefined {
  const value = to?.kind === 'memory' ? loadOf('jmp', to, known) : valueIn(to, known);
  if (value?.kind === 'sum') return { ...value.load, base: value.base, shift: value.shift };
  if (value?.kind === 'entry' && value.size === 8) return { ...value, base: 0, shift: 0 };
  return undefined;
}

interface Reading {
  readonly memory: Memory;
  readonly isCase: IsCase;
  readonly countMax: number;
}

function targetsOf(
  { table, size, isSigned, base, shift }: Shape,
  { memory, isCase, countMax }: Reading,
): readonly number[] {
  const targets: number[] = [];
  for (let index = 0; index < countMax; index++) {
    const at = table + index * size;
    const entry = size === 8 ? memory.u64(at) : memory.entry(at, size, isSigned);
    if (entry === undefined) break;
    const target = base + entry * 2 ** shift;
    if (!isCase(target)) break;
    targets.push(target);
  }
  return targets;
}

const X86_WORDS: ReadonlyMap<string, string> = new Map(
  ['a', 'b', 'c', 'd'].flatMap((letter) =>
    [`e${letter}x`, `${letter}x`, `${letter}l`].map((name): [string, string] => [name, `r${letter}x`]),
  ),
);

/** The widest name of a general register: `eax` and `al` are `rax`, `w0` is `x0`. */
function wideName(name: string): string {
  const word = X86_WORDS.get(name);
  if (word !== undefined) return word;
  if (/^w\d+$/.test(name)) return `x${name.slice(1)}`;
  if (/^r\d+[bwd]$/.test(name)) return name.slice(0, -1);
  return /^e?(?:si|di|bp|sp)l?$/.test(name) ? `r${name.replace(/^e|l$/g, '')}` : name;
}
