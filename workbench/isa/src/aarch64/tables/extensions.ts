// Extensions that no processor of today has, of DDI 0487 K.a and the 2023 supplement: translation hardening (THE), 128-bit system
// registers (D128), signed returns with the address (PAuth_LR), and 8-bit floating point (FP8).

import { bits } from './bits.ts';

const ORDERS = ['', 'a', 'l', 'al'].map(
  (order) => [order, order.includes('a') ? 1 : 0, order.includes('l') ? 1 : 0] as const,
);
const CHECKED = [
  ['clr', '1001'],
  ['swp', '1010'],
  ['set', '1011'],
] as const;

/** Read-check-write: with `s` the check is of the software's bits. */
const HARDENING = ['', 's'].flatMap((soft, s) =>
  ORDERS.flatMap(([order, a, l]) => [
    `0 ${s} 011001 ${a} ${l} 1 s 0000 10 n t | +rcw${soft}cas${order} | Xs Xt [Xn]:8`,
    `0 ${s} 011001 ${a} ${l} 1 s 0000 11 n t | ^rcw${soft}casp${order} | Xs.pair Xt.pair [Xn]:16`,
    ...CHECKED.flatMap(([name, opcode]) => [
      `0 ${s} 111000 ${a} ${l} 1 s ${opcode} 00 n t | ~rcw${soft}${name}${order} | Xs Xt [Xn]:8`,
      `0 ${s} 011001 ${a} ${l} 1 s ${opcode} 00 n t | ^rcw${soft}${name}p${order} | Xt Xs [Xn]:16 ? no-zero`,
    ]),
  ]),
);

/** PAuth_LR without an operand: bits 10-15. */
const SIGNED_RETURNS = [
  ['100000', 'pacnbiasppc'],
  ['100001', 'pacnbibsppc'],
  ['100010', 'pacia171615'],
  ['100011', 'pacib171615'],
  ['101000', 'paciasppc'],
  ['101001', 'pacibsppc'],
  ['101110', 'autia171615'],
  ['101111', 'autib171615'],
].map(([opcode, name]) => `1101101011000001 ${opcode} 11111 11110 | !${name} |`);

const PAIRED = ['bb', 'bt', 'tb', 'tt'].flatMap((halves, index) => {
  const [q, size] = [index >> 1, index & 1];
  return [
    `0 ${q} 0 01110 ${bits(size, 2)} 0 m 11000 1 n d | +fmlall${halves} | Vd.4s Vn.16b Vm.16b`,
    `0 ${q} 1 01111 ${bits(size, 2)} L M i m3 1000 H 0 n d | +fmlall${halves} | Vd.4s Vn.16b Em.b`,
  ];
});

/** Rows of these extensions. */
export const EXTENSIONS: string = `
${HARDENING.join('\n')}
1101010101 1 1 o op3 crn4 crm4 op3 t | 2mrrs | Xt.pair mrs
1101010101 0 1 o op3 crn4 crm4 op3 t | !msrr | msr Xt.pair
1101010101 0 01 op3 crn4 crm4 op3 11111 | !sysp | #u16.3 crn crm #u5.3
1101010101 0 01 op3 crn4 crm4 op3 t | !sysp | #u16.3 crn crm #u5.3 Xt.pair
01010101 000 imm16 11111 | !retaasppc | back
01010101 001 imm16 11111 | !retabsppc | back
11110011 100 imm16 11111 | !autiasppc | back
11110011 101 imm16 11111 | !autibsppc | back
1101011 0010 11111 000010 11111 m5 | !retaasppcr | Xd ? not-zero
1101011 0010 11111 000011 11111 m5 | !retabsppcr | Xd ? not-zero
1101101011000001 100100 n 11110 | !autiasppcr | Xn
1101101011000001 100101 n 11110 | !autibsppcr | Xn
${SIGNED_RETURNS.join('\n')}
0 0 0 01110 00 0 m 11110 1 n d | fcvtn | Vd.8b Vn.4s Vm.4s
0 1 0 01110 00 0 m 11110 1 n d | +fcvtn2 | Vd.16b Vn.4s Vm.4s
0 Q 0 01110 01 0 m 11110 1 n d | fcvtn | Vd.b Vn.h Vm.h
0 Q 0 01110 00 0 m 11111 1 n d | +fdot | Vd.s Vn.b Vm.b
0 Q 0 01110 01 0 m 11111 1 n d | +fdot | Vd.h Vn.b Vm.b
0 Q 0 01111 00 L m 0000 H 0 n d | +fdot | Vd.s Vn.b Em.4b
0 Q 0 01111 01 L M m4 0000 H 0 n d | +fdot | Vd.h Vn.b Em.2b
0 0 0 01110 11 0 m 11111 1 n d | +fmlalb | Vd.8h Vn.16b Vm.16b
0 1 0 01110 11 0 m 11111 1 n d | +fmlalt | Vd.8h Vn.16b Vm.16b
0 0 0 01111 11 L M i m3 0000 H 0 n d | +fmlalb | Vd.8h Vn.16b Em.b
0 1 0 01111 11 L M i m3 0000 H 0 n d | +fmlalt | Vd.8h Vn.16b Em.b
${PAIRED.join('\n')}
${['f1', 'f2', 'bf1', 'bf2']
  .map(
    (name, size) => `0 0 1 01110 ${bits(size, 2)} 10000 10111 10 n d | ${name}cvtl | Vd.8h Vn.8b
0 1 1 01110 ${bits(size, 2)} 10000 10111 10 n d | ${name}cvtl2 | Vd.8h Vn.16b`,
  )
  .join('\n')}
`;
