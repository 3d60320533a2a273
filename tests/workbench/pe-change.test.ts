// Changed PE programs: new room is run by wine64, the checksum is right, the signature is gone and nothing else.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addSpace, type Edit, type Image, offset, open, repair, type Space, save } from '@cohesix/image';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool, type ToolRun, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts } from './fixtures/fixtures.ts';
import { plain } from './fixtures/plain.ts';

const WINE = '/usr/lib/wine/wine64';
const SIGN = '/usr/bin/osslsigncode';
const OPENSSL = '/usr/bin/openssl';
const WINE_MS = 60_000;
const CODE = { read: true, write: false, execute: true } as const;
const have = new Set(fixtureFacts({ format: 'pe' }).map(({ name }) => name));
const folder = mkdtempSync(join(tmpdir(), 'cohesix-pe-'));
/** Wine takes long to make its folder; it is kept for the next run. */
const prefix = fileURLToPath(new URL('../../test-results/wine', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));

function opened(bytes: Uint8Array): Image {
  const outcome = open(bytes);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

function room(image: Image, size: number): Space {
  const outcome = addSpace(image, { size, permissions: CODE });
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

/** Saves edits and bytes in the room, repaired. */
function changed(image: Image, space: Space, code: Uint8Array, more: readonly Edit[] = []): Uint8Array {
  const edits = withCode(image, space, code);
  const repaired = repair(
    image,
    [...edits, ...more].sort((one, other) => one.offset - other.offset),
  );
  if (!repaired.ok) throw new Error(repaired.problem);
  const saved = save(image.bytes, repaired.value.edits);
  if (!saved.ok) throw new Error(saved.problem);
  return saved.value;
}

/** The room's bytes are an edit of their own, or lie in the one that makes the file longer. */
function withCode(image: Image, space: Space, code: Uint8Array): readonly Edit[] {
  const last = space.edits.at(-1);
  if (last !== undefined && last.before.length !== last.after.length) {
    const after = last.after.slice();
    after.set(code, space.offset - last.offset);
    return [...space.edits.slice(0, -1), { ...last, after }];
  }
  const before = image.bytes.slice(space.offset, space.offset + code.length);
  return [...space.edits, { offset: space.offset, before, after: code, reason: 'code' }];
}

/** A new entry point: the field is 16 bytes into the optional header. */
function entryEdit(image: Image, address: number): Edit {
  if (image.detail.format !== 'pe') throw new Error('not PE');
  const { headers } = image.detail;
  const at = headers.optionalOffset + 16;
  const after = new Uint8Array(4);
  new DataView(after.buffer).setUint32(0, address - Number(headers.imageBase), true);
  return { offset: offset(at), before: image.bytes.slice(at, at + 4), after, reason: 'entry' };
}

function rel32(opcode: readonly number[], from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(opcode.length + 4);
  bytes.set(opcode);
  new DataView(bytes.buffer).setInt32(opcode.length, to - from - bytes.length, true);
  return bytes;
}

async function wine(bytes: Uint8Array, name: string): Promise<ToolRun> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  mkdirSync(prefix, { recursive: true });
  return await runTool('/usr/bin/env', [`WINEPREFIX=${prefix}`, 'WINEDEBUG=-all', WINE, path], WINE_MS);
}

describe('room in PE programs', () => {
  it.for([
    ['slack', 32],
    ['section', 5000],
  ] as const)(
    '%s: a program runs code there, then does what it always did',
    { timeout: 200_000 },
    async ([how, size], context) => {
      const missing = toolMissing(WINE, 'wine64');
      if (missing !== undefined || !have.has('pe-x64-clang-O2')) context.skip(missing ?? 'the fixture cannot be made');
      const image = opened(fixture('pe-x64-clang-O2').bytes);
      const space = room(image, size);
      expect(space.how).toBe(how);
      const back = changed(image, space, rel32([0x90, 0xe9], space.address, image.entry ?? 0), [
        entryEdit(image, space.address),
      ]);
      const [before, after] = [await wine(image.bytes.slice(), 'before.exe'), await wine(back, 'after.exe')];
      expect({ ...after, stderr: '' }).toEqual({ ...before, stderr: '' });
      const slot = image.imports().find(({ name }) => name === 'ExitProcess')?.slot ?? 0;
      // mov ecx, 77; jmp [rip + slot]
      const code = new Uint8Array(11);
      code.set([0xb9, 77, 0, 0, 0]);
      code.set(rel32([0xff, 0x25], space.address + 5, slot), 5);
      const ended = await wine(changed(image, space, code, [entryEdit(image, space.address)]), 'ended.exe');
      expect(ended.status).toBe(77);
    },
  );

  it('a second room is asked of the file with the first one', () => {
    const first = opened(fixture('pe-x64-mingw-O2').bytes);
    const space = room(first, 20_000);
    const second = opened(changed(first, space, new Uint8Array(1)));
    expect(second.warnings).toEqual([]);
    expect(second.sections.at(-1)).toMatchObject({ name: '.patch', size: 20_000, role: 'code' });
    expect(second.imports()).toEqual(first.imports());
    expect(room(second, 20_000).address).toBeGreaterThan(space.address + 20_000 - 1);
  });
});

describe('repair of PE files', () => {
  it('makes the checksum anew where there is one', () => {
    for (const [name, has] of [
      ['pe-x64-mingw-O2', true],
      ['pe-x64-clang-O2', false],
    ] as const) {
      const image = opened(fixture(name).bytes);
      const bytes = changed(image, room(image, 3), Uint8Array.of(1, 2, 3));
      const { detail } = opened(bytes);
      if (detail.format !== 'pe') throw new Error('not PE');
      expect(detail.headers.checksum !== 0).toBe(has);
      expect(detail.hasGoodChecksum()).toBe(has);
    }
  });

  it('takes a signature away, and osslsigncode finds none', async (context) => {
    const missing = toolMissing(SIGN, 'osslsigncode') ?? toolMissing(OPENSSL, 'openssl');
    if (missing !== undefined || !have.has('pe-x64-mingw-O2-stripped')) context.skip(missing ?? 'no fixture');
    const [key, certificate, signed] = ['key.pem', 'cert.pem', 'signed.exe'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const subject = ['-subj', '/CN=test', '-days', '30', '-nodes', '-newkey', 'rsa:2048'];
    await runTool(OPENSSL, ['req', '-x509', ...subject, '-keyout', key, '-out', certificate]);
    const source = fixture('pe-x64-mingw-O2-stripped').path;
    await runTool(SIGN, ['sign', '-h', 'sha256', '-certs', certificate, '-key', key, '-in', source, '-out', signed]);
    const image = opened(plain(readFileSync(signed)));
    if (image.detail.format !== 'pe') throw new Error('not PE');
    const [first] = image.detail.certificates?.certificates ?? [];
    const { stdout: said } = await runTool(SIGN, ['verify', '-in', signed]);
    expect(first).toMatchObject({ type: 2, algorithm: 'sha256' });
    expect(said.toLowerCase()).toContain(first?.digest);
    expect(image.ownership.at(-1)).toMatchObject({ kind: 'signature' });
    for (const size of [8, 5000]) {
      const space = room(image, size);
      const repaired = repair(image, withCode(image, space, Uint8Array.of(0xc3)));
      expect(repaired).toMatchObject({
        value: { repairs: [{ what: 'authenticode', outcome: 'dropped' }, { what: 'pe-checksum' }] },
      });
      const path = join(folder, `unsigned-${size}.exe`);
      const bytes = changed(image, space, Uint8Array.of(0xc3));
      writeFileSync(path, bytes);
      const after = opened(bytes);
      expect(after.detail).not.toHaveProperty('certificates');
      expect(after.ownership.some(({ kind }) => kind === 'signature' || kind === 'overlay')).toBe(false);
      const { stdout, stderr } = await runTool(SIGN, ['verify', '-in', path]);
      expect(stdout + stderr).toMatch(/no signature/i);
    }
  });
});
