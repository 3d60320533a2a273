// C4.1.94 "Loads and Stores", general registers and scalar floating point; structures of vectors are in structures.ts.

import { bits } from './bits.ts';

const SIZES = [
  { size: '00', suffix: 'b', register: 'W', bytes: 1 },
  { size: '01', suffix: 'h', register: 'W', bytes: 2 },
  { size: '10', suffix: '', register: 'W', bytes: 4 },
  { size: '11', suffix: '', register: 'X', bytes: 8 },
] as const;

type Size = (typeof SIZES)[number];

function exclusive({ size, suffix, register: r, bytes }: Size): string {
  return `
${size} 001000 000 s 0 yyyyy n t | stxr${suffix} | Ws ${r}t [Xn]:${bytes}
${size} 001000 000 s 1 yyyyy n t | stlxr${suffix} | Ws ${r}t [Xn]:${bytes}
${size} 001000 010 yyyyy 0 yyyyy n t | ldxr${suffix} | ${r}t [Xn]:${bytes}
${size} 001000 010 yyyyy 1 yyyyy n t | ldaxr${suffix} | ${r}t [Xn]:${bytes}
${size} 001000 100 yyyyy 0 yyyyy n t | !stllr${suffix} | ${r}t [Xn]:${bytes}
${size} 001000 100 yyyyy 1 yyyyy n t | !stlr${suffix} | ${r}t [Xn]:${bytes}
${size} 001000 110 yyyyy 0 yyyyy n t | ldlar${suffix} | ${r}t [Xn]:${bytes}
${size} 001000 110 yyyyy 1 yyyyy n t | ldar${suffix} | ${r}t [Xn]:${bytes}
${['', 'l', 'a', 'al'].map((order) => `${size} 001000 1 ${order.includes('a') ? 1 : 0} 1 s ${order.includes('l') ? 1 : 0} 11111 n t | +cas${order}${suffix} | ${r}s ${r}t [Xn]:${bytes}`).join('\n')}
${size} 011001 00 0 imm9 00 n t | !stlur${suffix} | ${r}t [Xn,#s12.9]:${bytes}
${size} 011001 01 0 imm9 00 n t | ldapur${suffix} | ${r}t [Xn,#s12.9]:${bytes}
${size} 111000 1 0 1 11111 110000 n t | ldapr${suffix} | ${r}t [Xn]:${bytes}`;
}

function exclusivePair(size: string, r: 'W' | 'X'): string {
  const bytes = r === 'W' ? 8 : 16;
  return `
${size} 001000 001 s 0 u n t | stxp | Ws ${r}t ${r}u [Xn]:${bytes}
${size} 001000 001 s 1 u n t | stlxp | Ws ${r}t ${r}u [Xn]:${bytes}
${size} 001000 011 yyyyy 0 u n t | 2ldxp | ${r}t ${r}u [Xn]:${bytes}
${size} 001000 011 yyyyy 1 u n t | 2ldaxp | ${r}t ${r}u [Xn]:${bytes}
${['', 'l', 'a', 'al'].map((order) => `0${size.slice(1)} 001000 0 ${order.includes('a') ? 1 : 0} 1 s ${order.includes('l') ? 1 : 0} 11111 n t | ^casp${order} | ${r}s.pair ${r}t.pair [Xn]:${bytes}`).join('\n')}`;
}

const ATOMICS = ['ldadd', 'ldclr', 'ldeor', 'ldset', 'ldsmax', 'ldsmin', 'ldumax', 'ldumin'];

function atomic({ size, suffix, register: r, bytes }: Size): string {
  return ['', 'l', 'a', 'al']
    .flatMap((order) => {
      const ordering = `${order.includes('a') ? 1 : 0} ${order.includes('l') ? 1 : 0}`;
      const rows = ATOMICS.map(
        (name, opc) =>
          `${size} 111000 ${ordering} 1 s 0 ${bits(opc, 3)} 00 n t | ~${name}${order}${suffix} | ${r}s ${r}t [Xn]:${bytes}`,
      );
      return [
        ...rows,
        `${size} 111000 ${ordering} 1 s 1 000 00 n t | ~swp${order}${suffix} | ${r}s ${r}t [Xn]:${bytes}`,
      ];
    })
    .join('\n');
}

function atomicAlias({ size, suffix, register: r, bytes }: Size): string {
  return ['', 'l']
    .flatMap((order) =>
      ATOMICS.map(
        (name, opc) =>
          `${size} 111000 0 ${order === '' ? 0 : 1} 1 s 0 ${bits(opc, 3)} 00 n 11111 | !${name.replace('ld', 'st')}${order}${suffix} | ${r}s [Xn]:${bytes}`,
      ),
    )
    .join('\n');
}

/** One access of a register: its addressing modes share size, V and opc. `name`: `ldr`, `str`, `ldrsw`. */
interface Access {
  readonly size: string;
  readonly v: 0 | 1;
  readonly opc: string;
  readonly name: string;
  readonly operand: string;
  readonly bytes: number;
}

function integer(): Access[] {
  const plain = SIZES.flatMap(({ size, suffix, register, bytes }) => [
    { size, v: 0 as const, opc: '00', name: `str${suffix}`, operand: `${register}t`, bytes },
    { size, v: 0 as const, opc: '01', name: `ldr${suffix}`, operand: `${register}t`, bytes },
  ]);
  const signed = [
    ['00', '10', 'ldrsb', 'Xt', 1],
    ['00', '11', 'ldrsb', 'Wt', 1],
    ['01', '10', 'ldrsh', 'Xt', 2],
    ['01', '11', 'ldrsh', 'Wt', 2],
    ['10', '10', 'ldrsw', 'Xt', 4],
  ] as const;
  return [
    ...plain,
    ...signed.map(([size, opc, name, operand, bytes]) => ({ size, v: 0 as const, opc, name, operand, bytes })),
  ];
}

function floating(): Access[] {
  const rows = [
    ['00', '0', 'Bt', 1],
    ['01', '0', 'Ht', 2],
    ['10', '0', 'St', 4],
    ['11', '0', 'Dt', 8],
    ['00', '1', 'Qt', 16],
  ] as const;
  return rows.flatMap(([size, high, operand, bytes]) => [
    { size, v: 1 as const, opc: `${high}0`, name: 'str', operand, bytes },
    { size, v: 1 as const, opc: `${high}1`, name: 'ldr', operand, bytes },
  ]);
}

function modes({ size, v, opc, name, operand, bytes }: Access): string {
  const role = name.startsWith('st') ? '!' : '';
  const start = `${size} 111 ${v}`;
  const unscaled = name.replace(/^(st|ld)r/, '$1ur');
  const unprivileged =
    v === 1
      ? ''
      : `${start} 00 ${opc} 0 imm9 10 n t | ${role}${name.replace(/^(st|ld)r/, '$1tr')} | ${operand} [Xn,#s12.9]:${bytes}`;
  return `
${start} 01 ${opc} imm12 n t | ${role}${name} | ${operand} [Xn,#u10.12*${bytes}]:${bytes}
${start} 00 ${opc} 0 imm9 00 n t | ${role}${unscaled} | ${operand} [Xn,#s12.9]:${bytes}
${start} 00 ${opc} 0 imm9 01 n t | ${role}${name} | ${operand} [Xn],#s12.9:${bytes}
${start} 00 ${opc} 0 imm9 11 n t | ${role}${name} | ${operand} [Xn,#s12.9]!:${bytes}
${start} 00 ${opc} 1 m o 1 o S 10 n t | ${role}${name} | ${operand} [Xn,m]:${bytes}
${unprivileged}`;
}

/** Pairs: opc and V give the registers. */
const PAIRS = [
  ['00', 0, 'stp', 'ldp', 'W', 4],
  ['10', 0, 'stp', 'ldp', 'X', 8],
  ['00', 1, 'stp', 'ldp', 'S', 4],
  ['01', 1, 'stp', 'ldp', 'D', 8],
  ['10', 1, 'stp', 'ldp', 'Q', 16],
] as const;

function pairs([opc, v, store, load, r, bytes]: (typeof PAIRS)[number]): string {
  const number = `#s15.7*${bytes}`;
  return [store, load]
    .map((name, l) => {
      const role = l === 0 ? '!' : '2';
      const tail = `:${bytes * 2}`;
      return `
${opc} 101 ${v} 000 ${l} imm7 u n t | ${role}${name.replace('p', 'np')} | ${r}t ${r}u [Xn,${number}]${tail}
${opc} 101 ${v} 001 ${l} imm7 u n t | ${role}${name} | ${r}t ${r}u [Xn],${number}${tail}
${opc} 101 ${v} 010 ${l} imm7 u n t | ${role}${name} | ${r}t ${r}u [Xn,${number}]${tail}
${opc} 101 ${v} 011 ${l} imm7 u n t | ${role}${name} | ${r}t ${r}u [Xn,${number}]!${tail}`;
    })
    .join('\n');
}

function tagged(opc: string, name: string): string {
  return `
11011001 ${opc} 1 imm9 01 n t | !${name} | Xt.sp [Xn],#s12.9*16:16
11011001 ${opc} 1 imm9 10 n t | !${name} | Xt.sp [Xn,#s12.9*16]:16
11011001 ${opc} 1 imm9 11 n t | !${name} | Xt.sp [Xn,#s12.9*16]!:16`;
}

/** Memory copies and sets: `cpyfp`, `setgmn`, …; options are written behind (C6.2 "CPYFP"). */
function memoryOperations(): string {
  const options = ['', 'wt', 'rt', 't'];
  const nontemporal = ['', 'wn', 'rn', 'n'];
  const stages = ['p', 'm', 'e'];
  const copies = ['cpyf', 'cpy'].flatMap((name, o0) =>
    stages.flatMap((stage, op1) =>
      nontemporal.flatMap((hint, high) =>
        options.map(
          (option, low) =>
            `00 011 ${o0} 01 ${bits(op1, 2)} 0 s ${bits(high, 2)}${bits(low, 2)} 01 n d | !${name}${stage}${option}${hint} | [Xd]! [Xs]! Xn! ? distinct`,
        ),
      ),
    ),
  );
  const sets = ['set', 'setg'].flatMap((name, o0) =>
    stages.flatMap((stage, op1) =>
      ['', 't', 'n', 'tn'].map(
        (option, op2) =>
          `00 011 ${o0} 01 11 0 s ${bits(op1, 2)}${bits(op2, 2)} 01 n d | !${name}${stage}${option} | [Xd]! Xn! Xs ? distinct`,
      ),
    ),
  );
  return [...copies, ...sets].join('\n');
}

/** Encodings that access memory with general and scalar registers. */
export const LOAD_STORE: string = `
${SIZES.map(exclusive).join('')}
${exclusivePair('10', 'W')}
${exclusivePair('11', 'X')}
${SIZES.map(atomic).join('\n')}
00 011001 10 0 imm9 00 n t | ldapursb | Xt [Xn,#s12.9]:1
00 011001 11 0 imm9 00 n t | ldapursb | Wt [Xn,#s12.9]:1
01 011001 10 0 imm9 00 n t | ldapursh | Xt [Xn,#s12.9]:2
01 011001 11 0 imm9 00 n t | ldapursh | Wt [Xn,#s12.9]:2
10 011001 10 0 imm9 00 n t | ldapursw | Xt [Xn,#s12.9]:4
00 011101 00 0 imm9 10 n t | !stlur | Bt [Xn,#s12.9]:1
00 011101 01 0 imm9 10 n t | ldapur | Bt [Xn,#s12.9]:1
01 011101 00 0 imm9 10 n t | !stlur | Ht [Xn,#s12.9]:2
01 011101 01 0 imm9 10 n t | ldapur | Ht [Xn,#s12.9]:2
10 011101 00 0 imm9 10 n t | !stlur | St [Xn,#s12.9]:4
10 011101 01 0 imm9 10 n t | ldapur | St [Xn,#s12.9]:4
11 011101 00 0 imm9 10 n t | !stlur | Dt [Xn,#s12.9]:8
11 011101 01 0 imm9 10 n t | ldapur | Dt [Xn,#s12.9]:8
00 011101 10 0 imm9 10 n t | !stlur | Qt [Xn,#s12.9]:16
00 011101 11 0 imm9 10 n t | ldapur | Qt [Xn,#s12.9]:16
00 011000 imm19 t | ldr | Wt literal:4
01 011000 imm19 t | ldr | Xt literal:8
10 011000 imm19 t | ldrsw | Xt literal:4
11 011000 imm19 t | !prfm | prefetch literal:0
00 011100 imm19 t | ldr | St literal:4
01 011100 imm19 t | ldr | Dt literal:8
10 011100 imm19 t | ldr | Qt literal:16
${PAIRS.map(pairs).join('')}
01 101 0 001 1 imm7 u n t | 2ldpsw | Xt Xu [Xn],#s15.7*4:8
01 101 0 010 1 imm7 u n t | 2ldpsw | Xt Xu [Xn,#s15.7*4]:8
01 101 0 011 1 imm7 u n t | 2ldpsw | Xt Xu [Xn,#s15.7*4]!:8
01 101 0 001 0 imm7 u n t | !stgp | Xt Xu [Xn],#s15.7*16:16
01 101 0 010 0 imm7 u n t | !stgp | Xt Xu [Xn,#s15.7*16]:16
01 101 0 011 0 imm7 u n t | !stgp | Xt Xu [Xn,#s15.7*16]!:16
11 111 0 01 10 imm12 n t | !prfm | prefetch [Xn,#u10.12*8]:0
11 111 0 00 10 0 imm9 00 n t | !prfum | prefetch [Xn,#s12.9]:0
11 111 0 00 10 1 m o 1 o S 10 n 11 p3 | !rprfm | range-prefetch Xm [Xn]:0
11 111 0 00 10 1 m o 1 o S 10 n t | !prfm | prefetch [Xn,m]:8
${[...integer(), ...floating()].map(modes).join('')}
11 111 0 00 0 S 1 imm9 01 n t | ldraa | Xt [Xn,ldraa]
11 111 0 00 0 S 1 imm9 11 n t | ldraa | Xt [Xn,ldraa]!
11 111 0 00 1 S 1 imm9 01 n t | ldrab | Xt [Xn,ldraa]
11 111 0 00 1 S 1 imm9 11 n t | ldrab | Xt [Xn,ldraa]!
11 111 0 00 001 11111 1001 00 n t | !st64b | Xt [Xn]:64 ? even-t
11 111 0 00 001 11111 1101 00 n t | ld64b | Xt [Xn]:64 ? even-t
11 111 0 00 001 s 1011 00 n t | st64bv | Xs Xt [Xn]:64 ? even-t
11 111 0 00 001 s 1010 00 n t | st64bv0 | Xs Xt [Xn]:64 ? even-t
${tagged('00', 'stg')}
${tagged('01', 'stzg')}
${tagged('10', 'st2g')}
${tagged('11', 'stz2g')}
11011001 00 1 000000000 00 n t | !stzgm | Xt [Xn]:0
11011001 10 1 000000000 00 n t | !stgm | Xt [Xn]:0
11011001 11 1 000000000 00 n t | ldgm | Xt [Xn]:0
11011001 00 0 11111 000011 n t | !gcsstr | Xt [Xn]:8
11011001 00 0 11111 000111 n t | !gcssttr | Xt [Xn]:8
11011001 01 1 imm9 00 n t | +ldg | Xt [Xn,#s12.9*16]:16
${['ldclrp', 'ldsetp', 'swpp']
  .flatMap((name, index) =>
    ['', 'l', 'a', 'al'].map(
      (order) =>
        `00 011001 ${order.includes('a') ? 1 : 0} ${order.includes('l') ? 1 : 0} 1 u ${['0001', '0011', '1000'][index]} 00 n t | ^${name}${order} | Xt Xs [Xn]:16 ? no-zero`,
    ),
  )
  .join('\n')
  .replaceAll(' 1 u ', ' 1 s ')}
${(['W', 'X'] as const)
  .map(
    (r, index) => `
1${index} 011001 01 0 u 0000 10 n t | 2ldiapp | ${r}t ${r}s [Xn],pair${index === 0 ? 8 : 16}
1${index} 011001 01 0 u 0001 10 n t | 2ldiapp | ${r}t ${r}s [Xn]:${index === 0 ? 8 : 16}
1${index} 011001 00 0 u 0000 10 n t | !stilp | ${r}t ${r}s [Xn,-pair${index === 0 ? 8 : 16}]!
1${index} 011001 00 0 u 0001 10 n t | !stilp | ${r}t ${r}s [Xn]:${index === 0 ? 8 : 16}
1${index} 011001 11 0 00000 0000 10 n t | ldapr | ${r}t [Xn],pair${index === 0 ? 4 : 8}
1${index} 011001 10 0 00000 0000 10 n t | !stlr | ${r}t [Xn,-pair${index === 0 ? 4 : 8}]!`,
  )
  .join('')}
${memoryOperations()}
`;

/** Their other names. */
export const LOAD_STORE_ALIASES: string = `
${SIZES.map(atomicAlias).join('\n')}
`;
