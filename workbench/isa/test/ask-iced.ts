// Which forms of each opcode exist, asked of iced by decoding every combination of mandatory prefix, register or memory, group
// number and vector fields once. `node workbench/isa/test/ask-iced.ts` writes src/x86/form-table.ts from it (then format that);
// what depends on more than a row's key is not in the table (AGREEMENT.md lists it).

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Instruction as IcedInstruction } from 'iced-x86';

const { Decoder, Instruction } = createRequire(import.meta.url)('iced-x86') as typeof import('iced-x86');
const shared: IcedInstruction = new Instruction();

function isValid(bytes: readonly number[]): boolean {
  const padded = new Uint8Array(24);
  padded.set(bytes);
  const decoder = new Decoder(64, padded, 0);
  decoder.decodeOut(shared);
  decoder.free();
  return !shared.isInvalid;
}

const MANDATORY: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2]];
const RANGE = (count: number): readonly number[] => Array.from({ length: count }, (_none, index) => index);

/** Bits of one row. */
type Mask = Uint8Array;

function maskOf(bits: number, isSet: (key: number) => boolean): Mask {
  const mask = new Uint8Array(bits / 8);
  for (let key = 0; key < bits; key++) if (isSet(key)) mask[key >> 3]! |= 1 << (key & 7);
  return mask;
}

/** Key of a row without a vector prefix: pp[2] register[1] reg[3] rm[3]. */
function plainMask(leading: readonly number[], opcode: number): Mask {
  return maskOf(512, (key) => {
    const modrm = (key & 0x40 ? 0xc0 : 0x40) | (key & 0x3f);
    const prefix = MANDATORY[key >> 7]!;
    return isValid([...prefix, ...leading, opcode, modrm, 0x24, 0x12]);
  });
}

/** 3DNow!: the key is the suffix, the last byte. */
function suffixMask(): Mask {
  return maskOf(512, (key) => key < 256 && isValid([0x0f, 0x0f, 0xc1, key]));
}

/** Registers that may be tried in `vvvv` when it is not 1111, inverted as in the prefix. */
const OTHERS = [0b0101, 0b1110, 0b1101, 0b1100, 0b1011];

/** Key of VEX and XOP rows: pp[2] W[1] L[1] register[1] reg[3] unused-vvvv[1]. */
function vexMask(vector: number, map: number, opcode: number): Mask {
  return maskOf(512, (key) => {
    const [pp, w, l] = [key >> 7, (key >> 6) & 1, (key >> 5) & 1];
    const modrm = (key & 0x10 ? 0xc0 : 0x40) | (((key >> 1) & 7) << 3);
    const values = key & 1 ? [15] : OTHERS;
    return values.some((vvvv) =>
      [0, 1, 2, 3, 4, 5, 6].some((rm) => {
        const third = (w << 7) | (vvvv << 3) | (l << 2) | pp;
        // Two index registers and, by VEX.R, two destinations: those of a gather must differ from its mask.
        const tries = [0xe0, 0x60].flatMap((high) => [0x3b, 0x0b].map((sib) => ({ high, sib })));
        return tries.some(({ high, sib }) => isValid([vector, high | map, third, opcode, modrm | rm, sib, 0x12]));
      }),
    );
  });
}

/** Key of EVEX rows: pp[2] W[1] LL[2] register[1] b[1] unused-vvvv[1] mask[2]: none, merging, zeroing. */
function evexMask(map: number, opcode: number): Mask {
  return maskOf(1024, (key) => {
    const [pp, w, ll] = [key >> 8, (key >> 7) & 1, (key >> 5) & 3];
    const [isRegister, b, unused, mask] = [(key >> 4) & 1, (key >> 3) & 1, (key >> 2) & 1, key & 3];
    if (mask === 3) return false;
    const values = unused ? [15] : OTHERS;
    const opmask = mask === 0 ? 0 : mask === 1 ? 0x01 : 0x81;
    return values.some((vvvv) =>
      RANGE(8).some((reg) =>
        [0, 4].some((rm) => {
          const modrm = (isRegister ? 0xc0 : 0x40) | (reg << 3) | rm;
          const second = (w << 7) | (vvvv << 3) | 4 | pp;
          return isValid([0x62, 0xf0 | map, second, (ll << 5) | (b << 4) | 8 | opmask, opcode, modrm, 0x3b, 0x12]);
        }),
      ),
    );
  });
}

/** `reg` fields for which any form of an EVEX row exists, as bits. */
function evexGroups(map: number, opcode: number): number {
  let groups = 0;
  for (const reg of RANGE(8)) {
    const exists = RANGE(1024).some((key) => {
      const third = (key & 0x80) | 0x7c | (key & 3);
      const modrm = (key & 4 ? 0xc0 : 0x44) | (reg << 3);
      return isValid([0x62, 0xf0 | map, third, (key & 0x60) | 8 | (key & 8 ? 1 : 0), opcode, modrm, 0x3b, 0x12]);
    });
    if (exists) groups |= 1 << reg;
  }
  return groups;
}

/** Rows in the order of `MAP` of workbench/isa/src/x86/opcode-flags.ts, and what asks iced about them. */
export const SECTIONS: readonly (readonly [name: string, ask: (opcode: number) => Mask])[] = [
  ['one byte', (opcode) => (isPrefix(opcode) ? maskOf(512, () => true) : plainMask([], opcode))],
  ['0F', (opcode) => twoByteMask(opcode)],
  ['0F38', (opcode) => plainMask([0x0f, 0x38], opcode)],
  ['0F3A', (opcode) => plainMask([0x0f, 0x3a], opcode)],
  ...[1, 2, 3, 4, 5, 6, 7].map((map) => [`VEX ${map}`, (opcode: number) => vexMask(0xc4, map, opcode)] as const),
  ...[1, 2, 3, 4, 5, 6, 7].map((map) => [`EVEX ${map}`, (opcode: number) => evexMask(map, opcode)] as const),
  ...[8, 9, 10].map((map) => [`XOP ${map}`, (opcode: number) => vexMask(0x8f, map, opcode)] as const),
];

/** Prefixes and escapes are the sweep's own; 8F is pop or XOP, and its row is pop's. */
function isPrefix(opcode: number): boolean {
  const isOther = [0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x62, 0x64, 0x65, 0x66, 0x67, 0xc4, 0xc5, 0xf0, 0xf2, 0xf3].includes(
    opcode,
  );
  return isOther || (opcode & 0xf0) === 0x40;
}

function twoByteMask(opcode: number): Mask {
  if (opcode === 0x38 || opcode === 0x3a) return maskOf(512, () => true);
  return opcode === 0x0f ? suffixMask() : plainMask([0x0f], opcode);
}

/** EVEX opcodes whose `reg` field is part of the opcode: map, opcode. */
const GROUPS = [
  [1, 0x71],
  [1, 0x72],
  [1, 0x73],
  [2, 0xc6],
  [2, 0xc7],
] as const;

/** The whole file. Takes a minute. */
function formTable(): string {
  const masks = { 64: new Map<string, number>(), 128: new Map<string, number>() };
  const ids: number[] = [];
  for (const [, ask] of SECTIONS) {
    for (const opcode of RANGE(256)) {
      const mask = ask(opcode);
      const known = mask.length === 64 ? masks[64] : masks[128];
      const text = Buffer.from(mask).toString('base64');
      if (!known.has(text)) known.set(text, known.size);
      ids.push(known.get(text)!);
    }
  }
  const groups = GROUPS.map(([map, opcode]) => {
    const row = `0x${(0xb00 + (map - 1) * 256 + opcode).toString(16)}`;
    return `[${row}, ${evexGroups(map, opcode)}]`;
  });
  return [
    '// Made by `node workbench/isa/test/ask-iced.ts` from what iced-x86 1.21.0 decodes; read by validity.ts.',
    '',
    '/** Masks of 512 bits, base64: forms of rows without EVEX. */',
    listOf('MASKS', [...masks[64].keys()]),
    '',
    '/** Masks of 1024 bits, base64: forms of EVEX rows. */',
    listOf('EVEX_MASKS', [...masks[128].keys()]),
    '',
    '/** Number of the mask of each row, hex, 64 rows a line. */',
    listOf(
      'MASK_IDS',
      RANGE(ids.length / 64).map((line) => hexOf(ids.slice(line * 64, line * 64 + 64))),
    ),
    '',
    '/** EVEX rows that are groups: row, and bits of the `reg` fields that exist. */',
    `export const EVEX_GROUPS: readonly (readonly [row: number, groups: number])[] = [${groups.join(', ')}];`,
    '',
  ].join('\n');
}

function listOf(name: string, texts: readonly string[]): string {
  return `export const ${name}: readonly string[] = [\n${texts.map((text) => `  '${text}',`).join('\n')}\n];`;
}

function hexOf(ids: readonly number[]): string {
  return ids.map((id) => id.toString(16).padStart(2, '0')).join('');
}

if (import.meta.main) {
  writeFileSync(new URL('../src/x86/form-table.ts', import.meta.url), formTable());
}
