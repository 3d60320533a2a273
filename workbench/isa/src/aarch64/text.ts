// One instruction: its text as llvm-objdump writes it, and its operands for people and for planning.

import type { Piece, TextOptions } from '../decoder.ts';
import { FLOW, type Flow, type Instruction, type Operand } from '../instruction.ts';
import { effectsOf } from './effects.ts';
import type { Encoding } from './encoding.ts';
import { type Kind, operandText } from './kinds/kind.ts';
import { step, wordAt } from './step.ts';
import { encodingOf, encodings, NONE, shownAs } from './tree.ts';

/** Text of the instruction at `offset`; words that are none are `<unknown>`, SVE and SME `.inst 0x…`. */
export function text(piece: Piece, offset: number, options?: TextOptions): string {
  if (piece.code.length - offset < 4) return '<unknown>';
  const word = wordAt(piece.code, offset);
  const index = encodingOf(word);
  if (index === NONE) return '<unknown>';
  const row = shownAs(index, word);
  if (row.mnemonic === '.inst') return `.inst 0x${(word >>> 0).toString(16).padStart(8, '0')}`;
  const address = piece.address + offset;
  const operands = row.kinds.map((kind) => kindText(kind, word, address, options)).filter((part) => part !== '');
  return operands.length === 0 ? row.mnemonic : `${row.mnemonic} ${operands.join(', ')}`;
}

function kindText(kind: Kind, word: number, address: number, options: TextOptions | undefined): string {
  if (kind.text !== undefined) return kind.text(word, address);
  return operandsOf(kind, word, address)
    .map((operand) => nameOf(operand, options) ?? operandText(operand))
    .join(', ');
}

/** The name of a known address, which is then written in its place. */
function nameOf(operand: Operand, options: TextOptions | undefined): string | undefined {
  const address = operand.kind === 'target' ? operand.address : operand.kind === 'memory' ? operand.address : undefined;
  return address === undefined ? undefined : options?.nameOf?.(address);
}

function operandsOf(kind: Kind, word: number, address: number): readonly Operand[] {
  const read = kind.read(word, address);
  return 'kind' in read ? [read] : read;
}

/** Everything about the instruction at `offset`. */
export function instruction(piece: Piece, offset: number): Instruction {
  const seen = { length: 0, flow: 0, target: -1 };
  step(piece, offset, seen);
  const address = piece.address + offset;
  const flow = seen.flow as Flow;
  if (flow === FLOW.bad)
    return { address, length: seen.length, mnemonic: '(bad)', operands: [], flow, reads: [], writes: [] };
  const word = wordAt(piece.code, offset);
  const index = encodingOf(word);
  const shown = shownAs(index, word);
  const base = encodings()[index] as Encoding;
  const isBranch = flow === FLOW.jump || flow === FLOW.branch || flow === FLOW.call;
  return {
    address,
    length: 4,
    mnemonic: shown.mnemonic,
    operands: shown.kinds.flatMap((kind) => operandsOf(kind, word, address)),
    flow,
    ...(isBranch ? { target: seen.target } : {}),
    ...effectsOf(
      base,
      base.kinds.map((kind) => operandsOf(kind, word, address)),
    ),
  };
}
