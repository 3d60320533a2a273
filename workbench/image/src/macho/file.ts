// A Mach-O image as its readers share it. All offsets are from the start of the image; `sliceOffset` is added where the model is made.

import { AddressMap } from '../elf/layout.ts';
import { ElfReader } from '../elf/reader.ts';
import type { Section, Segment } from '../image.ts';
import { Warnings } from '../warnings.ts';
import { type LoadCommand, type MachoHeader, readCommands, readMachoHeader } from './commands.ts';
import { LC } from './constants.ts';
import { type MachoSegment, readSegments, sectionsOf, segmentsOf } from './layout.ts';

/** Everything that is read at once. */
export interface MachoFile {
  readonly reader: ElfReader;
  readonly sliceOffset: number;
  readonly header: MachoHeader;
  readonly commands: readonly LoadCommand[];
  readonly warnings: Warnings;
  readonly rows: readonly MachoSegment[];
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
  readonly map: AddressMap;
  /** Address of the image's first byte: that of the segment that begins with the header. */
  readonly imageAddress: number;
}

/** Reads the headers; `bytes` are those of the image and have a whole header. */
export function machoFileOf(bytes: Uint8Array, is64: boolean, sliceOffset: number): MachoFile {
  const warnings = new Warnings();
  const reader = new ElfReader(bytes, is64, true);
  const header = readMachoHeader(reader);
  const commands = readCommands(reader, header, warnings);
  setBase(reader, commands);
  const rows = readSegments(reader, commands, warnings);
  const segments = segmentsOf(rows, bytes.length, warnings);
  const first = rows.find(({ offset, fileSize }) => offset === 0 && fileSize > 0);
  return {
    ...{ reader, sliceOffset, header, commands, warnings, rows, segments },
    ...{ sections: sectionsOf(rows, bytes.length), map: new AddressMap(segments), imageAddress: first?.address ?? 0 },
  };
}

/** Kernels are linked near the end of memory: their addresses are shown as the distance from the first segment. */
function setBase(reader: ElfReader, commands: readonly LoadCommand[]): void {
  if (!reader.is64) return;
  const starts = commands.flatMap(({ kind, at, size }) =>
    kind === LC.segment64 && size >= 72 ? [reader.big64(at + 24)] : [],
  );
  const [least = 0n] = starts.sort((left, right) => Number(left - right));
  if (least > BigInt(Number.MAX_SAFE_INTEGER)) reader.setBase(least);
}

/** A piece of `__LINKEDIT`. */
export interface Piece {
  readonly at: number;
  readonly size: number;
}

/** The piece that a command of that kind names in two fields (offset, size), as far as it is in the file. */
export function pieceOf({ reader, commands, warnings }: MachoFile, kind: number, field: number = 8): Piece | undefined {
  const command = commands.find((one) => one.kind === kind && one.size >= field + 8);
  if (command === undefined) return undefined;
  const [at, size] = [reader.u32(command.at + field), reader.u32(command.at + field + 4)];
  if (size === 0) return undefined;
  const there = Math.max(0, Math.min(size, reader.bytes.length - at));
  if (there < size)
    warnings.add(`load command ${kind.toString(16)} names ${size} bytes at ${at}: ${there} are in the file`);
  return there === 0 ? undefined : { at, size: there };
}
