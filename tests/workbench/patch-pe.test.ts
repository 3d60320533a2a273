// A patched PE program runs under wine64 and does what was planned; a patched Mach-O program verifies.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Intent, revert, verify } from '@cohesix/patch';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts } from './fixtures/fixtures.ts';
import { patched, programOf } from './support/patching.ts';

const WINE = '/usr/lib/wine/wine64';
/** What mingw's programs need beside them. */
const THREADS = '/usr/x86_64-w64-mingw32/lib/libwinpthread-1.dll';
const folder = mkdtempSync(join(tmpdir(), 'cohesix-patch-pe-'));
/** Wine takes long to make its folder; it is kept for the next run. */
const prefix = fileURLToPath(new URL('../../test-results/wine', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));
const have = new Set(fixtureFacts().map(({ name }) => name));

async function wine(bytes: Uint8Array, name: string, args: readonly string[]): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  mkdirSync(prefix, { recursive: true });
  const ran = await runTool('/usr/bin/env', [`WINEPREFIX=${prefix}`, 'WINEDEBUG=-all', WINE, path, ...args], 60_000);
  return `${ran.stdout.replaceAll('\r', '')}${ran.status}`;
}

describe('patches', () => {
  it('of a PE program: it says yes, and counts days from one', { timeout: 200_000 }, async (context) => {
    const missing = toolMissing(WINE, 'wine64');
    if (missing !== undefined || !have.has('pe-x64-mingw-O2') || !existsSync(THREADS))
      context.skip(missing ?? 'mingw is not installed');
    copyFileSync(THREADS, join(folder, 'libwinpthread-1.dll'));
    const { bytes } = fixture('pe-x64-mingw-O2');
    const made = patched(programOf(bytes), [
      { kind: 'return', function: 'is_licensed', value: '1' },
      { kind: 'hook', function: 'day_kind', when: 'before', code: { assembly: 'add ecx, 1' } },
    ]);
    expect(verify(bytes, made.bytes, made.plan)).toMatchObject({ isRight: true });
    expect(revert(made.bytes, made.plan)).toEqual({ ok: true, value: bytes });
    const does = [
      ['check', 'none'],
      ['day', '2'],
      ['fibonacci', '9'],
    ];
    const [before, now]: [string[], string[]] = [[], []];
    for (const args of does) {
      before.push(await wine(bytes, 'before.exe', args));
      now.push(await wine(made.bytes, 'now.exe', args));
    }
    expect(before).toEqual(['not licensed\n3', 'work\n0', '34\n0']);
    expect(now).toEqual(['licensed\n0', 'middle\n0', '34\n0']);
  });

  it.for(['macho-x64-O2', 'macho-arm64-O2'])('of %s verify and can be taken back', (name, context) => {
    if (!have.has(name)) context.skip('clang or ld64.lld is not installed');
    const { bytes } = fixture(name);
    const before: Intent = { kind: 'hook', function: '_day_kind', when: 'before', code: { assembly: 'nop' } };
    const made = patched(programOf(bytes), [{ kind: 'return', function: '_is_licensed', value: '1' }, before]);
    expect(verify(bytes, made.bytes, made.plan)).toMatchObject({ isRight: true });
    expect(revert(made.bytes, made.plan)).toEqual({ ok: true, value: bytes });
  });
});
