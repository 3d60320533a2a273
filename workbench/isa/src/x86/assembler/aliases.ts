// Other names of mnemonics that people write, and what iced calls them.

const CONDITIONS: Readonly<Record<string, string>> = {
  z: 'e',
  nz: 'ne',
  c: 'b',
  nae: 'b',
  nc: 'ae',
  nb: 'ae',
  na: 'be',
  nbe: 'a',
  pe: 'p',
  po: 'np',
  nge: 'l',
  nl: 'ge',
  ng: 'le',
  nle: 'g',
};

const NAMES: Readonly<Record<string, string>> = {
  sal: 'shl',
  movabs: 'mov',
  retn: 'ret',
  pushf: 'pushfq',
  popf: 'popfq',
  iret: 'iretd',
  fwait: 'wait',
  loopz: 'loope',
  loopnz: 'loopne',
  icebp: 'int1',
};

const STRINGS = /^(movs|stos|lods|scas|cmps|ins|outs)$/;
const LETTERS: Readonly<Record<number, string>> = { 1: 'b', 2: 'w', 4: 'd', 8: 'q' };

/** The name that the list of forms has for a mnemonic in lower case. */
export function ownMnemonic(word: string): string {
  const name = NAMES[word];
  if (name !== undefined) return name;
  const parts = /^(j|set|cmov)([a-z]+)$/.exec(word);
  const condition = CONDITIONS[parts?.[2] ?? ''];
  return condition === undefined ? word : `${parts?.[1]}${condition}`;
}

/** `stos` with operands, as objdump writes it: the letter is the operand's size. Undefined for other mnemonics. */
export function stringMnemonic(word: string, size: number): string | undefined {
  if (word === 'xlat') return 'xlatb';
  return STRINGS.test(word) ? `${word}${LETTERS[size] ?? ''}` : undefined;
}

/** Predicates of vector comparisons, in the order of their numbers (SDM volume 2, CMPPS and VPCMPB). */
const PREDICATES = ['eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord'];

/** `cmpltps` is `cmpps` with predicate 1; `vpcmpnequb` is `vpcmpub` with 4. Undefined for other mnemonics. */
export function comparison(word: string): { readonly mnemonic: string; readonly predicate: bigint } | undefined {
  const parts = /^(v?cmp)([a-z]+)([ps][sd])$/.exec(word) ?? /^(vpcmp)([a-z]+?)(u?[bwdq])$/.exec(word);
  const number = PREDICATES.indexOf(parts?.[2] ?? '');
  if (parts === null || number < 0 || /^vpcmpeq[bwdq]$/.test(word)) return undefined;
  return { mnemonic: `${parts[1]}${parts[3]}`, predicate: BigInt(number) };
}
