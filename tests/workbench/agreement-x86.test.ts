// Our x86-64 beside objdump and llvm-objdump over real binaries: lengths and mnemonics.
// COHESIX_AGREEMENT_BYTES is how much of each .text is compared (default 150,000); the tables of workbench/isa/AGREEMENT.md are
// from a run with 6000000, which is all of each but cc1 and prints the counts.

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toolMissing } from '../support/tool.ts';
import { agreementOf, DATA_CLASSES, linesOf, textOf } from './support/x86-lines.ts';

const BYTES = Number(process.env.COHESIX_AGREEMENT_BYTES ?? 150_000);
/** What a disassembler prints of more does not fit in a string. */
const BYTES_MAX = 6_000_000;
const WHOLE_MS = 1_200_000;
const LIBC = '/usr/lib/x86_64-linux-gnu/libc.so.6';
const CRYPTO = '/usr/lib/x86_64-linux-gnu/libcrypto.so.3';
const OBJDUMP = '/usr/bin/objdump';
const LLVM = '/usr/bin/llvm-objdump-19';

/** File, tool, Debian package of the file, whether there are tables of constants in its .text. */
const RUNS: readonly (readonly [file: string, tool: string, hasData: boolean])[] = [
  [LIBC, OBJDUMP, false],
  ['/usr/bin/bash', OBJDUMP, false],
  ['/usr/bin/bash', LLVM, false],
  ['/usr/lib/gcc/x86_64-linux-gnu/12/cc1', OBJDUMP, false],
  [CRYPTO, OBJDUMP, true],
  [CRYPTO, LLVM, true],
];

describe.each(RUNS)('%s beside %s', (file, tool, hasData) => {
  it('lengths and mnemonics agree, or the difference has a name', { timeout: WHOLE_MS }, async (ctx) => {
    const missing = toolMissing(tool, tool === LLVM ? 'llvm-19' : 'binutils');
    if (missing !== undefined || !existsSync(file)) ctx.skip(missing ?? `${file} is not there`);
    const text = await textOf(file);
    const result = agreementOf(
      text,
      await linesOf(tool, file, text.address, Math.min(BYTES, BYTES_MAX, text.code.length)),
    );
    if (BYTES >= BYTES_MAX) console.log(file, tool, result);
    expect(result.lines).toBeGreaterThan(20_000);
    expect(result.unexplained).toEqual([]);
    if (!hasData) expect([...result.lengths]).toEqual([]);
    const other = [...result.mnemonics].filter(([name]) => !DATA_CLASSES.includes(name) && name !== '66 90');
    expect(other.reduce((sum, [, count]) => sum + count, 0) / result.lines).toBeLessThan(0.001);
  });
});
