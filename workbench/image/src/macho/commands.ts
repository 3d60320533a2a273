// The header and the load commands of one Mach-O image. Offsets are from the start of the image, which in a fat file is a slice.

import type { ElfReader } from '../elf/reader.ts';
import { LIMITS } from '../limits.ts';
import type { Warnings } from '../warnings.ts';

/** mach_header, named after Apple's fields. */
export interface MachoHeader {
  readonly cpu: number;
  readonly subtype: number;
  readonly fileType: number;
  readonly commandCount: number;
  readonly commandsSize: number;
  readonly flags: number;
  /** Bytes of the header: 28 or 32. */
  readonly size: number;
}

/** A load command that is whole. */
export interface LoadCommand {
  readonly kind: number;
  readonly at: number;
  readonly size: number;
}

/** magic[4] cpu[4] subtype[4] type[4] commands[4] their size[4] flags[4] (reserved[4]). */
export function readMachoHeader(reader: ElfReader): MachoHeader {
  return {
    cpu: reader.u32(4),
    subtype: reader.u32(8),
    fileType: reader.u32(12),
    commandCount: reader.u32(16),
    commandsSize: reader.u32(20),
    flags: reader.u32(24),
    size: reader.is64 ? 32 : 28,
  };
}

/** The commands up to the first that is not whole. */
export function readCommands(reader: ElfReader, header: MachoHeader, warnings: Warnings): readonly LoadCommand[] {
  const end = Math.min(header.size + header.commandsSize, reader.bytes.length);
  const commands: LoadCommand[] = [];
  let at = header.size;
  while (commands.length < header.commandCount && commands.length < LIMITS.tableRows && at + 8 <= end) {
    const size = reader.u32(at + 4);
    if (size < 8 || at + size > end) break;
    commands.push({ kind: reader.u32(at), at, size });
    at += size;
  }
  if (commands.length < header.commandCount)
    warnings.add(`${header.commandCount} load commands are announced, ${commands.length} are whole`);
  return commands;
}
