// C4.1.95 "Data Processing -- Register".

import { bits } from './bits.ts';

const CRC = ['crc32b', 'crc32h', 'crc32w', 'crc32x', 'crc32cb', 'crc32ch', 'crc32cw', 'crc32cx'];

const AUTHENTICATE = ['pacia', 'pacib', 'pacda', 'pacdb', 'autia', 'autib', 'autda', 'autdb'];

const LOGICAL = [
  ['00', '0', 'and'],
  ['00', '1', 'bic'],
  ['01', '0', 'orr'],
  ['01', '1', 'orn'],
  ['10', '0', 'eor'],
  ['10', '1', 'eon'],
  ['11', '0', 'ands'],
  ['11', '1', 'bics'],
].flatMap(([opc, n, name]) => [
  `1 ${opc} 01010 type2 ${n} m imm6 n d | ${name} | Rd Rn Rm.rotate`,
  `0 ${opc} 01010 type2 ${n} m 0 imm5 n d | ${name} | Rd Rn Rm.rotate`,
]);

/** Rows of arithmetic for both widths and the shift types it has: `lsl` and `lsr` (bit 23 clear), and `asr`. */
const shifted = (opc: string, middle: string, rest: string) =>
  ['0 t1 shift', '10 asr'].flatMap((text) => {
    const kind = text.slice(text.lastIndexOf(' ') + 1);
    const type = text.slice(0, text.lastIndexOf(' '));
    const operands = rest.replace('SHIFTED', `Rm.${kind}`);
    return [
      `1 ${opc} 01011 ${type} 0 ${middle.replace('AMOUNT', 'imm6')} ${operands}`,
      `0 ${opc} 01011 ${type} 0 ${middle.replace('AMOUNT', '0 imm5')} ${operands}`,
    ];
  });

const ARITHMETIC = [
  ['00', 'add', 'Rd.sp'],
  ['01', 'adds', 'Rd'],
  ['10', 'sub', 'Rd.sp'],
  ['11', 'subs', 'Rd'],
].flatMap(([opc, name, extended]) => [
  ...shifted(opc ?? '', 'm AMOUNT', `n d | ${name} | Rd Rn SHIFTED`),
  `sf ${opc} 01011 00 1 m option3 imm3 n d | ${name} | ${extended} Rn.sp Rm.extend`,
]);

/** Encodings whose sources are general registers. */
export const REGISTER: string = `
sf 0 0 11010110 m 000010 n d | udiv | Rd Rn Rm
sf 0 0 11010110 m 000011 n d | sdiv | Rd Rn Rm
sf 0 0 11010110 m 001000 n d | lslv | Rd Rn Rm
sf 0 0 11010110 m 001001 n d | lsrv | Rd Rn Rm
sf 0 0 11010110 m 001010 n d | asrv | Rd Rn Rm
sf 0 0 11010110 m 001011 n d | rorv | Rd Rn Rm
${CRC.map((name, opcode) => `${opcode % 4 === 3 ? 1 : 0} 0 0 11010110 m 010 ${bits(opcode, 3)} n d | ${name} | Wd Wn ${opcode % 4 === 3 ? 'Xm' : 'Wm'}`).join('\n')}
sf 0 0 11010110 m 011000 n d | smax | Rd Rn Rm
sf 0 0 11010110 m 011001 n d | umax | Rd Rn Rm
sf 0 0 11010110 m 011010 n d | smin | Rd Rn Rm
sf 0 0 11010110 m 011011 n d | umin | Rd Rn Rm
1 0 0 11010110 m 000000 n d | subp | Xd Xn.sp Xm.sp
1 0 1 11010110 m 000000 n d | subps | Xd Xn.sp Xm.sp
1 0 0 11010110 m 000100 n d | irg | Xd.sp Xn.sp Xm
1 0 0 11010110 m 000101 n d | gmi | Xd Xn.sp Xm
1 0 0 11010110 m 001100 n d | pacga | Xd Xn Xm.sp
sf 1 0 11010110 00000 000000 n d | rbit | Rd Rn
sf 1 0 11010110 00000 000001 n d | rev16 | Rd Rn
0 1 0 11010110 00000 000010 n d | rev | Wd Wn
1 1 0 11010110 00000 000010 n d | rev32 | Xd Xn
1 1 0 11010110 00000 000011 n d | rev | Xd Xn
sf 1 0 11010110 00000 000100 n d | clz | Rd Rn
sf 1 0 11010110 00000 000101 n d | cls | Rd Rn
sf 1 0 11010110 00000 000110 n d | ctz | Rd Rn
sf 1 0 11010110 00000 000111 n d | cnt | Rd Rn
sf 1 0 11010110 00000 001000 n d | abs | Rd Rn
${AUTHENTICATE.map(
  (name, opcode) => `1 1 0 11010110 00001 000 ${bits(opcode, 3)} n d | +${name} | Xd Xn.sp
1 1 0 11010110 00001 001 ${bits(opcode, 3)} 11111 d | +${name.replace(/.$/, (key) => `z${key}`)} | Xd`,
).join('\n')}
1 1 0 11010110 00001 010000 11111 d | +xpaci | Xd
1 1 0 11010110 00001 010001 11111 d | +xpacd | Xd
${LOGICAL.join('\n')}
${ARITHMETIC.join('\n')}
sf 0 0 11010000 m 000000 n d | adc | Rd Rn Rm
sf 0 1 11010000 m 000000 n d | adcs | Rd Rn Rm
sf 1 0 11010000 m 000000 n d | sbc | Rd Rn Rm
sf 1 1 11010000 m 000000 n d | sbcs | Rd Rn Rm
1 0 0 11010000 m 001 imm3 n d | addpt | Xd.sp Xn.sp Xm.pt
1 1 0 11010000 m 001 imm3 n d | subpt | Xd.sp Xn.sp Xm.pt
1 0 1 11010000 imm6 00001 n 0 mask4 | !rmif | Xn #u15.6 #u0.4
0 0 1 11010000 000000 0 0010 n 0 1101 | !setf8 | Wn
0 0 1 11010000 000000 1 0010 n 0 1101 | !setf16 | Wn
sf 0 1 11010010 m cond4 0 0 n 0 nzcv4 | !ccmn | Rn Rm #u0.4 condition
sf 0 1 11010010 imm5 cond4 1 0 n 0 nzcv4 | !ccmn | Rn #u16.5 #u0.4 condition
sf 1 1 11010010 m cond4 0 0 n 0 nzcv4 | !ccmp | Rn Rm #u0.4 condition
sf 1 1 11010010 imm5 cond4 1 0 n 0 nzcv4 | !ccmp | Rn #u16.5 #u0.4 condition
sf 0 0 11010100 m cond4 0 0 n d | csel | Rd Rn Rm condition
sf 0 0 11010100 m cond4 0 1 n d | csinc | Rd Rn Rm condition
sf 1 0 11010100 m cond4 0 0 n d | csinv | Rd Rn Rm condition
sf 1 0 11010100 m cond4 0 1 n d | csneg | Rd Rn Rm condition
sf 00 11011 000 m 0 a n d | madd | Rd Rn Rm Ra
sf 00 11011 000 m 1 a n d | msub | Rd Rn Rm Ra
1 00 11011 001 m 0 a n d | smaddl | Xd Wn Wm Xa
1 00 11011 001 m 1 a n d | smsubl | Xd Wn Wm Xa
1 00 11011 010 m 0 yyyyy n d | smulh | Xd Xn Xm
1 00 11011 011 m 0 a n d | maddpt | Xd Xn Xm Xa
1 00 11011 011 m 1 a n d | msubpt | Xd Xn Xm Xa
1 00 11011 101 m 0 a n d | umaddl | Xd Wn Wm Xa
1 00 11011 101 m 1 a n d | umsubl | Xd Wn Wm Xa
1 00 11011 110 m 0 yyyyy n d | umulh | Xd Xn Xm
`;

/** Their other names. */
export const REGISTER_ALIASES: string = `
sf 0 0 11010110 m 001000 n d | lsl | Rd Rn Rm
sf 0 0 11010110 m 001001 n d | lsr | Rd Rn Rm
sf 0 0 11010110 m 001010 n d | asr | Rd Rn Rm
sf 0 0 11010110 m 001011 n d | ror | Rd Rn Rm
1 0 0 11010110 11111 000100 n d | irg | Xd.sp Xn.sp
1 01 01010 00 0 m 000000 11111 d | mov | Xd Xm
0 01 01010 00 0 m 000000 11111 d | mov | Wd Wm
1 01 01010 type2 1 m imm6 11111 d | mvn | Rd Rm.rotate
0 01 01010 type2 1 m 0 imm5 11111 d | mvn | Rd Rm.rotate
1 11 01010 type2 0 m imm6 n 11111 | !tst | Rn Rm.rotate
0 11 01010 type2 0 m 0 imm5 n 11111 | !tst | Rn Rm.rotate
${shifted('01', 'm AMOUNT', 'n 11111 | !cmn | Rn SHIFTED').join('\n')}
${shifted('11', 'm AMOUNT', 'n 11111 | !cmp | Rn SHIFTED').join('\n')}
${shifted('10', 'm AMOUNT', '11111 d | neg | Rd SHIFTED').join('\n')}
${shifted('11', 'm AMOUNT', '11111 d | negs | Rd SHIFTED').join('\n')}
sf 01 01011 00 1 m option3 imm3 n 11111 | !cmn | Rn.sp Rm.extend
sf 11 01011 00 1 m option3 imm3 n 11111 | !cmp | Rn.sp Rm.extend
sf 1 0 11010000 m 000000 11111 d | ngc | Rd Rm
sf 1 1 11010000 m 000000 11111 d | ngcs | Rd Rm
sf 0 0 11010100 11111 cond4 0 1 11111 d | cset | Rd condition! ? cset
sf 0 0 11010100 m cond4 0 1 n d | cinc | Rd Rn=m condition! ? cinc
sf 1 0 11010100 11111 cond4 0 0 11111 d | csetm | Rd condition! ? cset
sf 1 0 11010100 m cond4 0 0 n d | cinv | Rd Rn=m condition! ? cinc
sf 1 0 11010100 m cond4 0 1 n d | cneg | Rd Rn=m condition! ? cneg
sf 00 11011 000 m 0 11111 n d | mul | Rd Rn Rm
sf 00 11011 000 m 1 11111 n d | mneg | Rd Rn Rm
1 00 11011 001 m 0 11111 n d | smull | Xd Wn Wm
1 00 11011 001 m 1 11111 n d | smnegl | Xd Wn Wm
1 00 11011 101 m 0 11111 n d | umull | Xd Wn Wm
1 00 11011 101 m 1 11111 n d | umnegl | Xd Wn Wm
`;
