// C4.1.92 "Data processing -- immediate", and the reserved group's `udf`.

/** Widths spelled out: rows with N (which repeats sf) become one row for each width. */
function bothWidths(table: string): string {
  const narrow = table
    .replaceAll(' N ', ' 0 ')
    .replaceAll('immr6', '0 immr5')
    .replaceAll('imms6', '0 imms5')
    .replace(/^sf/gm, '0');
  return `${narrow}\n${table.replaceAll(' N ', ' 1 ').replace(/^sf/gm, '1')}`;
}

/** Encodings with an immediate. */
export const IMMEDIATE: string = `
0000000000000000 imm16 | !udf | #u0.16
0 lo2 10000 imm19 d | adr | Xd adr
1 lo2 10000 imm19 d | adrp | Xd adrp
sf 00 100010 sh imm12 n d | add | Rd.sp Rn.sp #add
sf 01 100010 sh imm12 n d | adds | Rd Rn.sp #add
sf 10 100010 sh imm12 n d | sub | Rd.sp Rn.sp #add
sf 11 100010 sh imm12 n d | subs | Rd Rn.sp #add
1 00 1000110 uimm6 xx uimm4 n d | addg | Xd.sp Xn.sp #u16.6*16 #u10.4
1 10 1000110 uimm6 xx uimm4 n d | subg | Xd.sp Xn.sp #u16.6*16 #u10.4
sf 00 1000111 0000 imm8 n d | smax | Rd Rn #s10.8
sf 00 1000111 0001 imm8 n d | umax | Rd Rn #u10.8
sf 00 1000111 0010 imm8 n d | smin | Rd Rn #s10.8
sf 00 1000111 0011 imm8 n d | umin | Rd Rn #u10.8
sf 00 100100 N1 r6 s6 n d | and | Rd.sp Rn #bitmask
sf 01 100100 N1 r6 s6 n d | orr | Rd.sp Rn #bitmask
sf 10 100100 N1 r6 s6 n d | eor | Rd.sp Rn #bitmask
sf 11 100100 N1 r6 s6 n d | ands | Rd Rn #bitmask
0 00 100101 0 hw imm16 d | movn | Wd #wide
1 00 100101 hw2 imm16 d | movn | Xd #wide
0 10 100101 0 hw imm16 d | movz | Wd #wide
1 10 100101 hw2 imm16 d | movz | Xd #wide
0 11 100101 0 hw imm16 d | +movk | Wd #wide
1 11 100101 hw2 imm16 d | +movk | Xd #wide
${bothWidths(`
sf 00 100110 N immr6 imms6 n d | sbfm | Rd Rn #u16.6% #u10.6%
sf 01 100110 N immr6 imms6 n d | +bfm | Rd Rn #u16.6% #u10.6%
sf 10 100110 N immr6 imms6 n d | ubfm | Rd Rn #u16.6% #u10.6%
sf 00 100111 N 0 m imms6 n d | extr | Rd Rn Rm #u10.6
`)}`;

/** Their other names. */
export const IMMEDIATE_ALIASES: string = `
sf 00 100010 0 000000000000 n d | mov | Rd.sp Rn.sp ? stack-move
sf 01 100010 sh imm12 n 11111 | !cmn | Rn.sp #add
sf 11 100010 sh imm12 n 11111 | !cmp | Rn.sp #add
sf 11 100100 N1 r6 s6 n 11111 | !tst | Rn #bitmask
0 00 100101 0 hw imm16 d | mov | Wd #movn ? movn-shown
1 00 100101 hw2 imm16 d | mov | Xd #movn ? movn-shown
0 10 100101 0 hw imm16 d | mov | Wd #mov ? movz-shown
1 10 100101 hw2 imm16 d | mov | Xd #mov ? movz-shown
sf 01 100100 N1 r6 s6 11111 d | mov | Rd.sp #bitmask-signed ? not-move-wide
1 00 1001101 immr6 111111 n d | asr | Xd Xn #lsr
0 00 1001100 0 immr5 011111 n d | asr | Wd Wn #lsr
1 00 1001101 000000 000111 n d | sxtb | Xd Wn
0 00 1001100 000000 000111 n d | sxtb | Wd Wn
1 00 1001101 000000 001111 n d | sxth | Xd Wn
0 00 1001100 000000 001111 n d | sxth | Wd Wn
1 00 1001101 000000 011111 n d | sxtw | Xd Wn
1 10 1001101 immr6 111111 n d | lsr | Xd Xn #lsr
0 10 1001100 0 immr5 011111 n d | lsr | Wd Wn #lsr
1 10 1001101 immr6 imms6 n d | lsl | Xd Xn #lsl ?? left-shift
0 10 1001100 0 immr5 0 imms5 n d | lsl | Wd Wn #lsl ?? left-shift
0 10 1001100 000000 000111 n d | uxtb | Wd Wn
0 10 1001100 000000 001111 n d | uxth | Wd Wn
${bothWidths(`
sf 00 100110 N immr6 imms6 n d | sbfiz | Rd Rn #insert #insert-width ?? insert
sf 00 100110 N immr6 imms6 n d | sbfx | Rd Rn #extract #extract-width ?? extract
sf 01 100110 N immr6 imms6 n d | +bfi | Rd Rn #insert #insert-width ?? insert
sf 01 100110 N immr6 imms6 11111 d | +bfc | Rd #insert #insert-width ?? insert
sf 01 100110 N immr6 imms6 n d | +bfxil | Rd Rn #extract #extract-width ?? extract-any
sf 10 100110 N immr6 imms6 n d | ubfiz | Rd Rn #insert #insert-width ?? insert-no-shift
sf 10 100110 N immr6 imms6 n d | ubfx | Rd Rn #extract #extract-width ?? extract
sf 00 100111 N 0 m imms6 n d | ror | Rd Rn=m #ror ? same-sources
`)}`;
