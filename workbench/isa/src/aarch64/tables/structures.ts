// C4.1.94, "Advanced SIMD load/store": structures of one to four registers, whole or by element.

/** opcode (bits 12-15), registers, elements of a structure. */
const MULTIPLE = [
  ['0000', 4, 4],
  ['0010', 4, 1],
  ['0100', 3, 3],
  ['0110', 3, 1],
  ['0111', 1, 1],
  ['1000', 2, 2],
  ['1010', 2, 1],
] as const;

function multiple([opcode, count, elements]: (typeof MULTIPLE)[number]): string {
  const arranged = elements === 1 ? 'structure' : 'structures';
  return ['!st', 'ld']
    .map(
      (name, l) => `
0 Q 0011000 ${l} 000000 ${opcode} size2 n t | ${name}${elements} | Lt${count}.${arranged} [Xn]
0 Q 0011001 ${l} 0 m ${opcode} size2 n t | ${name}${elements} | Lt${count}.${arranged} [Xn],Xm*${count}`,
    )
    .join('');
}

/** Element: letter, opcode's high bits, S and size as far as they are fixed. */
const ELEMENTS = [
  ['b', '00', 'S size2', 1],
  ['h', '01', 'S sz 0', 2],
  ['s', '10', 'S 00', 4],
  ['d', '10', '0 01', 8],
] as const;

function single(count: number): string {
  const [r, low] = [count % 2 === 0 ? 1 : 0, count > 2 ? 1 : 0];
  const elements = ELEMENTS.flatMap(([letter, opcode, rest, bytes]) =>
    ['!st', '+ld'].map(
      (name, l) => `
0 Q 0011010 ${l} ${r} 00000 ${opcode}${low} ${rest} n t | ${name}${count} | Kt${count}.${letter} [Xn]
0 Q 0011011 ${l} ${r} m ${opcode}${low} ${rest} n t | ${name}${count} | Kt${count}.${letter} [Xn],Xm:${count * bytes}`,
    ),
  );
  return `${elements.join('')}
0 Q 0011010 1 ${r} 00000 11${low} 0 size2 n t | ld${count}r | Lt${count}.structure [Xn]
0 Q 0011011 1 ${r} m 11${low} 0 size2 n t | ld${count}r | Lt${count}.structure [Xn],Xm<<${count}`;
}

/** Structures of vectors. */
export const STRUCTURES: string = `
${MULTIPLE.map(multiple).join('')}
${[1, 2, 3, 4].map(single).join('')}
0 0 0011010 1 0 00001 100 0 01 n t | +ldap1 | Kt1.d [Xn]
0 1 0011010 1 0 00001 100 0 01 n t | +ldap1 | Kt1.d [Xn]
0 Q 0011010 0 0 00001 100 0 01 n t | !stl1 | Kt1.d [Xn]
`;
