// The table of forms is what iced says: some rows of every map are asked again.

import { expect, it } from 'vitest';
import { EVEX_MASKS, MASK_IDS, MASKS } from '../src/x86/form-table.ts';
import { SECTIONS } from './ask-iced.ts';

/** Rows of a map that are asked: a prime apart, so that every column of the opcode maps has its turn. */
const STEP = 83;

const ids = (MASK_IDS.join('').match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16));

it.each(SECTIONS.map(([name], index) => [name, index] as const))('%s', (name, index) => {
  const ask = SECTIONS[index]![1];
  const masks = name.startsWith('EVEX') ? EVEX_MASKS : MASKS;
  for (let opcode = index; opcode < 256; opcode += STEP) {
    const found = Buffer.from(ask(opcode)).toString('base64');
    expect(found, `${name} ${opcode.toString(16)}`).toBe(masks[ids[index * 256 + opcode]!]);
  }
});
