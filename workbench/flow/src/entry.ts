// Whether code can be the begin of a function by the rules of calls (System V AMD64 ABI 3.2, AAPCS64 6.1): a function that was just
// entered does not use registers that belong to its caller before it saves them, restores nothing, and calls nobody before it has made room.

import { FLOW, type Instruction, type Isa } from '@cohesix/isa';
import { type Code, rangeAt } from './code.ts';

/** Instructions that are looked at. */
const LOOK = 8;

interface Rules {
  /** Registers whose values belong to the caller. */
  readonly kept: ReadonlySet<string>;
  /** Instructions that save one, and so may read it. */
  readonly saves: ReadonlySet<string>;
  /** Instructions that end a function's frame. */
  readonly restores: ReadonlySet<string>;
  /** Instructions that make room on the stack, or save where to return to. */
  readonly opens: (instruction: Instruction) => boolean;
}

const range = (from: number, to: number, letter: string): string[] =>
  Array.from({ length: to - from + 1 }, (_none, index) => `${letter}${from + index}`);

const RULES: Readonly<Record<Isa, Rules>> = {
  'x86-64': {
    kept: new Set(['rbx', 'rbp', ...range(12, 15, 'r')]),
    saves: new Set(['push']),
    restores: new Set(['pop', 'leave']),
    opens: ({ writes, mnemonic }) => mnemonic === 'push' || (mnemonic === 'sub' && writes.includes('rsp')),
  },
  aarch64: {
    kept: new Set(range(19, 28, 'x')),
    saves: new Set(['stp', 'str']),
    restores: new Set(['ldp']),
    opens: ({ mnemonic, reads }) => (mnemonic === 'stp' || mnemonic === 'str') && reads.includes('x30'),
  },
};

/** Whether nothing in the first instructions at `at` breaks a rule. */
export function isPlausibleEntry(code: Code, at: number): boolean {
  const piece = rangeAt(code, at);
  if (piece === undefined) return false;
  const rules = RULES[code.decoder.isa];
  let next = at;
  for (let count = 0; count < LOOK && next < piece.end; count++) {
    const instruction = code.decoder.instruction(piece, next - piece.address);
    if (breaks(rules, instruction)) return false;
    if (rules.opens(instruction) || endsLook(instruction)) return true;
    next += instruction.length;
  }
  return true;
}

function breaks({ kept, saves, restores }: Rules, { mnemonic, reads, flow }: Instruction): boolean {
  if (flow === FLOW.bad || flow === FLOW.call || flow === FLOW.callIndirect || restores.has(mnemonic)) return true;
  return !saves.has(mnemonic) && reads.some((register) => kept.has(register));
}

function endsLook({ flow }: Instruction): boolean {
  return flow === FLOW.return || flow === FLOW.jump || flow === FLOW.jumpIndirect || flow === FLOW.trap;
}
