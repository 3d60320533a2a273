// AArch64 code that we assembled and moved runs under qemu: what lies relative to it is still found, from near and from afar.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { assembleA64, relocateA64 } from '@cohesix/isa';
import { describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';

const QEMU = '/usr/bin/qemu-aarch64-static';
const OLD = 0x400000;
/** What stays where it was: a function, literals, a page of data behind them. */
const REST = OLD + 0x100;
const PAGE = 4096;

const REST_SOURCE = `
double:  lsl w0, w0, #1
  ret
finish:  mov x8, #93
  svc #0
failed:  mov w0, #99
  b finish
number:  .word 0x80000001
wide:    .quad 0x1122334455667788
signed:  .word -2
text:    .ascii "A"
  .balign 4096
  .zero 24
value:   .quad 42`;

/** Every instruction that names a place relative to itself; 84 is left in w0 when all of them were right. */
const MOVED_SOURCE = `
  adr x1, text
  ldrb w2, [x1]
  cmp w2, #65
  b.ne wrong
  adrp x3, value
  ldr x0, [x3, :lo12:value]
  cbz x0, wrong
  cbnz x0, go
wrong: b failed
go: ldr w4, number
  tbz w4, #31, wrong
  tbnz w4, #1, wrong
  ldr x5, wide
  ldr x6, =0x1122334455667788
  cmp x5, x6
  b.ne wrong
  ldrsw x7, signed
  cmn x7, #2
  b.ne wrong
  bl double
  b finish
end:`;

function assembled(source: string, address: number, addressOf: (name: string) => number | undefined = () => undefined) {
  const result = assembleA64(source, { address, addressOf });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}

/** The code's literal pool moves as code would not: the piece is cut before it, and the literal stays at its old place. */
function pieces(): { readonly rest: Uint8Array; readonly old: Uint8Array; readonly code: Uint8Array } {
  const rest = assembled(REST_SOURCE, REST);
  const old = assembled(MOVED_SOURCE, OLD, (name) => rest.labels.get(name));
  const size = (old.labels.get('end') ?? 0) - OLD;
  return { rest: rest.bytes, old: old.bytes, code: old.bytes.subarray(0, size) };
}

/** An ELF file of two segments that can be written and run; see the System V gABI, chapters 4 and 5. */
function elf(entry: number, segments: readonly { readonly address: number; readonly bytes: Uint8Array }[]): Uint8Array {
  const size = (bytes: Uint8Array) => Math.ceil(bytes.length / PAGE) * PAGE;
  const file = new Uint8Array(PAGE + segments.reduce((sum, { bytes }) => sum + size(bytes), 0));
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  // e_type, e_machine, e_version, e_entry, e_phoff, then e_ehsize, e_phentsize, e_phnum.
  for (const [at, value] of [
    [16, 2],
    [18, 183],
    [20, 1],
    [52, 64],
    [54, 56],
    [56, segments.length],
  ])
    view.setUint16(at as number, value as number, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, 64n, true);
  let offset = PAGE;
  for (const [index, { address, bytes }] of segments.entries()) {
    const header = 64 + index * 56;
    view.setUint32(header, 1, true);
    view.setUint32(header + 4, 7, true);
    for (const [at, value] of [
      [8, offset],
      [16, address],
      [24, address],
      [32, bytes.length],
      [40, bytes.length],
      [48, PAGE],
    ])
      view.setBigUint64(header + (at as number), BigInt(value as number), true);
    file.set(bytes, offset);
    offset += size(bytes);
  }
  return file;
}

/** Exit status of the moved code, run with the rest at its old place. */
async function statusAt(to: number): Promise<number | string> {
  const { rest, old, code } = pieces();
  const relocated = relocateA64(code, { from: OLD, to });
  if (!relocated.ok) return relocated.problem;
  const whole = new Uint8Array(REST - OLD + rest.length);
  // The code's old place holds zeros, which trap: nothing may go back there but for the literal.
  whole.set(old.subarray(code.length), code.length);
  whole.set(rest, REST - OLD);
  const folder = mkdtempSync(`${tmpdir()}/a64-run-`);
  try {
    const file = `${folder}/program`;
    writeFileSync(
      file,
      elf(to, [
        { address: OLD, bytes: whole },
        { address: to, bytes: relocated.value.bytes },
      ]),
    );
    chmodSync(file, 0o755);
    return (await runTool(QEMU, [file])).status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each([
  ['near', 0x408000],
  ['32 MiB away', 0x2400000],
  ['1 GiB away', 0x40400000],
  ['below its old place', 0x20000],
])('code moved %s', (_where, to) => {
  it('finds all it names and does the same under qemu-aarch64', async (ctx) => {
    const why = toolMissing(QEMU, 'qemu-user-static');
    if (why !== undefined) ctx.skip(why);
    expect(await statusAt(to)).toBe(84);
  });
});
