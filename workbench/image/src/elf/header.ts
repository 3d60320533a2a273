// The ELF header: the first 52 (32 bit) or 64 bytes. gABI, chapter 4, "ELF Header".

import { accepted, type Outcome, refused } from '@cohesix/check';
import type { ImageIsa, Machine } from '../image.ts';
import { EM, MACHINE_NAMES } from './constants.ts';
import { ElfReader } from './reader.ts';

/** e_ident and the fields after it, named after the specification's. */
export interface ElfHeader {
  readonly osAbi: number;
  readonly type: number;
  readonly machine: number;
  /** e_entry; exact below 2^53. `entryAt` says where it can be read in full. */
  readonly entryAt: number;
  readonly programHeaders: { readonly offset: number; readonly entrySize: number; readonly count: number };
  readonly sectionHeaders: { readonly offset: number; readonly entrySize: number; readonly count: number };
  readonly flags: number;
  /** e_ehsize as the file says. */
  readonly size: number;
  /** e_shstrndx. */
  readonly nameSection: number;
}

const [CLASS_32, CLASS_64] = [1, 2] as const;
const [DATA_LITTLE, DATA_BIG] = [1, 2] as const;

/** Whether the file begins as an ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** A reader for the file, by its class and byte order. Refuses what is no ELF file or is shorter than its header. */
export function readerOf(bytes: Uint8Array): Outcome<ElfReader> {
  if (!isElf(bytes)) return refused('expected the mark 7f 45 4c 46 of an ELF file at its start');
  const [fileClass, data] = [bytes[4], bytes[5]];
  if (fileClass !== CLASS_32 && fileClass !== CLASS_64)
    return refused(`expected ELF class 1 (32 bit) or 2 (64 bit), got ${fileClass}`);
  if (data !== DATA_LITTLE && data !== DATA_BIG)
    return refused(`expected ELF byte order 1 (little) or 2 (big), got ${data}`);
  const size = headerSize(fileClass === CLASS_64);
  if (bytes.length < size) return refused(`an ELF header has ${size} bytes; the file has ${bytes.length}`);
  return accepted(new ElfReader(bytes, fileClass === CLASS_64, data === DATA_LITTLE));
}

/** Bytes of the header of a class. */
export function headerSize(is64: boolean): 52 | 64 {
  return is64 ? 64 : 52;
}

/**
 * ident[16] type[2] machine[2] version[4] entry[W] phoff[W] shoff[W] flags[4] ehsize[2] phentsize[2] phnum[2] shentsize[2]
 * shnum[2] shstrndx[2], where W is the size of a word.
 */
export function readHeader(reader: ElfReader): ElfHeader {
  const w = reader.wordSize;
  const tail = 24 + 3 * w;
  return {
    osAbi: reader.bytes[7] as number,
    type: reader.u16(16),
    machine: reader.u16(18),
    entryAt: 24,
    flags: reader.u32(tail),
    size: reader.u16(tail + 4),
    programHeaders: { offset: reader.word(24 + w), entrySize: reader.u16(tail + 6), count: reader.u16(tail + 8) },
    sectionHeaders: { offset: reader.word(24 + 2 * w), entrySize: reader.u16(tail + 10), count: reader.u16(tail + 12) },
    nameSection: reader.u16(tail + 14),
  };
}

/** What the header says of the machine. */
export function machineOf(reader: ElfReader, { machine }: ElfHeader): Machine {
  return {
    isa: isaOf(machine),
    name: MACHINE_NAMES.get(machine) ?? `EM_${machine}`,
    bits: reader.is64 ? 64 : 32,
    endian: reader.isLittle ? 'little' : 'big',
  };
}

function isaOf(machine: number): ImageIsa {
  if (machine === EM.x86_64) return 'x86-64';
  if (machine === EM.aarch64) return 'aarch64';
  if (machine === EM.i386) return 'x86';
  return machine === EM.arm ? 'arm' : 'other';
}
