// C4.1.96, the scalar floating-point part.

import { bits } from './bits.ts';

const ONE_SOURCE = 'fmov fabs fneg fsqrt . . . . frintn frintp frintm frintz frinta . frintx frinti'.split(' ');
const TWO_SOURCES = 'fmul fdiv fadd fsub fmax fmin fmaxnm fminnm fnmul'.split(' ');

/** Conversions between a general and a scalar register: rmode and opcode. */
const CONVERSIONS = [
  ['00000', 'fcvtns'],
  ['00001', 'fcvtnu'],
  ['00100', 'fcvtas'],
  ['00101', 'fcvtau'],
  ['01000', 'fcvtps'],
  ['01001', 'fcvtpu'],
  ['10000', 'fcvtms'],
  ['10001', 'fcvtmu'],
  ['11000', 'fcvtzs'],
  ['11001', 'fcvtzu'],
];

/** Floating-point encodings of scalar registers. */
export const FLOAT: string = `
${ONE_SOURCE.map((name, opcode) => (name === '.' ? '' : `00011110 type2 1 ${bits(opcode, 6)} 10000 n d | ${name} | Fd Fn`)).join('\n')}
00011110 01 1 000100 10000 n d | fcvt | Sd Dn
00011110 11 1 000100 10000 n d | fcvt | Sd Hn
00011110 00 1 000101 10000 n d | fcvt | Dd Sn
00011110 11 1 000101 10000 n d | fcvt | Dd Hn
00011110 00 1 000111 10000 n d | fcvt | Hd Sn
00011110 01 1 000111 10000 n d | fcvt | Hd Dn
00011110 01 1 000110 10000 n d | bfcvt | Hd Sn
${['frint32z', 'frint32x', 'frint64z', 'frint64x'].map((name, opcode) => `00011110 0 sz 1 0100 ${bits(opcode, 2)} 10000 n d | ${name} | Fd Fn`).join('\n')}
${TWO_SOURCES.map((name, opcode) => `00011110 type2 1 m ${bits(opcode, 4)} 10 n d | ${name} | Fd Fn Fm`).join('\n')}
00011111 type2 0 m 0 a n d | fmadd | Fd Fn Fm Fa
00011111 type2 0 m 1 a n d | fmsub | Fd Fn Fm Fa
00011111 type2 1 m 0 a n d | fnmadd | Fd Fn Fm Fa
00011111 type2 1 m 1 a n d | fnmsub | Fd Fn Fm Fa
00011110 type2 1 m 001000 n 00000 | !fcmp | Fn Fm
00011110 type2 1 m 001000 n 10000 | !fcmpe | Fn Fm
00011110 type2 1 xxxxx 001000 n 01000 | !fcmp | Fn #0.0
00011110 type2 1 xxxxx 001000 n 11000 | !fcmpe | Fn #0.0
00011110 type2 1 imm8 100 00000 d | fmov | Fd #float
00011110 type2 1 m cond4 01 n 0 nzcv4 | !fccmp | Fn Fm #u0.4 condition
00011110 type2 1 m cond4 01 n 1 nzcv4 | !fccmpe | Fn Fm #u0.4 condition
00011110 type2 1 m cond4 11 n d | fcsel | Fd Fn Fm condition
sf 0011110 type2 0 00 010 scale6 n d | scvtf | Fd Rn #fraction
sf 0011110 type2 0 00 011 scale6 n d | ucvtf | Fd Rn #fraction
sf 0011110 type2 0 11 000 scale6 n d | fcvtzs | Rd Fn #fraction
sf 0011110 type2 0 11 001 scale6 n d | fcvtzu | Rd Fn #fraction
${CONVERSIONS.map(([opcode, name]) => `sf 0011110 type2 1 ${opcode} 000000 n d | ${name} | Rd Fn`).join('\n')}
sf 0011110 type2 1 00010 000000 n d | scvtf | Fd Rn
sf 0011110 type2 1 00011 000000 n d | ucvtf | Fd Rn
0 0011110 00 1 00110 000000 n d | fmov | Wd Sn
0 0011110 00 1 00111 000000 n d | fmov | Sd Wn
1 0011110 01 1 00110 000000 n d | fmov | Xd Dn
1 0011110 01 1 00111 000000 n d | fmov | Dd Xn
1 0011110 10 1 01110 000000 n d | fmov | Xd Vn.d[1]
1 0011110 10 1 01111 000000 n d | +fmov | Vd.d[1] Xn
sf 0011110 11 1 00110 000000 n d | fmov | Rd Hn
sf 0011110 11 1 00111 000000 n d | fmov | Hd Rn
0 0011110 01 1 11110 000000 n d | fjcvtzs | Wd Dn
`;
