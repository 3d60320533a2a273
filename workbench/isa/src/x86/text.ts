// Intel syntax as objdump writes it (`-M intel`), but that branch targets have a `0x`: what is printed can be assembled again.

import type { Instruction as IcedInstruction } from 'iced-x86';
import type { TextOptions } from '../decoder.ts';
import { iced } from './iced.ts';
import { decodeFound, type Found } from './instruction.ts';
import { formatter, mnemonicOf } from './mnemonic.ts';

/** The instruction as a line of text; `(bad)` for none. */
export function textOf(found: Found, options: TextOptions = {}): string {
  const decoded = decodeFound(found);
  if (decoded === undefined) return '(bad)';
  const format = formatter();
  // `[rbp+0x0]` has a displacement in its bytes, `[rbx]` has none.
  format.showZeroDisplacements = decoded.memoryDisplSize !== 0;
  const operands = withoutTop(format.formatAllOperands(decoded));
  const text = operands === '' ? mnemonicOf(decoded) : `${mnemonicOf(decoded)} ${operands}`;
  return named(text, decoded, options);
}

function named(text: string, decoded: IcedInstruction, options: TextOptions): string {
  const { nameOf } = options;
  if (nameOf === undefined) return text;
  if (isBranch(decoded)) {
    const name = nameOf(Number(decoded.nearBranchTarget));
    return name === undefined ? text : text.replace(/0x[0-9a-f]+$/, name);
  }
  if (decoded.isIpRelMemoryOperand) {
    const name = nameOf(Number(decoded.ipRelMemoryAddress));
    return name === undefined ? text : text.replace(/\[rip[^\]]*\]/, `[${name}]`);
  }
  return text;
}

/** x87 instructions with memory work on the top of the stack; objdump does not say so each time. */
function withoutTop(operands: string): string {
  return operands.includes('PTR') ? operands.replace(/^st,|,st$/, '') : operands;
}

function isBranch(decoded: IcedInstruction): boolean {
  const { OpKind } = iced();
  return decoded.opCount > 0 && decoded.opKind(0) >= OpKind.NearBranch16 && decoded.opKind(0) <= OpKind.NearBranch64;
}
