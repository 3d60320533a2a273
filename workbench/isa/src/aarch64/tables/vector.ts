// C4.1.96 "Data Processing -- Scalar Floating-Point and Advanced SIMD": vectors. Rows that differ in one field only are made by
// the functions; each names the table of the manual it stands for.

import { bits } from './bits.ts';

/** `name operands` lines by opcode; `.` in front of a name is left to the reader as the role marks of encoding.ts. */
type Ops = Readonly<Record<string, string>>;

function each(ops: Ops, row: (opcode: string, name: string, rest: string) => string): string {
  return Object.entries(ops)
    .map(([opcode, text]) => {
      const [name = '', ...rest] = text.split(' ');
      return row(opcode, name, rest.join(' '));
    })
    .join('\n');
}

// "Advanced SIMD three same": sizes after the name.
const SAME_SIGNED: Ops = {
  '00000': 'shadd bhs',
  '00001': 'sqadd bhsd',
  '00010': 'srhadd bhs',
  '00100': 'shsub bhs',
  '00101': 'sqsub bhsd',
  '00110': 'cmgt bhsd',
  '00111': 'cmge bhsd',
  '01000': 'sshl bhsd',
  '01001': 'sqshl bhsd',
  '01010': 'srshl bhsd',
  '01011': 'sqrshl bhsd',
  '01100': 'smax bhs',
  '01101': 'smin bhs',
  '01110': 'sabd bhs',
  '01111': '+saba bhs',
  '10000': 'add bhsd',
  '10001': 'cmtst bhsd',
  '10010': '+mla bhs',
  '10011': 'mul bhs',
  '10100': 'smaxp bhs',
  '10101': 'sminp bhs',
  '10110': 'sqdmulh hs',
  '10111': 'addp bhsd',
};
const SAME_UNSIGNED: Ops = {
  '00000': 'uhadd bhs',
  '00001': 'uqadd bhsd',
  '00010': 'urhadd bhs',
  '00100': 'uhsub bhs',
  '00101': 'uqsub bhsd',
  '00110': 'cmhi bhsd',
  '00111': 'cmhs bhsd',
  '01000': 'ushl bhsd',
  '01001': 'uqshl bhsd',
  '01010': 'urshl bhsd',
  '01011': 'uqrshl bhsd',
  '01100': 'umax bhs',
  '01101': 'umin bhs',
  '01110': 'uabd bhs',
  '01111': '+uaba bhs',
  '10000': 'sub bhsd',
  '10001': 'cmeq bhsd',
  '10010': '+mls bhs',
  '10100': 'umaxp bhs',
  '10101': 'uminp bhs',
  '10110': 'sqrdmulh hs',
};

function same(u: number, ops: Ops): string {
  return each(
    ops,
    (opcode, name, sizes) => `0 Q ${u} 01110 size2 1 m ${opcode} 1 n d | ${name} | Vd.${sizes} Vn.${sizes} Vm.${sizes}`,
  );
}

// Floating point of the same table, by U, a (bit 23) and opcode; half precision has its own table with the low three opcode bits.
const SAME_FLOAT: Ops = {
  '0 0 000': 'fmaxnm',
  '0 0 001': '+fmla',
  '0 0 010': 'fadd',
  '0 0 011': 'fmulx',
  '0 0 100': 'fcmeq',
  '0 0 110': 'fmax',
  '0 0 111': 'frecps',
  '0 1 000': 'fminnm',
  '0 1 001': '+fmls',
  '0 1 010': 'fsub',
  '0 1 011': 'famax',
  '0 1 110': 'fmin',
  '0 1 111': 'frsqrts',
  '1 0 000': 'fmaxnmp',
  '1 0 010': 'faddp',
  '1 0 011': 'fmul',
  '1 0 100': 'fcmge',
  '1 0 101': 'facge',
  '1 0 110': 'fmaxp',
  '1 0 111': 'fdiv',
  '1 1 000': 'fminnmp',
  '1 1 010': 'fabd',
  '1 1 011': 'famin',
  '1 1 100': 'fcmgt',
  '1 1 101': 'facgt',
  '1 1 110': 'fminp',
  '1 1 111': 'fscale',
};
const sameFloat = each(SAME_FLOAT, (code, name) => {
  const [u, a, opcode] = code.split(' ');
  return `0 Q ${u} 01110 ${a} sz 1 m 11${opcode} 1 n d | ${name} | Vd.f Vn.f Vm.f
0 Q ${u} 01110 ${a} 10 m 00${opcode} 1 n d | ${name} | Vd.h Vn.h Vm.h`;
});

const LOGICAL = ['0 00 and', '0 01 bic', '0 10 orr', '0 11 orn', '1 00 eor', '1 01 +bsl', '1 10 +bit', '1 11 +bif'].map(
  (text) => {
    const [u, size, name] = text.split(' ');
    return `0 Q ${u} 01110 ${size} 1 m 00011 1 n d | ${name} | Vd.b Vn.b Vm.b`;
  },
);

// "Advanced SIMD three same extra", dot products and matrix products.
const EXTRA = `
0 Q 0 01110 10 0 m 10010 1 n d | +sdot | Vd.s Vn.b Vm.b
0 Q 1 01110 10 0 m 10010 1 n d | +udot | Vd.s Vn.b Vm.b
0 Q 0 01110 10 0 m 10011 1 n d | +usdot | Vd.s Vn.b Vm.b
0 Q 1 01110 size2 0 m 10000 1 n d | +sqrdmlah | Vd.hs Vn.hs Vm.hs
0 Q 1 01110 size2 0 m 10001 1 n d | +sqrdmlsh | Vd.hs Vn.hs Vm.hs
0 Q 1 01110 size2 0 m 110 rot2 1 n d | +fcmla | Vd.hsd Vn.hsd Vm.hsd #rotate11
0 Q 1 01110 size2 0 m 111 r 0 1 n d | fcadd | Vd.hsd Vn.hsd Vm.hsd #rotate12
0 Q 1 01110 01 0 m 11111 1 n d | +bfdot | Vd.s Vn.h Vm.h
0 1 1 01110 01 0 m 11101 1 n d | +bfmmla | Vd.4s Vn.8h Vm.8h
0 0 1 01110 11 0 m 11111 1 n d | +bfmlalb | Vd.4s Vn.8h Vm.8h
0 1 1 01110 11 0 m 11111 1 n d | +bfmlalt | Vd.4s Vn.8h Vm.8h
0 1 0 01110 10 0 m 10100 1 n d | +smmla | Vd.4s Vn.16b Vm.16b
0 1 1 01110 10 0 m 10100 1 n d | +ummla | Vd.4s Vn.16b Vm.16b
0 1 0 01110 10 0 m 10101 1 n d | +usmmla | Vd.4s Vn.16b Vm.16b
0 0 0 01110 00 1 m 11101 1 n d | +fmlal | Vd.2s Vn.2h Vm.2h
0 1 0 01110 00 1 m 11101 1 n d | +fmlal | Vd.4s Vn.4h Vm.4h
0 0 0 01110 10 1 m 11101 1 n d | +fmlsl | Vd.2s Vn.2h Vm.2h
0 1 0 01110 10 1 m 11101 1 n d | +fmlsl | Vd.4s Vn.4h Vm.4h
0 0 1 01110 00 1 m 11001 1 n d | +fmlal2 | Vd.2s Vn.2h Vm.2h
0 1 1 01110 00 1 m 11001 1 n d | +fmlal2 | Vd.4s Vn.4h Vm.4h
0 0 1 01110 10 1 m 11001 1 n d | +fmlsl2 | Vd.2s Vn.2h Vm.2h
0 1 1 01110 10 1 m 11001 1 n d | +fmlsl2 | Vd.4s Vn.4h Vm.4h
0 Q 1 01110 00 1 m 10011 1 n d | pmul | Vd.b Vn.b Vm.b`;

// "Advanced SIMD three different": l long, w wide, n narrow; the name with `2` takes the upper halves.
const DIFFERENT: Ops = {
  '0 0000': 'saddl l',
  '0 0001': 'saddw w',
  '0 0010': 'ssubl l',
  '0 0011': 'ssubw w',
  '0 0100': 'addhn n',
  '0 0101': '+sabal l',
  '0 0110': 'subhn n',
  '0 0111': 'sabdl l',
  '0 1000': '+smlal l',
  '0 1001': '+sqdmlal q',
  '0 1010': '+smlsl l',
  '0 1011': '+sqdmlsl q',
  '0 1100': 'smull l',
  '0 1101': 'sqdmull q',
  '1 0000': 'uaddl l',
  '1 0001': 'uaddw w',
  '1 0010': 'usubl l',
  '1 0011': 'usubw w',
  '1 0100': 'raddhn n',
  '1 0101': '+uabal l',
  '1 0110': 'rsubhn n',
  '1 0111': 'uabdl l',
  '1 1000': '+umlal l',
  '1 1010': '+umlsl l',
  '1 1100': 'umull l',
};
const SHAPES: Ops = {
  l: 'Vd.wide Vn.bhs Vm.bhs',
  w: 'Vd.wide Vn.wide Vm.bhs',
  n: 'Vd.bhs Vn.wide Vm.wide',
  q: 'Vd.wide Vn.hs Vm.hs',
};
/** Rows for Q = 0, and for Q = 1 with `2` behind the name; a narrow result keeps the lower half. */
function halves(row: (q: number, name: string) => string, name: string): string {
  const upper = row(1, `${name}2`);
  return `${row(0, name)}\n${/^sqxt|^uqxt|^xtn|hn|shrn|shrun|fcvtn|fcvtxn/.test(name) ? upper.replace(`| ${name}2`, `| +${name}2`) : upper}`;
}
const different = each(DIFFERENT, (code, name, shape) => {
  const [u, opcode] = code.split(' ');
  return halves((q, full) => `0 ${q} ${u} 01110 size2 1 m ${opcode} 00 n d | ${full} | ${SHAPES[shape]}`, name);
});
const POLYNOMIAL = ['00 8h b', '11 1q d']
  .map((text) => text.split(' '))
  .map(([size, wide, narrow]) =>
    halves(
      (q, name) => `0 ${q} 0 01110 ${size} 1 m 1110 00 n d | ${name} | Vd.${wide} Vn.${narrow} Vm.${narrow}`,
      'pmull',
    ),
  );

// "Advanced SIMD two-register miscellaneous".
const MISCELLANEOUS: Ops = {
  '0 00000': 'rev64 Vd.bhs Vn.bhs',
  '0 00010': 'saddlp Vd.pair Vn.bhs',
  '0 00011': '+suqadd Vd.bhsd Vn.bhsd',
  '0 00100': 'cls Vd.bhs Vn.bhs',
  '0 00110': '+sadalp Vd.pair Vn.bhs',
  '0 00111': 'sqabs Vd.bhsd Vn.bhsd',
  '0 01000': 'cmgt Vd.bhsd Vn.bhsd #0',
  '0 01001': 'cmeq Vd.bhsd Vn.bhsd #0',
  '0 01010': 'cmlt Vd.bhsd Vn.bhsd #0',
  '0 01011': 'abs Vd.bhsd Vn.bhsd',
  '1 00000': 'rev32 Vd.bh Vn.bh',
  '1 00010': 'uaddlp Vd.pair Vn.bhs',
  '1 00011': '+usqadd Vd.bhsd Vn.bhsd',
  '1 00100': 'clz Vd.bhs Vn.bhs',
  '1 00110': '+uadalp Vd.pair Vn.bhs',
  '1 00111': 'sqneg Vd.bhsd Vn.bhsd',
  '1 01000': 'cmge Vd.bhsd Vn.bhsd #0',
  '1 01001': 'cmle Vd.bhsd Vn.bhsd #0',
  '1 01011': 'neg Vd.bhsd Vn.bhsd',
};
const miscellaneous = each(MISCELLANEOUS, (code, name, operands) => {
  const [u, opcode] = code.split(' ');
  return `0 Q ${u} 01110 size2 10000 ${opcode} 10 n d | ${name} | ${operands}`;
});
const NARROWING: Ops = { '0 10010': 'xtn', '0 10100': 'sqxtn', '1 10010': 'sqxtun', '1 10100': 'uqxtn' };
const narrowing = each(NARROWING, (code, name) => {
  const [u, opcode] = code.split(' ');
  return halves((q, full) => `0 ${q} ${u} 01110 size2 10000 ${opcode} 10 n d | ${full} | Vd.bhs Vn.wide`, name);
});
const MISCELLANEOUS_FIXED = `
0 Q 0 01110 00 10000 00001 10 n d | rev16 | Vd.b Vn.b
0 Q 0 01110 00 10000 00101 10 n d | cnt | Vd.b Vn.b
0 Q 1 01110 00 10000 00101 10 n d | mvn | Vd.b Vn.b
0 Q 1 01110 01 10000 00101 10 n d | rbit | Vd.b Vn.b
${['8h b #8', '4s h #16', '2d s #32']
  .map((text, size) => text.split(' ').concat(bits(size, 2)))
  .map(([wide, narrow, shift, size]) =>
    halves(
      (q, name) => `0 ${q} 1 01110 ${size} 10000 10011 10 n d | ${name} | Vd.${wide} Vn.${narrow} ${shift}`,
      'shll',
    ),
  )
  .join('\n')}
${halves((q, name) => `0 ${q} 0 01110 00 10000 10110 10 n d | ${name} | Vd.h Vn.4s`, 'fcvtn')}
${halves((q, name) => `0 ${q} 0 01110 01 10000 10110 10 n d | ${name} | Vd.s Vn.2d`, 'fcvtn')}
${halves((q, name) => `0 ${q} 0 01110 00 10000 10111 10 n d | ${name} | Vd.4s Vn.h`, 'fcvtl')}
${halves((q, name) => `0 ${q} 0 01110 01 10000 10111 10 n d | ${name} | Vd.2d Vn.s`, 'fcvtl')}
${halves((q, name) => `0 ${q} 1 01110 01 10000 10110 10 n d | ${name} | Vd.s Vn.2d`, 'fcvtxn')}
${halves((q, name) => `0 ${q} 0 01110 10 10000 10110 10 n d | ${name} | Vd.h Vn.4s`, 'bfcvtn')}
0 Q 0 01110 10 10000 11100 10 n d | urecpe | Vd.s Vn.s
0 Q 1 01110 10 10000 11100 10 n d | ursqrte | Vd.s Vn.s
0 Q 0 01110 0 sz 10000 11110 10 n d | frint32z | Vd.f Vn.f
0 Q 0 01110 0 sz 10000 11111 10 n d | frint64z | Vd.f Vn.f
0 Q 1 01110 0 sz 10000 11110 10 n d | frint32x | Vd.f Vn.f
0 Q 1 01110 0 sz 10000 11111 10 n d | frint64x | Vd.f Vn.f`;

/** Floating point, by U, a and opcode: vectors of single, double and half precision, and for some also scalars (S behind). */
const FLOAT_ONE: Ops = {
  '0 0 11000': 'frintn',
  '0 0 11001': 'frintm',
  '0 0 11010': 'fcvtns S',
  '0 0 11011': 'fcvtms S',
  '0 0 11100': 'fcvtas S',
  '0 0 11101': 'scvtf S',
  '0 1 01100': 'fcmgt S #0.0',
  '0 1 01101': 'fcmeq S #0.0',
  '0 1 01110': 'fcmlt S #0.0',
  '0 1 01111': 'fabs',
  '0 1 11000': 'frintp',
  '0 1 11001': 'frintz',
  '0 1 11010': 'fcvtps S',
  '0 1 11011': 'fcvtzs S',
  '0 1 11101': 'frecpe S',
  '1 0 11000': 'frinta',
  '1 0 11001': 'frintx',
  '1 0 11010': 'fcvtnu S',
  '1 0 11011': 'fcvtmu S',
  '1 0 11100': 'fcvtau S',
  '1 0 11101': 'ucvtf S',
  '1 1 01100': 'fcmge S #0.0',
  '1 1 01101': 'fcmle S #0.0',
  '1 1 01111': 'fneg',
  '1 1 11001': 'frinti',
  '1 1 11010': 'fcvtpu S',
  '1 1 11011': 'fcvtzu S',
  '1 1 11101': 'frsqrte S',
  '1 1 11111': 'fsqrt',
};
const floatOne = each(FLOAT_ONE, (code, name, rest) => {
  const [u, a, opcode] = code.split(' ');
  const zero = rest.replace('S', '').trim();
  const scalar = rest.startsWith('S')
    ? `
01 ${u} 11110 ${a} sz 10000 ${opcode} 10 n d | ${name} | Cd.f Cn.f ${zero}
01 ${u} 11110 ${a} 111100 ${opcode} 10 n d | ${name} | Hd Hn ${zero}`
    : '';
  return `0 Q ${u} 01110 ${a} sz 10000 ${opcode} 10 n d | ${name} | Vd.f Vn.f ${zero}
0 Q ${u} 01110 ${a} 111100 ${opcode} 10 n d | ${name} | Vd.h Vn.h ${zero}${scalar}`;
});

// "Advanced SIMD across lanes".
const ACROSS = `
0 Q 0 01110 size2 11000 00011 10 n d | saddlv | Cd.wide Vn.across
0 Q 0 01110 size2 11000 01010 10 n d | smaxv | Cd.bhs Vn.across
0 Q 0 01110 size2 11000 11010 10 n d | sminv | Cd.bhs Vn.across
0 Q 0 01110 size2 11000 11011 10 n d | addv | Cd.bhs Vn.across
0 Q 1 01110 size2 11000 00011 10 n d | uaddlv | Cd.wide Vn.across
0 Q 1 01110 size2 11000 01010 10 n d | umaxv | Cd.bhs Vn.across
0 Q 1 01110 size2 11000 11010 10 n d | uminv | Cd.bhs Vn.across
${['fmaxnmv 0 01100', 'fminnmv 1 01100', 'fmaxv 0 01111', 'fminv 1 01111']
  .map((text) => text.split(' '))
  .map(
    ([name, a, opcode]) => `0 Q 0 01110 ${a}0 11000 ${opcode} 10 n d | ${name} | Hd Vn.h
0 1 1 01110 ${a}0 11000 ${opcode} 10 n d | ${name} | Sd Vn.4s`,
  )
  .join('\n')}`;

// "Advanced SIMD copy", "permute", "table lookup", "extract".
const COPY = `
0 Q 0 01110000 imm5 0 0000 1 n d | dup | Vd.imm5 In.bhsd
0 Q 0 01110000 xxxx1 0 0001 1 n d | dup | Vd.imm5 Wn
0 Q 0 01110000 xxx10 0 0001 1 n d | dup | Vd.imm5 Wn
0 Q 0 01110000 xx100 0 0001 1 n d | dup | Vd.imm5 Wn
0 1 0 01110000 x1000 0 0001 1 n d | dup | Vd.imm5 Xn
0 0 0 01110000 imm5 0 0101 1 n d | smov | Wd In.bh
0 1 0 01110000 imm5 0 0101 1 n d | smov | Xd In.bhs
0 0 0 01110000 imm5 0 0111 1 n d | umov | Wd In.bhs
0 1 0 01110000 imm5 0 0111 1 n d | umov | Xd In.d
0 1 0 01110000 imm5 0 0011 1 n d | +mov | Id.bhs Wn
0 1 0 01110000 imm5 0 0011 1 n d | +mov | Id.d Xn
0 1 1 01110000 imm5 0 imm4 1 n d | +mov | Id.bhsd Vn.imm4
01 0 11110000 imm5 0 0000 1 n d | mov | Cd.imm5 In.bhsd`;
const PERMUTE = ['001 uzp1', '010 trn1', '011 zip1', '101 uzp2', '110 trn2', '111 zip2']
  .map((text) => text.split(' '))
  .map(([opcode, name]) => `0 Q 0 01110 size2 0 m 0 ${opcode} 10 n d | ${name} | Vd.bhsd Vn.bhsd Vm.bhsd`);
const TABLE = [1, 2, 3, 4].map(
  (count) => `0 Q 0 01110 00 0 m 0 ${bits(count - 1, 2)} 0 00 n d | tbl | Vd.b Ln${count}.16b Vm.b
0 Q 0 01110 00 0 m 0 ${bits(count - 1, 2)} 1 00 n d | +tbx | Vd.b Ln${count}.16b Vm.b`,
);
const LOOKUP = `
0 1 0 01110 10 0 m 0 imm2 1 00 n d | luti2 | Vd.16b Ln1.16b Vm[13.2]
0 1 0 01110 11 0 m 0 imm3 00 n d | luti2 | Vd.8h Ln1.8h Vm[12.3]
0 1 0 01110 01 0 m 0 i 10 00 n d | luti4 | Vd.16b Ln1.16b Vm[14.1]
0 1 0 01110 01 0 m 0 imm2 1 00 n d | luti4 | Vd.8h Ln2.8h Vm[13.2]`;
const EXTRACT = `
0 0 1 01110000 m 0 0 imm3 0 n d | ext | Vd.8b Vn.8b Vm.8b #u11.4
0 1 1 01110000 m 0 imm4 0 n d | ext | Vd.16b Vn.16b Vm.16b #u11.4`;

// "Advanced SIMD modified immediate": cmode, o2.
const MODIFIED = `
0 Q 0 0111100000 imm3 0 c2 0 0 1 e5 d | movi | Vd.s #imm8lsl2
0 Q 0 0111100000 imm3 0 c2 1 0 1 e5 d | +orr | Vd.s #imm8lsl2
0 Q 0 0111100000 imm3 10 c 0 0 1 e5 d | movi | Vd.h #imm8lsl1
0 Q 0 0111100000 imm3 10 c 1 0 1 e5 d | +orr | Vd.h #imm8lsl1
0 Q 0 0111100000 imm3 110 c 0 1 e5 d | movi | Vd.s #imm8msl
0 Q 0 0111100000 imm3 1110 0 1 e5 d | movi | Vd.b #imm8
0 Q 0 0111100000 imm3 1111 0 1 e5 d | fmov | Vd.s #vfloat
0 Q 0 0111100000 imm3 1111 1 1 e5 d | fmov | Vd.h #vfloat
0 Q 1 0111100000 imm3 0 c2 0 0 1 e5 d | mvni | Vd.s #imm8lsl2
0 Q 1 0111100000 imm3 0 c2 1 0 1 e5 d | +bic | Vd.s #imm8lsl2
0 Q 1 0111100000 imm3 10 c 0 0 1 e5 d | mvni | Vd.h #imm8lsl1
0 Q 1 0111100000 imm3 10 c 1 0 1 e5 d | +bic | Vd.h #imm8lsl1
0 Q 1 0111100000 imm3 110 c 0 1 e5 d | mvni | Vd.s #imm8msl
0 0 1 0111100000 imm3 1110 0 1 e5 d | movi | Dd #bytes
0 1 1 0111100000 imm3 1110 0 1 e5 d | movi | Vd.2d #bytes
0 1 1 0111100000 imm3 1111 0 1 e5 d | fmov | Vd.2d #vfloat`;

// "Advanced SIMD shift by immediate" and its scalar table (S behind: double words only; T: every size).
const SHIFTS: Ops = {
  '0 00000': 'sshr #right S',
  '0 00010': '+ssra #right S',
  '0 00100': 'srshr #right S',
  '0 00110': '+srsra #right S',
  '0 01010': 'shl #left S',
  '0 01110': 'sqshl #left T',
  '1 00000': 'ushr #right S',
  '1 00010': '+usra #right S',
  '1 00100': 'urshr #right S',
  '1 00110': '+ursra #right S',
  '1 01000': '+sri #right S',
  '1 01010': '+sli #left S',
  '1 01100': 'sqshlu #left T',
  '1 01110': 'uqshl #left T',
};
const shifts = each(SHIFTS, (code, name, rest) => {
  const [u, opcode] = code.split(' ');
  const [amount, scalar] = rest.split(' ');
  const row =
    scalar === 'S'
      ? `01 ${u} 111110 1 immh3 immb3 ${opcode} 1 n d | ${name} | Dd Dn ${amount}`
      : `01 ${u} 111110 immh4 immb3 ${opcode} 1 n d | ${name} | Cd.shift Cn.shift ${amount}`;
  return `0 Q ${u} 011110 immh4 immb3 ${opcode} 1 n d | ${name} | Vd.shift Vn.shift ${amount}\n${row}`;
});
const NARROW_SHIFTS: Ops = {
  '0 10000': 'shrn',
  '0 10001': 'rshrn',
  '0 10010': 'sqshrn T',
  '0 10011': 'sqrshrn T',
  '1 10000': 'sqshrun T',
  '1 10001': 'sqrshrun T',
  '1 10010': 'uqshrn T',
  '1 10011': 'uqrshrn T',
};
const narrowShifts = each(NARROW_SHIFTS, (code, name, scalar) => {
  const [u, opcode] = code.split(' ');
  const row =
    scalar === '' ? '' : `\n01 ${u} 111110 immh4 immb3 ${opcode} 1 n d | ${name} | Cd.shiftnarrow Cn.shiftwide #right`;
  return (
    halves(
      (q, full) => `0 ${q} ${u} 011110 immh4 immb3 ${opcode} 1 n d | ${full} | Vd.shiftnarrow Vn.shiftwide #right`,
      name,
    ) + row
  );
});
const LONG_SHIFTS = ['0 sshll', '1 ushll']
  .map((text) => text.split(' '))
  .map(([u, name]) =>
    halves(
      (q, full) => `0 ${q} ${u} 011110 immh4 immb3 10100 1 n d | ${full} | Vd.shiftwide Vn.shiftnarrow #left`,
      name ?? '',
    ),
  );
const FIXED_POINT = ['0 11100 scvtf', '1 11100 ucvtf', '0 11111 fcvtzs', '1 11111 fcvtzu']
  .map((text) => text.split(' '))
  .map(
    ([u, opcode, name]) => `0 Q ${u} 011110 immh4 immb3 ${opcode} 1 n d | ${name} | Vd.shiftf Vn.shiftf #right
01 ${u} 111110 immh4 immb3 ${opcode} 1 n d | ${name} | Cd.shiftf Cn.shiftf #right`,
  );

/** Vectors, all tables but those by element (element.ts) and scalars (scalar.ts). */
export const VECTOR: string = [
  same(0, SAME_SIGNED),
  same(1, SAME_UNSIGNED),
  sameFloat,
  ...LOGICAL,
  EXTRA,
  different,
  ...POLYNOMIAL,
  miscellaneous,
  narrowing,
  MISCELLANEOUS_FIXED,
  floatOne,
  ACROSS,
  COPY,
  ...PERMUTE,
  ...TABLE,
  LOOKUP,
  EXTRACT,
  MODIFIED,
  shifts,
  narrowShifts,
  ...LONG_SHIFTS,
  ...FIXED_POINT,
].join('\n');

/** Their other names. */
export const VECTOR_ALIASES: string = `
0 Q 0 01110 10 1 m 00011 1 n d | mov | Vd.b Vn.b ? same-sources
0 0 0 01110000 xx100 0 0111 1 n d | mov | Wd In.s
0 1 0 01110000 x1000 0 0111 1 n d | mov | Xd In.d
`;
