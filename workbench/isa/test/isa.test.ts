// The verbs that do not care which instruction set it is.

import { assemble, decoderOf, type Isa, nopsOf, relocate } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';

describe.each<readonly [Isa, string, string]>([
  ['x86-64', 'call 0x402000', 'call 0x402000'],
  ['aarch64', 'bl 0x402000', 'bl'],
])('%s', (isa, source, text) => {
  it('assembles, moves and prints', () => {
    const assembled = assemble(isa, source, { address: 0x401000 });
    const bytes = assembled.ok ? assembled.bytes : new Uint8Array();
    const moved = relocate(isa, bytes, { from: 0x401000, to: 0x501000 });
    if (!moved.ok) throw new Error(moved.problem);
    const piece = { code: moved.value.bytes, address: 0x501000 };
    expect(decoderOf(isa).text(piece, 0)).toContain(text);
    expect(decoderOf(isa).instruction(piece, 0).target).toBe(0x402000);
  });

  it('fills with what does nothing', () => {
    const filled = nopsOf(isa, 12);
    const code = filled.ok ? filled.value : new Uint8Array();
    expect(code).toHaveLength(12);
    expect(decoderOf(isa).text({ code, address: 0 }, 0)).toContain('nop');
  });
});

it('AArch64 cannot be filled by the byte', () => {
  expect(nopsOf('aarch64', 6)).toMatchObject({ ok: false });
});
