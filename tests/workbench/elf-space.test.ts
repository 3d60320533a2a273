// New room in ELF programs, proved by running them: code in the room announces itself, then the program does what it always did.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { addSpace, type Edit, type Image, open, type Permissions, type Space, save } from '@cohesix/image';
import { afterAll, describe, expect, it } from 'vitest';
import { runTool, toolMissing } from '../support/tool.ts';
import { fixture, fixtureFacts, hiddenFixtures } from './fixtures/fixtures.ts';
import { plain } from './fixtures/plain.ts';
import { realFiles } from './fixtures/real-files.ts';
import { announcement } from './support/announce.ts';

const CODE: Permissions = { read: true, write: false, execute: true };
const DATA: Permissions = { read: true, write: true, execute: false };
const QEMU = '/usr/bin/qemu-aarch64-static';
const qemuMissing = toolMissing(QEMU, 'qemu-user-static');
const readelfMissing = toolMissing('/usr/bin/readelf', 'binutils');
const folder = mkdtempSync(join(tmpdir(), 'cohesix-space-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Real programs, and the beginning of what they print. Those that are not here are left out. */
const programs = [
  { name: 'usr/bin/bash', args: ['-c', 'echo hi'], prints: 'hi' },
  { name: 'bin/bash', args: ['-c', 'echo hi'], prints: 'hi' },
  { name: 'bin/busybox', args: ['echo', 'hi'], prints: 'hi' },
  { name: 'usr/bin/perl', args: ['-e', 'print "hi"'], prints: 'hi' },
  { name: 'usr/bin/python3', args: ['-c', 'print("hi")'], prints: 'hi' },
  { name: 'usr/bin/openssl', args: ['version'], prints: 'OpenSSL' },
  { name: 'node_modules/@esbuild/linux-x64/bin/esbuild', args: ['--version'], prints: '\\d' },
  { name: 'node_modules/node/bin/node', args: ['-p', '40 + 2'], prints: '42' },
].flatMap((program) => realFiles().flatMap(({ name, path }) => (name === program.name ? [{ ...program, path }] : [])));

const runnable = (['native', 'qemu-aarch64'] as const)
  .flatMap((runs) => fixtureFacts({ format: 'elf', runs }))
  .filter(({ name, isa }) => isa !== 'x86' && !/-O[013]-|-O[13]$/.test(name));
const hidden = hiddenFixtures({ format: 'elf' });

function opened(bytes: Uint8Array): Image {
  const outcome = open(bytes);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

function room(image: Image, size: number, permissions: Permissions = CODE): Space {
  const outcome = addSpace(image, { size, permissions });
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

function saved(image: Image, edits: readonly Edit[]): Uint8Array {
  const outcome = save(image.bytes, edits);
  if (!outcome.ok) throw new Error(outcome.problem);
  return outcome.value;
}

/** The program with an announcement in new room that runs first: e_entry names it. */
function announcing(bytes: Uint8Array, size: number): { readonly patched: Uint8Array; readonly space: Space } {
  const image = opened(bytes);
  const space = room(image, size);
  const grown = saved(image, space.edits);
  const isa = image.machine.isa as 'x86-64' | 'aarch64';
  grown.set(announcement({ isa, text: '[room]  ', at: space.address, to: image.entry ?? 0 }), space.offset);
  new DataView(grown.buffer).setBigUint64(24, BigInt(space.address), true);
  return { patched: grown, space };
}

async function run(name: string, bytes: Uint8Array, runs: string | undefined, program: string): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, bytes, { mode: 0o755 });
  const args = program === 'sample' ? ['day', '3'] : [];
  const native = runs === 'native';
  const ran = native ? await runTool(path, args) : await runTool(QEMU, ['-L', '/usr/aarch64-linux-gnu', path, ...args]);
  return `${ran.stdout}${ran.stderr}${ran.status}`;
}

describe(`room in ELF programs${hidden.length === 0 ? '' : ` (not tried: ${hidden.join('; ')})`}`, () => {
  it.for(runnable)(
    '$name runs with code in new room, small and larger than a page',
    async ({ name, runs, program }, context) => {
      if (runs === 'qemu-aarch64' && qemuMissing) context.skip(qemuMissing);
      const expected = program === 'sample' ? '[room]  middle\n0' : '[room]  not licensed\n3';
      for (const size of [80, 70_000]) {
        const { patched, space } = announcing(fixture(name).bytes, size);
        expect(space.size).toBeGreaterThanOrEqual(size);
        expect(`${space.how} ${await run(`${name}-${size}`, patched, runs, program)}`).toBe(`${space.how} ${expected}`);
        expect(opened(patched).warnings).toEqual(opened(fixture(name).bytes).warnings);
      }
    },
  );

  it('adds code, then data, then more of each, and the program still runs', async () => {
    let bytes = fixture('elf-x64-gcc-O2').bytes;
    const ways: string[] = [];
    for (const permissions of [CODE, DATA, CODE, DATA]) {
      const image = opened(bytes);
      const space = room(image, 9000, permissions);
      ways.push(`${space.how}: ${space.notes[0]?.split(':')[0]}`);
      bytes = saved(image, space.edits);
    }
    expect(ways).toMatchInlineSnapshot(`
      [
        "segment: PT_NOTE became PT_LOAD",
        "segment: PT_NOTE became PT_LOAD",
        "segment: there is no PT_NOTE to take",
        "segment: there is no PT_NOTE to take",
      ]
    `);
    expect(await run('twice', bytes, 'native', 'sample')).toBe('middle\n0');
    // The table was moved and grew twice: PT_PHDR names where it is, inside a PT_LOAD.
    const { detail, segments } = opened(bytes);
    if (detail.format !== 'elf') throw new Error('not ELF');
    const [phdr] = detail.programHeaders;
    expect(phdr).toMatchObject({ type: 6, offset: detail.programHeaderTable.offset });
    expect(
      segments.some(
        ({ offset, fileSize, address }) =>
          phdr!.offset >= offset &&
          phdr!.offset < offset + fileSize &&
          phdr!.address === address + phdr!.offset - offset,
      ),
    ).toBe(true);
  });

  it.for(programs)('$name, which nobody here made, runs with code in new room', async ({ path, args, prints }) => {
    for (const size of [80, 70_000]) {
      const { patched, space } = announcing(plain(readFileSync(path)), size);
      const copy = join(folder, `${basename(path)}-${size}`);
      writeFileSync(copy, patched, { mode: 0o755 });
      const { stdout, status } = await runTool(copy, args);
      expect(`${space.how} ${stdout.slice(0, 60)} ${status}`).toMatch(
        new RegExp(`^${space.how} \\[room\\]  ${prints}`),
      );
      expect(status).toBe(0);
    }
  });

  it('finds room within reach or says that there is none', () => {
    const image = opened(fixture('elf-x64-gcc-O2').bytes);
    const near = { address: image.entry ?? (0 as never), reach: 0x1000 };
    expect(addSpace(image, { size: 64, permissions: CODE, near }).ok).toBe(true);
    expect(addSpace(image, { size: 0x2000, permissions: CODE, near })).toMatchObject({ ok: false });
  });

  it('uses padding between sections as a cave when nothing else changes', () => {
    const image = opened(fixture('elf-x64-gcc-O2').bytes);
    const space = addSpace(image, {
      size: 8,
      permissions: CODE,
      alignment: 1,
      near: { address: image.entry!, reach: 0x200 },
    });
    expect(space).toMatchObject({ ok: true });
  });

  it('changes nothing but what its edits say', () => {
    const image = opened(fixture('elf-x64-gcc-free').bytes);
    const space = room(image, 5000);
    const after = saved(image, space.edits);
    const touched = (at: number): boolean =>
      space.edits.some((edit) => at >= edit.offset && at < edit.offset + edit.after.length);
    const changed = [...image.bytes.keys()].filter((at) => image.bytes[at] !== after[at] && !touched(at));
    expect(changed).toEqual([]);
    expect(space.notes[0]).toContain('no PT_NOTE');
  });

  it('gives tables that readelf finds nothing wrong with', async (context) => {
    if (readelfMissing) context.skip(readelfMissing);
    for (const name of ['elf-x64-gcc-O2', 'elf-x64-gcc-free-pie', 'elf-x64-gcc-O2-static']) {
      const image = opened(fixture(name).bytes);
      const path = join(folder, `${name}-readelf`);
      writeFileSync(path, saved(image, room(image, 70_000).edits));
      const ran = await runTool('/usr/bin/readelf', ['-lW', path]);
      expect(ran.stderr).toBe('');
      expect(ran.stdout.match(/^ {2}LOAD/gm)).toHaveLength(image.segments.length + 1);
    }
  });

  it.each([
    ['elf-x86-gcc-free', '32-bit ELF files are read, not changed'],
    ['elf-x64-gcc-O2-relocatable', 'only programs and shared libraries have room to be loaded'],
  ])('refuses %s: %s', (name, problem) => {
    expect(addSpace(opened(fixture(name).bytes), { size: 16, permissions: CODE })).toEqual({ ok: false, problem });
  });

  it('refuses a size or an alignment that makes no sense', () => {
    const image = opened(fixture('elf-x64-gcc-O2').bytes);
    expect(addSpace(image, { size: 0, permissions: CODE })).toMatchObject({ ok: false });
    expect(addSpace(image, { size: 1, permissions: CODE, alignment: 3 })).toMatchObject({ ok: false });
  });
});
