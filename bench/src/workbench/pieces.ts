// Code to decode: the .text of real programs, cut to a size.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { open } from '@cohesix/image';
import type { Isa, Piece } from '@cohesix/isa';

/** A piece of a file's .text, and what a disassembler must be told to print the same. */
export interface BenchPiece extends Piece {
  readonly isa: Isa;
  readonly file: string;
}

/** Node itself (C++, 30 MB of code) is there on every machine; the AArch64 libc comes with Debian's cross compiler. */
const FILES: readonly (readonly [isa: Isa, file: string])[] = [
  ['x86-64', fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url))],
  ['aarch64', '/usr/aarch64-linux-gnu/lib/libstdc++.so.6'],
  ['aarch64', '/usr/aarch64-linux-gnu/lib/libc.so.6'],
];

/** One piece for each instruction set that a file is found for, of at most `bytesMax` bytes. */
export function benchPieces(bytesMax: number): readonly BenchPiece[] {
  const pieces = new Map<Isa, BenchPiece>();
  for (const [isa, file] of FILES) {
    const piece = pieces.has(isa) || !existsSync(file) ? undefined : pieceOf(isa, file, bytesMax);
    if (piece !== undefined) pieces.set(isa, piece);
  }
  return [...pieces.values()];
}

function pieceOf(isa: Isa, file: string, bytesMax: number): BenchPiece | undefined {
  const bytes = new Uint8Array(readFileSync(file));
  const image = open(bytes);
  if (!image.ok || image.value.machine.isa !== isa) return undefined;
  const text = image.value.sections.find(({ name }) => name === '.text');
  if (text === undefined) return undefined;
  const size = Math.min(bytesMax, text.fileSize) & ~3;
  // A copy: the whole file must not stay in memory for a piece of it.
  return { isa, file, code: bytes.slice(text.offset, text.offset + size), address: text.address };
}
