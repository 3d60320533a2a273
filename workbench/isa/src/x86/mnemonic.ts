// Mnemonics as objdump's Intel syntax spells them, prefixes that are part of them first. Redundant prefixes (segments, 66 before
// what has no operand size) are not shown; `Instruction.length` counts them.

import type { Formatter, Instruction as IcedInstruction } from 'iced-x86';
import { iced } from './iced.ts';

let shared: Formatter | undefined;

/** iced's formatter, set to what is nearest to objdump's Intel syntax. */
export function formatter(): Formatter {
  shared ??= makeFormatter();
  return shared;
}

function makeFormatter(): Formatter {
  const { Formatter, FormatterSyntax, MemorySizeOptions } = iced();
  const made = new Formatter(FormatterSyntax.Intel);
  made.hexPrefix = '0x';
  made.hexSuffix = '';
  made.uppercaseHex = false;
  made.uppercaseKeywords = true;
  made.smallHexNumbersInDecimal = false;
  made.branchLeadingZeros = false;
  made.ripRelativeAddresses = true;
  made.memorySizeOptions = MemorySizeOptions.Always;
  made.showBranchSize = false;
  made.alwaysShowScale = true;
  return made;
}

/** What objdump calls differently, as the end of iced's text. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/ret far$/, 'retf'],
  [/^data16 (retf|leave|enter|push)$/, '$1w'],
  [/(pushf|popf|iret)$/, '$1w'],
  [/(pushf|popf)q$/, '$1'],
  [/iretd$/, 'iret'],
  [/^rep(e?) ret$/, 'repz ret'],
  [/^rep (cmps|scas)/, 'repz $1'],
  [/^repe /, 'repz '],
  [/^repne /, 'repnz '],
  [/^(hint-not-taken|hint-taken) /, ''],
];

/** What has been spelled before: some thousand words at most. */
const spelled = new Map<string, string>();

/** Lower case; `rep movs`, `lock cmpxchg`. String instructions have no size letter: their operands say it. */
export function mnemonicOf(decoded: IcedInstruction): string {
  const text = formatter().formatMnemonic(decoded);
  const key = decoded.isStringInstruction ? text.replace(/(movs|stos|lods|scas|cmps|ins|outs)[bwdq]$/, '$1') : text;
  let word = spelled.get(key);
  if (word === undefined) {
    word = SPELLINGS.reduce((old, [end, spelling]) => old.replace(end, spelling), key);
    spelled.set(key, word);
  }
  return isAbsoluteMove(decoded) ? word.replace(/mov$/, 'movabs') : word;
}

/** `mov rax, imm64` and the moves between the accumulator and a 64-bit address. */
function isAbsoluteMove(decoded: IcedInstruction): boolean {
  const { Code: C } = iced();
  const { code } = decoded;
  return code === C.Mov_r64_imm64 || (code >= C.Mov_AL_moffs8 && code <= C.Mov_moffs64_RAX);
}
