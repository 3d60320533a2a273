// The assembler of x86-64: Intel syntax, one statement a line. It writes the shortest form that its operands allow (what is
// equally short in the order of iced's list, which is the manual's), and says which forms there are when none fits.

import { assembleWith, type Dialect, type Place } from '../../assembler/layout.ts';
import { operandsOf, type Statement } from '../../assembler/statement.ts';
import { problemAt, type Token } from '../../assembler/token.ts';
import type { Assembled, AssembleOptions, AssemblyProblem } from '../../assembly.ts';
import { iced } from '../iced.ts';
import { registerName } from '../registers.ts';
import { comparison, ownMnemonic, stringMnemonic } from './aliases.ts';
import { encodeForm } from './encode.ts';
import { completed, type Form, fitting, formsOf, isStringForm, mnemonicsLike, type PrefixWord } from './forms.ts';
import { type MemoryOperand, operandOf, type Parsed } from './operand.ts';

const PREFIXES: Readonly<Record<string, PrefixWord>> = {
  lock: 'lock',
  rep: 'rep',
  repe: 'repe',
  repz: 'repe',
  repne: 'repne',
  repnz: 'repne',
  bnd: 'bnd',
  notrack: 'notrack',
};
/** Memory operands of these have 8 bytes when nothing says otherwise. */
const EIGHT_BYTES = /^(call|jmp|push|pop)$/;
/** Forms that a message lists. */
const LISTED_MAX = 6;

const DIALECT: Dialect = {
  comments: [';', '#', '//'],
  directives: { db: 1, dw: 2, dd: 4, dq: 8, '.word': 2, '.value': 2, align: 'align', '.align': 'align', resb: 'zero' },
  padding: nops,
  encode,
};

/** Assembles Intel syntax. Never throws for what the source says; problems point at tokens. */
export function assembleX86(source: string, options: AssembleOptions): Assembled {
  return assembleWith(DIALECT, source, options);
}

/** Intel's recommended nops (SDM volume 2, NOP), longest first. */
const NOPS: readonly Uint8Array[] = [
  '660f1f840000000000',
  '0f1f840000000000',
  '0f1f8000000000',
  '660f1f440000',
  '0f1f440000',
  '0f1f4000',
  '0f1f00',
  '6690',
  '90',
].map((hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));

/** `size` bytes of as few nops as possible. */
export function nops(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const nop = NOPS[Math.max(0, NOPS.length - (size - at))] as Uint8Array;
    bytes.set(nop, at);
    at += nop.length;
  }
  return bytes;
}

/** A statement, understood but for its form. */
interface Wanted {
  readonly head: Token;
  readonly mnemonic: string;
  readonly prefixes: readonly PrefixWord[];
  readonly operands: readonly Parsed[];
}

function encode(statement: Statement, place: Place): Uint8Array | AssemblyProblem {
  const wanted = wantedOf(statement, place);
  if ('problem' in wanted) return wanted;
  const forms = formsOf(wanted.mnemonic);
  if (forms.length === 0) return unknown(wanted.head);
  const fit = forms.filter((form) => isFit(form, wanted));
  if (fit.length === 0) return noForm(forms, wanted);
  const prefix = wanted.prefixes.find(
    (word) => !fit.some((form) => form.prefixes.has(word)) && !isPaddedReturn(word, wanted),
  );
  if (prefix !== undefined || isLockedRegister(wanted))
    return problemAt(wanted.head, `${prefix ?? 'lock'} cannot stand before this`);
  return ambiguity(fit, wanted) ?? best(fit, wanted, place);
}

function wantedOf(statement: Statement, place: Place): Wanted | AssemblyProblem {
  let head = statement.head as Token;
  let rest = statement.rest;
  const prefixes: PrefixWord[] = [];
  for (let prefix = PREFIXES[head.text.toLowerCase()]; prefix !== undefined; ) {
    const [next, ...others] = rest;
    if (next === undefined) return problemAt(head, 'an instruction is expected after the prefix');
    prefixes.push(prefix);
    [head, rest] = [next, others];
    prefix = PREFIXES[head.text.toLowerCase()];
  }
  const cut = operandsOf({ ...statement, head, rest });
  if ('problem' in cut) return cut;
  const operands: Parsed[] = [];
  for (const tokens of cut) {
    const operand = operandOf(tokens, place);
    if ('problem' in operand) return operand;
    operands.push(operand);
  }
  return spelledOut(head, prefixes, operands);
}

/** `rep stos dword ptr es:[rdi], eax` is `rep stosd`; `imul rax, 5` is `imul rax, rax, 5`; sizes of stack memory are 8. */
function spelledOut(
  head: Token,
  prefixes: readonly PrefixWord[],
  operands: readonly Parsed[],
): Wanted | AssemblyProblem {
  const word = head.text.toLowerCase();
  const string = stringMnemonic(word, stringSize(operands));
  if (string !== undefined) {
    const other = operands.find((operand) => operand.kind === 'memory' && !isStringMemory(operand));
    if (other !== undefined)
      return problemAt(other.token, 'string instructions work on [rsi], es:[rdi] and [rbx] only');
    return { head, mnemonic: string, prefixes, operands: [] };
  }
  const compare = comparison(word);
  if (compare !== undefined) {
    const predicate: Parsed = {
      kind: 'value',
      value: compare.predicate,
      isAddress: false,
      isShort: false,
      token: head,
    };
    return { head, mnemonic: compare.mnemonic, prefixes, operands: [...operands, predicate] };
  }
  const mnemonic = ownMnemonic(word);
  const [first, second] = operands;
  if (mnemonic === 'imul' && operands.length === 2 && first !== undefined && second?.kind === 'value') {
    return { head, mnemonic, prefixes, operands: [first, first, second] };
  }
  if (EIGHT_BYTES.test(mnemonic) && first?.kind === 'memory' && first.size === 0) {
    return { head, mnemonic, prefixes, operands: [{ ...first, size: 8 }] };
  }
  const isSwapped = /^(test|xchg)$/.test(mnemonic) && first?.kind === 'register' && second?.kind === 'memory';
  return { head, mnemonic, prefixes, operands: isSwapped ? [second, first] : operands };
}

/** Memory says it, else the accumulator; `dx` of `ins` does not. */
function stringSize(operands: readonly Parsed[]): number {
  const memory = operands.filter(({ kind }) => kind === 'memory').map(sizeOf);
  return Math.max(0, ...memory) || Math.max(0, ...operands.map(sizeOf));
}

function isStringMemory(operand: MemoryOperand): boolean {
  const isPlain = operand.index === undefined && operand.displacement === 0n && operand.relative === undefined;
  const base = registerName(operand.base ?? 0);
  const segment = registerName(operand.segment ?? 0);
  return isPlain && ['rsi', 'rdi', 'rbx'].includes(base) && ['', base === 'rdi' ? 'es' : 'ds'].includes(segment);
}

function sizeOf(operand: Parsed): number {
  if (operand.kind === 'memory') return operand.size;
  return operand.kind === 'register' ? iced().RegisterExt.size(operand.register) : 0;
}

function isFit(form: Form, wanted: Wanted): boolean {
  const { operands } = wanted;
  if (operands.length === 0 && isStringForm(form)) return true;
  const all = completed(form, operands, wanted.head);
  if (fitting(form, all) !== all.length) return false;
  // A 16-bit form only where something 16 bits wide was written: `push 1000` pushes eight bytes.
  return form.operandSize !== 16 || form.kinds.length === 0 || operands.some((operand) => sizeOf(operand) === 2);
}

/** `repz ret`: two bytes for old branch predictors; compilers wrote it for years. */
function isPaddedReturn(prefix: PrefixWord, wanted: Wanted): boolean {
  return wanted.mnemonic === 'ret' && (prefix === 'rep' || prefix === 'repe');
}

/** Only what changes memory can be locked. */
function isLockedRegister(wanted: Wanted): boolean {
  return wanted.prefixes.includes('lock') && wanted.operands[0]?.kind !== 'memory';
}

/** Memory whose size nothing says: the forms that fit disagree about it. */
function ambiguity(fit: readonly Form[], wanted: Wanted): AssemblyProblem | undefined {
  const memory = wanted.operands.find((operand) => operand.kind === 'memory' && operand.size === 0);
  if (memory === undefined) return undefined;
  const sizes = new Set(fit.map((form) => form.memorySize));
  if (sizes.size < 2) return undefined;
  const word = memory.token;
  return problemAt(word, `the size is not clear; write byte, word, dword or qword before it (${listed(fit)})`);
}

/** The shortest form, but none shorter than in the round before: a jump that grew stays long. */
function best(fit: readonly Form[], wanted: Wanted, place: Place): Uint8Array | AssemblyProblem {
  let chosen: Uint8Array | undefined;
  let problem = '';
  for (const form of fit.filter(isUsual(fit))) {
    const { prefixes } = wanted;
    const operands = completed(form, wanted.operands, wanted.head);
    const encoded = encodeForm({ form, prefixes, operands, address: place.address });
    if (!encoded.ok) problem ||= encoded.problem;
    else if (
      encoded.value.length >= place.sizeBefore &&
      (chosen === undefined || encoded.value.length < chosen.length)
    ) {
      chosen = encoded.value;
    }
  }
  return chosen ?? problemAt(blamed(problem, wanted), `this cannot be encoded: ${problem}`);
}

/** The operand that the encoder's words are about. */
function blamed(problem: string, wanted: Wanted): Token {
  const number = /^Operand (\d)/.exec(problem)?.[1];
  const isFar = /distance is too far/.test(problem);
  const far = wanted.operands.find((operand) => operand.kind !== 'register');
  const operand = isFar ? far : wanted.operands[Number(number ?? 0)];
  return operand?.token ?? wanted.head;
}

/** Without operands the 64-bit or plain form is meant: `ret`, `nop`, `pushfq`; not their 16-bit twins. */
function isUsual(fit: readonly Form[]): (form: Form) => boolean {
  const hasOther = fit.some((form) => form.operandSize !== 16);
  return (form) => !hasOther || form.operandSize !== 16 || form.kinds.length > 0;
}

function unknown(head: Token): AssemblyProblem {
  const near = mnemonicsLike(head.text.toLowerCase());
  const hint = near.length === 0 ? '' : `; there are ${near.join(', ')}`;
  return problemAt(head, `no instruction is called so${hint}`);
}

/** Points at the first operand that no form takes. */
function noForm(forms: readonly Form[], wanted: Wanted): AssemblyProblem {
  const { operands, head } = wanted;
  const reached = forms.map((form) => fitting(form, operands));
  const furthest = Math.max(...reached);
  if (furthest < 0) {
    const counts = [...new Set(forms.map((form) => form.kinds.length))].sort().join(' or ');
    return problemAt(head, `operands: ${counts} expected, ${operands.length} given; there are ${listed(forms)}`);
  }
  const near = forms.filter((_form, index) => reached[index] === furthest);
  return problemAt(operands[furthest]?.token ?? head, `no form has this operand here; there are ${listed(near)}`);
}

function listed(forms: readonly Form[]): string {
  const texts = [...new Set(forms.map((form) => form.text))];
  const more = texts.length > LISTED_MAX ? ', …' : '';
  return `${texts.slice(0, LISTED_MAX).join('; ')}${more}`;
}
