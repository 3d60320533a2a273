// C4.1.93 "Branches, Exception Generating and System instructions".

import { CONDITIONS } from '../kinds/system.ts';
import { bits } from './bits.ts';
import { SYSTEM_WITH_REGISTER, SYSTEM_WITHOUT_REGISTER } from './system-names.ts';

const CONDITIONAL = CONDITIONS.flatMap((name, number) => [
  `01010100 imm19 0 ${bits(number, 4)} | !b.${name} | @5.19`,
  `01010100 imm19 1 ${bits(number, 4)} | !bc.${name} | @5.19`,
]).join('\n');

/** Hints with a name of their own, by CRm:op2 (C6.2 "HINT"). */
const HINTS: Readonly<Record<number, string>> = {
  0: 'nop',
  1: 'yield',
  2: 'wfe',
  3: 'wfi',
  4: 'sev',
  5: 'sevl',
  6: 'dgh',
  7: 'xpaclri',
  8: 'pacia1716',
  10: 'pacib1716',
  12: 'autia1716',
  14: 'autib1716',
  16: 'esb',
  17: 'psb csync',
  18: 'tsb csync',
  19: 'gcsb dsync',
  20: 'csdb',
  22: 'clrbhb',
  24: 'paciaz',
  25: 'paciasp',
  26: 'pacibz',
  27: 'pacibsp',
  28: 'autiaz',
  29: 'autiasp',
  30: 'autibz',
  31: 'autibsp',
  32: 'bti',
  34: 'bti landing',
  36: 'bti landing',
  38: 'bti landing',
  39: 'pacm',
  40: 'chkfeat x16',
};

function hintRow([number, name]: readonly [string, string]): string {
  const [mnemonic, operand = ''] = name.split(' ');
  return `11010101000000110010 ${bits(Number(number), 7)} 11111 | !${mnemonic} | ${operand}`;
}

const REGISTER_BRANCHES = [
  ['br', '0000'],
  ['blr', '0001'],
].flatMap(([name, opc]) => [
  `1101011 ${opc} 11111 000000 n 00000 | !${name} | Xn`,
  `1101011 ${opc} 11111 000010 n 11111 | !${name}aaz | Xn`,
  `1101011 ${opc} 11111 000011 n 11111 | !${name}abz | Xn`,
  `1101011 1${opc?.slice(1)} 11111 000010 n d | !${name}aa | Xn Xd.sp`,
  `1101011 1${opc?.slice(1)} 11111 000011 n d | !${name}ab | Xn Xd.sp`,
]);

/** Branches, exceptions, hints, barriers, system registers. */
export const SYSTEM: string = `
${CONDITIONAL}
000101 imm26 | !b | @0.26
100101 imm26 | !bl | @0.26
sf 0110100 imm19 t | !cbz | Rt @5.19
sf 0110101 imm19 t | !cbnz | Rt @5.19
h 0110110 low5 imm14 t | !tbz | Rt.bit #bit @5.14
h 0110111 low5 imm14 t | !tbnz | Rt.bit #bit @5.14
11010100 000 imm16 00001 | !svc | #u5.16~
11010100 000 imm16 00010 | !hvc | #u5.16~
11010100 000 imm16 00011 | !smc | #u5.16~
11010100 001 imm16 00000 | !brk | #u5.16~
11010100 010 imm16 00000 | !hlt | #u5.16~
11010100 011 imm16 00000 | !tcancel | #u5.16
11010100 101 imm16 00001 | !dcps1 | #u5.16~
11010100 101 imm16 00010 | !dcps2 | #u5.16~
11010100 101 imm16 00011 | !dcps3 | #u5.16~
${REGISTER_BRANCHES.join('\n')}
1101011 0010 11111 000000 n 00000 | !ret | Xn
1101011 0010 11111 000010 11111 11111 | !retaa |
1101011 0010 11111 000011 11111 11111 | !retab |
1101011 0100 11111 000000 11111 00000 | !eret |
1101011 0100 11111 000010 11111 11111 | !eretaa |
1101011 0100 11111 000011 11111 11111 | !eretab |
1101011 0101 11111 000000 11111 00000 | !drps |
11010101000000110001 0000000 t | !wfet | Xt
11010101000000110001 0000001 t | !wfit | Xt
11010101000000110010 imm7 11111 | !hint | #u5.7
11010101000000110011 crm4 010 11111 | !clrex | #u8.4
11010101000000110011 crm4 100 11111 | !dsb | barrier
11010101000000110011 imm2 10 001 11111 | !dsb | barrier-nxs
11010101000000110011 crm4 101 11111 | !dmb | barrier
11010101000000110011 crm4 110 11111 | !isb | #u8.4%
11010101000000110011 xxxx 111 11111 | !sb |
11010101000000110011 0000 011 11111 | !tcommit |
1101010100000 000 0100 0000 000 11111 | !cfinv |
1101010100000 000 0100 xxxx 001 11111 | !xaflag |
1101010100000 000 0100 xxxx 010 11111 | !axflag |
1101010100000 op3 0100 crm4 op3 11111 | !msr | state-field state-value
11010101000000110100 0010 011 11111 | !smstop | sm
11010101000000110100 0011 011 11111 | !smstart | sm
11010101000000110100 0100 011 11111 | !smstop | za
11010101000000110100 0101 011 11111 | !smstart | za
11010101000000110100 0110 011 11111 | !smstop |
11010101000000110100 0111 011 11111 | !smstart |
1101010100 0 01 op3 crn4 crm4 op3 t | !sys | #u16.3 crn crm #u5.3 Xt
1101010100 1 01 op3 crn4 crm4 op3 t | sysl | Xt #u16.3 crn crm #u5.3
1101010100 0 1 o op3 crn4 crm4 op3 t | !msr | msr Xt
1101010100 1 1 o op3 crn4 crm4 op3 t | mrs | Xt mrs
1101010100 1 00 011 0011 0000 011 t | tstart | Xt
1101010100 1 00 011 0011 0001 011 t | ttest | Xt
`;

function systemRow(item: string, tail: string): string {
  const [mnemonic, operation] = item.slice(4).split('.');
  const word = operation === undefined ? '' : `word:${operation}`;
  return `1101010100 0 01 ${bits(Number.parseInt(item.slice(0, 4), 16), 14)} ${tail.replace('MNEMONIC', mnemonic ?? '').replace('WORD', word)}`;
}

const items = (list: string) => list.trim().split(/\s+/);

/** Their other names. */
export const SYSTEM_ALIASES: string = `
1101011 0010 11111 000000 11110 00000 | !ret |
11010100 101 0000000000000000 00001 | !dcps1 |
11010100 101 0000000000000000 00010 | !dcps2 |
11010100 101 0000000000000000 00011 | !dcps3 |
${Object.entries(HINTS).map(hintRow).join('\n')}
11010101000000110011 1111 010 11111 | !clrex |
11010101000000110011 1111 110 11111 | !isb |
11010101000000110011 1100 100 11111 | !dfb |
1101010100 0 01 000 0111 0111 100 11111 | !gcspushx |
1101010100 0 01 000 0111 0111 101 11111 | !gcspopcx |
1101010100 0 01 000 0111 0111 110 11111 | !gcspopx |
11010101000000110011 0000 100 11111 | !ssbb |
11010101000000110011 0100 100 11111 | !pssbb |
${items(SYSTEM_WITH_REGISTER)
  .map((item) => systemRow(item, 't | !MNEMONIC | WORD Xt'))
  .join('\n')}
${items(SYSTEM_WITHOUT_REGISTER)
  .map((item) => systemRow(item, '11111 | !MNEMONIC | WORD'))
  .join('\n')}
1101010100 1 01 011 0111 0111 001 t | gcspopm | Xt
1101010100 1 01 011 0111 0111 011 t | gcsss2 | Xt
1101010100 0 01 op3 crn4 crm4 op3 11111 | !sys | #u16.3 crn crm #u5.3
`;
