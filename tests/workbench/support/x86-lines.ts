// Our x86-64 beside objdump and llvm-objdump over .text sections, line by line at their addresses. Two texts agree when they are
// the same after a normalisation with three rules, each for a difference of taste:
//   1. What stands behind `#` or `<` is a comment; runs of spaces are one.
//   2. Prefixes that the instruction does not use are no part of the mnemonic: segments, data16, addr32, rex…, and rep, repz,
//      repnz, lock, bnd; objdump and llvm-objdump show more of them than we do.
//   3. One name for one thing (`NAMES`): llvm's and objdump's own spellings.
// What still differs is in a class of `CLASSES`, or the test fails; workbench/isa/AGREEMENT.md explains each class.

import { readFileSync } from 'node:fs';
import { FLOW, x86 } from '@cohesix/isa';
import { runTool } from '../../support/tool.ts';

/** A .text section. */
export interface Text {
  readonly code: Uint8Array;
  readonly address: number;
}

/** One line of a disassembler. */
export interface Line {
  readonly address: number;
  readonly size: number;
  readonly text: string;
}

/** What a comparison found: counts by class; `unexplained` has examples. */
export interface Agreement {
  lines: number;
  /** Lines that neither side calls an instruction. */
  bothBad: number;
  readonly lengths: Map<string, number>;
  readonly mnemonics: Map<string, number>;
  readonly unexplained: string[];
}

const SECTION = /\.text\s+PROGBITS\s+([0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+)/;
const TOOL_MS = 590_000;

/** The .text of an ELF file, as readelf finds it. */
export async function textOf(file: string): Promise<Text> {
  const { stdout } = await runTool('/usr/bin/readelf', ['-SW', file]);
  const numbers = (SECTION.exec(stdout) ?? []).slice(1).map((hex) => Number.parseInt(hex, 16));
  const [address = 0, offset = 0, size = 0] = numbers;
  return { code: new Uint8Array(readFileSync(file)).slice(offset, offset + size), address };
}

/** What a disassembler prints of `size` bytes from `start` on; instructions that the range cuts off are left out. */
export async function linesOf(tool: string, file: string, start: number, size: number): Promise<readonly Line[]> {
  const own = tool.includes('llvm') ? ['-M', 'intel'] : ['-M', 'intel', '--insn-width=16'];
  const range = [`--start-address=${start}`, `--stop-address=${start + size}`];
  const { stdout } = await runTool(tool, ['-d', '-z', ...own, '-j', '.text', ...range, file], TOOL_MS);
  const lines = stdout.split('\n').flatMap((line) => {
    const parts = /^\s*([0-9a-f]+):\s+((?:[0-9a-f]{2} )*[0-9a-f]{2})\s*(?:\t(.*))?$/.exec(line);
    if (parts === null) return [];
    const [, address = '', bytes = '', text = ''] = parts;
    return [{ address: Number.parseInt(address, 16), size: bytes.split(' ').length, text: text.trim() }];
  });
  return lines.filter(({ address }) => address < start + size - 15);
}

const PREFIXES =
  /^(?:(?:[c-gs]s|data16|data32|data64|addr32|rex(?:64)?(?:\.[WRXB]+)?|repz?|repe|repn[ez]|lock|bnd|notrack|xacquire|xrelease)(?:\s+|$))+/;

/** Rules 1 and 2. */
function plainText(text: string): string {
  return text
    .replace(/\s*[#<].*$/, '')
    .trim()
    .replace(/\s+/g, ' ')
    .replace(PREFIXES, '');
}

/** Rule 3. */
const NAMES: Readonly<Record<string, string>> = {
  retfq: 'retf',
  retfw: 'retf',
  leavew: 'leave',
  enterw: 'enter',
  pushw: 'push',
  pushfw: 'pushf',
  popfw: 'popf',
  iretw: 'iret',
  movabs: 'mov',
  ljmp: 'jmp',
  lcall: 'call',
  pushfq: 'pushf',
  popfq: 'popf',
  iretd: 'iret',
  xlatb: 'xlat',
  wait: 'fwait',
  fcompi: 'fcomip',
  fucompi: 'fucomip',
  'fneni(8087': 'fneni',
  'fndisi(8087': 'fndisi',
  'fnsetpm(287': 'fnsetpm',
  sal: 'shl',
  ud2b: 'ud1',
  icebp: 'int1',
};
const CARRYLESS = /^(v?pclmul)(?:[lh]q[lh]q)dq$/;
const STRINGS = /^(movs|stos|lods|scas|cmps|ins|outs)[bwdq]$/;

function plainMnemonic(text: string): string {
  const word = plainText(text).split(' ')[0] ?? '';
  const name = (NAMES[word] ?? word).replace(CARRYLESS, '$1qdq');
  return /xmm/.test(text) ? name : name.replace(STRINGS, '$1');
}

/** A line and what we say of it. */
interface Pair {
  readonly line: Line;
  readonly hex: string;
  readonly isBad: boolean;
  readonly text: string;
}

/** Classes of lines where a tool itself says that there is no instruction: it is in a table of constants. */
export const DATA_CLASSES: readonly string[] = ['no instruction for them', 'prefixes on a line of their own'];

/** Differences that are explained; the first that fits counts. */
const CLASSES: readonly (readonly [name: string, fits: (pair: Pair) => boolean])[] = [
  ['no instruction for them', ({ line }) => /\(bad\)|<unknown>|\.byte/.test(line.text)],
  ['prefixes on a line of their own', ({ line }) => plainText(`${line.text} `) === ''],
  ['lock where it is not allowed', ({ line, isBad }) => isBad && /\block\b/.test(line.text)],
  ['mov to cs', ({ line, isBad }) => isBad && /mov\s+cs,/.test(line.text)],
  ['register that does not exist', ({ line, isBad }) => isBad && line.text.includes('?')],
  [
    'vector prefix that does not count',
    ({ hex, isBad }) => isBad && /^(?:26|2e|36|3e|6[4-7]|f[023]|4.)*(?:c[45]|62)/.test(hex),
  ],
  ['80287 only', ({ line, isBad }) => isBad && /287/.test(line.text)],
  ['APX (REX2)', ({ hex, isBad }) => isBad && /^(?:26|2e|36|3e|6[4-7]|f[023])*d5/.test(hex)],
  [
    '66 before a near branch',
    ({ hex }) => /^(?:26|2e|36|3e|6[4-6]|f[23])*66(?:26|2e|36|3e|6[4-6]|f[23]|4.)*(?:e[89b]|0f8|7.|c[23])/.test(hex),
  ],
  ['66 90', ({ hex }) => /6690$/.test(hex)],
  ['90 under REX.W', ({ hex }) => /4[89a-f]90$/.test(hex)],
  [
    'fwait joined with what follows',
    ({ hex, text }) => /^(?:26|2e|36|3e|6[4-7]|f[023])*9b/.test(hex) && text === 'fwait',
  ],
  ['MPX', ({ hex }) => /0f1[ab]/.test(hex)],
];

function classOf(pair: Pair): string | undefined {
  return CLASSES.find(([, fits]) => fits(pair))?.[0];
}

/** Compares lines with what we say at their addresses. */
export function agreementOf(text: Text, lines: readonly Line[]): Agreement {
  const result: Agreement = { lines: 0, bothBad: 0, lengths: new Map(), mnemonics: new Map(), unexplained: [] };
  for (const line of lines) compare(text, line, result);
  return result;
}

function compare(text: Text, line: Line, result: Agreement): void {
  const offset = line.address - text.address;
  const step = { length: 0, flow: 0, target: 0 };
  x86.step(text, offset, step);
  result.lines++;
  const isBad = step.flow === FLOW.bad;
  if (isBad && /\(bad\)|<unknown>|\.byte/.test(line.text)) {
    result.bothBad++;
    return;
  }
  const ours = x86.text(text, offset);
  const isSameLength = step.length === line.size;
  if (isSameLength && plainMnemonic(line.text) === plainMnemonic(ours)) return;
  const hex = Buffer.from(text.code.subarray(offset, offset + line.size)).toString('hex');
  const name = classOf({ line, hex, isBad, text: ours });
  if (name === undefined) result.unexplained.push(`${line.address.toString(16)} ${hex}: ${line.text} | ${ours}`);
  else count(isSameLength ? result.mnemonics : result.lengths, name);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
