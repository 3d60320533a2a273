// C4.1.96, scalar tables of Advanced SIMD, vectors by element, and the cryptographic instructions.

// "Advanced SIMD scalar three same": sizes.
const SAME = [
  '0 00001 sqadd bhsd',
  '0 00101 sqsub bhsd',
  '0 00110 cmgt d',
  '0 00111 cmge d',
  '0 01000 sshl d',
  '0 01001 sqshl bhsd',
  '0 01010 srshl d',
  '0 01011 sqrshl bhsd',
  '0 10000 add d',
  '0 10001 cmtst d',
  '0 10110 sqdmulh hs',
  '1 00001 uqadd bhsd',
  '1 00101 uqsub bhsd',
  '1 00110 cmhi d',
  '1 00111 cmhs d',
  '1 01000 ushl d',
  '1 01001 uqshl bhsd',
  '1 01010 urshl d',
  '1 01011 uqrshl bhsd',
  '1 10000 sub d',
  '1 10001 cmeq d',
  '1 10110 sqrdmulh hs',
]
  .map((text) => text.split(' '))
  .map(
    ([u, opcode, name, sizes]) =>
      `01 ${u} 11110 size2 1 m ${opcode} 1 n d | ${name} | Cd.${sizes} Cn.${sizes} Cm.${sizes}`,
  );

const SAME_FLOAT = [
  '0 0 011 fmulx',
  '0 0 100 fcmeq',
  '0 0 111 frecps',
  '0 1 111 frsqrts',
  '1 0 100 fcmge',
  '1 0 101 facge',
  '1 1 010 fabd',
  '1 1 100 fcmgt',
  '1 1 101 facgt',
]
  .map((text) => text.split(' '))
  .map(
    ([u, a, opcode, name]) => `01 ${u} 11110 ${a} sz 1 m 11${opcode} 1 n d | ${name} | Cd.f Cn.f Cm.f
01 ${u} 11110 ${a} 10 m 00${opcode} 1 n d | ${name} | Hd Hn Hm`,
  );

// "Advanced SIMD scalar two-register miscellaneous", without the floating-point ones that vector.ts makes for both.
const MISCELLANEOUS = `
01 0 11110 size2 10000 00011 10 n d | +suqadd | Cd.bhsd Cn.bhsd
01 0 11110 size2 10000 00111 10 n d | sqabs | Cd.bhsd Cn.bhsd
01 0 11110 11 10000 01000 10 n d | cmgt | Dd Dn #0
01 0 11110 11 10000 01001 10 n d | cmeq | Dd Dn #0
01 0 11110 11 10000 01010 10 n d | cmlt | Dd Dn #0
01 0 11110 11 10000 01011 10 n d | abs | Dd Dn
01 0 11110 size2 10000 10100 10 n d | sqxtn | Cd.bhs Cn.wide
01 1 11110 size2 10000 00011 10 n d | +usqadd | Cd.bhsd Cn.bhsd
01 1 11110 size2 10000 00111 10 n d | sqneg | Cd.bhsd Cn.bhsd
01 1 11110 11 10000 01000 10 n d | cmge | Dd Dn #0
01 1 11110 11 10000 01001 10 n d | cmle | Dd Dn #0
01 1 11110 11 10000 01011 10 n d | neg | Dd Dn
01 1 11110 size2 10000 10010 10 n d | sqxtun | Cd.bhs Cn.wide
01 1 11110 size2 10000 10100 10 n d | uqxtn | Cd.bhs Cn.wide
01 1 11110 01 10000 10110 10 n d | fcvtxn | Sd Dn
01 0 11110 1 sz 10000 11111 10 n d | frecpx | Cd.f Cn.f
01 0 11110 1 111100 11111 10 n d | frecpx | Hd Hn
01 1 11110 size2 0 m 10000 1 n d | +sqrdmlah | Cd.hs Cn.hs Cm.hs
01 1 11110 size2 0 m 10001 1 n d | +sqrdmlsh | Cd.hs Cn.hs Cm.hs
01 0 11110 size2 1 m 1001 00 n d | +sqdmlal | Cd.wide Cn.hs Cm.hs
01 0 11110 size2 1 m 1011 00 n d | +sqdmlsl | Cd.wide Cn.hs Cm.hs
01 0 11110 size2 1 m 1101 00 n d | sqdmull | Cd.wide Cn.hs Cm.hs`;

// "Advanced SIMD scalar pairwise".
const PAIRWISE = ['0 01100 fmaxnmp', '1 01100 fminnmp', '0 01101 faddp', '0 01111 fmaxp', '1 01111 fminp']
  .map((text) => text.split(' '))
  .map(
    ([a, opcode, name]) => `01 0 11110 ${a}0 11000 ${opcode} 10 n d | ${name} | Hd Vn.2h
01 1 11110 ${a}0 11000 ${opcode} 10 n d | ${name} | Sd Vn.2s
01 1 11110 ${a}1 11000 ${opcode} 10 n d | ${name} | Dd Vn.2d`,
  )
  .concat('01 0 11110 11 11000 11011 10 n d | addp | Dd Vn.2d');

/** Rows for vectors (V) and scalars (S) by element of `h` (size 01) and `s` (10). */
const BY_ELEMENT = [
  '1 0000 +mla V',
  '1 0100 +mls V',
  '0 1000 mul V',
  '0 1100 sqdmulh VS',
  '0 1101 sqrdmulh VS',
  '1 1101 +sqrdmlah VS',
  '1 1111 +sqrdmlsh VS',
]
  .map((text) => text.split(' '))
  .map(
    ([u, opcode, name, where = '']) => `
0 Q ${u} 01111 01 L M m4 ${opcode} H 0 n d | ${name} | Vd.h Vn.h Em.h
0 Q ${u} 01111 10 L m ${opcode} H 0 n d | ${name} | Vd.s Vn.s Em.s${
      where === 'VS'
        ? `
01 ${u} 11111 01 L M m4 ${opcode} H 0 n d | ${name} | Hd Hn Em.h
01 ${u} 11111 10 L m ${opcode} H 0 n d | ${name} | Sd Sn Em.s`
        : ''
    }`,
  );

const LONG_BY_ELEMENT = [
  '0 0010 +smlal V',
  '0 0110 +smlsl V',
  '0 1010 smull V',
  '1 0010 +umlal V',
  '1 0110 +umlsl V',
  '1 1010 umull V',
  '0 0011 +sqdmlal VS',
  '0 0111 +sqdmlsl VS',
  '0 1011 sqdmull VS',
]
  .map((text) => text.split(' '))
  .map(
    ([u, opcode, name, where = '']) => `
0 0 ${u} 01111 01 L M m4 ${opcode} H 0 n d | ${name} | Vd.4s Vn.4h Em.h
0 1 ${u} 01111 01 L M m4 ${opcode} H 0 n d | ${name}2 | Vd.4s Vn.8h Em.h
0 0 ${u} 01111 10 L m ${opcode} H 0 n d | ${name} | Vd.2d Vn.2s Em.s
0 1 ${u} 01111 10 L m ${opcode} H 0 n d | ${name}2 | Vd.2d Vn.4s Em.s${
      where === 'VS'
        ? `
01 ${u} 11111 01 L M m4 ${opcode} H 0 n d | ${name} | Sd Hn Em.h
01 ${u} 11111 10 L m ${opcode} H 0 n d | ${name} | Dd Sn Em.s`
        : ''
    }`,
  );

const FLOAT_BY_ELEMENT = ['0 0001 +fmla', '0 0101 +fmls', '0 1001 fmul', '1 1001 fmulx']
  .map((text) => text.split(' '))
  .map(
    ([u, opcode, name]) => `
0 Q ${u} 01111 00 L M m4 ${opcode} H 0 n d | ${name} | Vd.h Vn.h Em.h
0 Q ${u} 01111 10 L m ${opcode} H 0 n d | ${name} | Vd.s Vn.s Em.s
0 1 ${u} 01111 11 0 m ${opcode} H 0 n d | ${name} | Vd.2d Vn.2d Em.d
01 ${u} 11111 00 L M m4 ${opcode} H 0 n d | ${name} | Hd Hn Em.h
01 ${u} 11111 10 L m ${opcode} H 0 n d | ${name} | Sd Sn Em.s
01 ${u} 11111 11 0 m ${opcode} H 0 n d | ${name} | Dd Dn Em.d`,
  );

const DOT_BY_ELEMENT = `
0 Q 0 01111 10 L m 1110 H 0 n d | +sdot | Vd.s Vn.b Em.4b
0 Q 1 01111 10 L m 1110 H 0 n d | +udot | Vd.s Vn.b Em.4b
0 Q 0 01111 00 L m 1111 H 0 n d | +sudot | Vd.s Vn.b Em.4b
0 Q 0 01111 10 L m 1111 H 0 n d | +usdot | Vd.s Vn.b Em.4b
0 Q 0 01111 01 L m 1111 H 0 n d | +bfdot | Vd.s Vn.h Em.2h
0 0 0 01111 11 L M m4 1111 H 0 n d | +bfmlalb | Vd.4s Vn.8h Em.h
0 1 0 01111 11 L M m4 1111 H 0 n d | +bfmlalt | Vd.4s Vn.8h Em.h
${['0 0000 fmlal', '0 0100 fmlsl', '1 1000 fmlal2', '1 1100 fmlsl2']
  .map((text) => text.split(' '))
  .map(
    ([u, opcode, name]) => `0 0 ${u} 01111 10 L M m4 ${opcode} H 0 n d | +${name} | Vd.2s Vn.2h Em.h
0 1 ${u} 01111 10 L M m4 ${opcode} H 0 n d | +${name} | Vd.4s Vn.4h Em.h`,
  )
  .join('\n')}
0 0 1 01111 01 L m 0 rot2 1 0 0 n d | +fcmla | Vd.4h Vn.4h Em.hpair #rotate13
0 1 1 01111 01 L m 0 rot2 1 H 0 n d | +fcmla | Vd.8h Vn.8h Em.hpair #rotate13
0 1 1 01111 10 0 m 0 rot2 1 H 0 n d | +fcmla | Vd.4s Vn.4s Em.spair #rotate13`;

// "Cryptographic AES", "… three-register SHA", "… two-register SHA", "… SHA512", "… four-register", "… XAR".
const CRYPTO = `
01001110 00 10100 00100 10 n d | +aese | Vd.16b Vn.16b
01001110 00 10100 00101 10 n d | +aesd | Vd.16b Vn.16b
01001110 00 10100 00110 10 n d | aesmc | Vd.16b Vn.16b
01001110 00 10100 00111 10 n d | aesimc | Vd.16b Vn.16b
01011110 000 m 0 000 00 n d | +sha1c | Qd Sn Vm.4s
01011110 000 m 0 001 00 n d | +sha1p | Qd Sn Vm.4s
01011110 000 m 0 010 00 n d | +sha1m | Qd Sn Vm.4s
01011110 000 m 0 011 00 n d | +sha1su0 | Vd.4s Vn.4s Vm.4s
01011110 000 m 0 100 00 n d | +sha256h | Qd Qn Vm.4s
01011110 000 m 0 101 00 n d | +sha256h2 | Qd Qn Vm.4s
01011110 000 m 0 110 00 n d | +sha256su1 | Vd.4s Vn.4s Vm.4s
01011110 0010100 00000 10 n d | sha1h | Sd Sn
01011110 0010100 00001 10 n d | +sha1su1 | Vd.4s Vn.4s
01011110 0010100 00010 10 n d | +sha256su0 | Vd.4s Vn.4s
11001110 011 m 1000 00 n d | +sha512h | Qd Qn Vm.2d
11001110 011 m 1000 01 n d | +sha512h2 | Qd Qn Vm.2d
11001110 011 m 1000 10 n d | +sha512su1 | Vd.2d Vn.2d Vm.2d
11001110 011 m 1000 11 n d | rax1 | Vd.2d Vn.2d Vm.2d
11001110 011 m 1100 00 n d | +sm3partw1 | Vd.4s Vn.4s Vm.4s
11001110 011 m 1100 01 n d | +sm3partw2 | Vd.4s Vn.4s Vm.4s
11001110 011 m 1100 10 n d | sm4ekey | Vd.4s Vn.4s Vm.4s
11001110 110000001000 00 n d | +sha512su0 | Vd.2d Vn.2d
11001110 110000001000 01 n d | +sm4e | Vd.4s Vn.4s
11001110 000 m 0 a n d | eor3 | Vd.16b Vn.16b Vm.16b Va.16b
11001110 001 m 0 a n d | bcax | Vd.16b Vn.16b Vm.16b Va.16b
11001110 010 m 0 a n d | sm3ss1 | Vd.4s Vn.4s Vm.4s Va.4s
11001110 010 m 10 imm2 00 n d | +sm3tt1a | Vd.4s Vn.4s Vm.s[12.2]
11001110 010 m 10 imm2 01 n d | +sm3tt1b | Vd.4s Vn.4s Vm.s[12.2]
11001110 010 m 10 imm2 10 n d | +sm3tt2a | Vd.4s Vn.4s Vm.s[12.2]
11001110 010 m 10 imm2 11 n d | +sm3tt2b | Vd.4s Vn.4s Vm.s[12.2]
11001110 100 m imm6 n d | xar | Vd.2d Vn.2d Vm.2d #u10.6`;

/** Scalars of Advanced SIMD, elements, cryptography. */
export const SCALAR: string = [
  ...SAME,
  ...SAME_FLOAT,
  MISCELLANEOUS,
  ...PAIRWISE,
  ...BY_ELEMENT,
  ...LONG_BY_ELEMENT,
  ...FLOAT_BY_ELEMENT,
  DOT_BY_ELEMENT,
  CRYPTO,
].join('\n');
