// What an ELF file has beyond the common model (System V gABI, chapters 4 and 5). Filled by elf/open.ts.

import type { DebugInfo } from '../dwarf/debug-info.ts';
import { readDebugInfo } from '../dwarf/read.ts';
import type { OpenOptions } from '../options.ts';
import { textAt } from '../text.ts';
import { type Address, address } from '../units.ts';
import { PF, PT } from './constants.ts';
import { debugSections } from './debug-sections.ts';
import type { ElfFile } from './file.ts';
import { buildIdOf, type ElfFeature, type ElfNote, featuresOf, readNotes } from './notes.ts';
import { once } from './once.ts';
import type { ProgramHeader } from './program-headers.ts';

/** Details of an ELF image. Texts come from the file: untrusted. */
export interface ElfDetail {
  readonly format: 'elf';
  /** e_type, e_machine, EI_OSABI and e_flags as numbers. */
  readonly type: number;
  readonly machine: number;
  readonly osAbi: number;
  readonly flags: number;
  /** Where the tables lie, for editing them; a count of 0 means that there is none. */
  readonly programHeaderTable: { readonly offset: number; readonly entrySize: number; readonly count: number };
  readonly sectionHeaderTable: { readonly offset: number; readonly entrySize: number; readonly count: number };
  /** All rows in the file's order; addresses less the image's base. */
  readonly programHeaders: readonly ProgramHeader[];
  /** The loader that the file asks for. */
  readonly interpreter?: string;
  readonly soname?: string;
  readonly runPath?: string;
  /** Libraries it is linked with, in order. */
  readonly needed: readonly string[];
  /** Hexadecimal. */
  readonly buildId?: string;
  readonly features: readonly ElfFeature[];
  readonly notes: readonly ElfNote[];
  /** Template of thread-local memory: `fileSize` bytes of the file, zeros up to `memorySize`. */
  readonly tls?: {
    readonly address: Address;
    readonly fileSize: number;
    readonly memorySize: number;
    readonly alignment: number;
  };
  /** What the loader makes read-only after relocation. */
  readonly relro?: { readonly address: Address; readonly size: number };
  /** The stack may be executed; without a PT_GNU_STACK old kernels assume so. */
  readonly hasExecutableStack: boolean;
  /** Functions and their source files from DWARF, read when first asked for; empty when there is none. */
  debugInfo(): DebugInfo;
}

/** Reads the details of a file. */
export function detailOf(file: ElfFile, options: OpenOptions): ElfDetail {
  const { reader, header, programHeaders, sectionHeaders, dynamic, tables } = file;
  const notes = readNotes(tables);
  const find = (type: number): ProgramHeader | undefined => programHeaders.find((row) => row.type === type);
  const [interp, tls, relro, stack] = [find(PT.interp), find(PT.tls), find(PT.gnuRelro), find(PT.gnuStack)];
  const buildId = buildIdOf(reader.bytes, notes);
  return {
    format: 'elf',
    ...{ type: header.type, machine: header.machine, osAbi: header.osAbi, flags: header.flags, programHeaders, notes },
    programHeaderTable: { ...header.programHeaders, count: programHeaders.length },
    sectionHeaderTable: { ...header.sectionHeaders, count: sectionHeaders.length },
    ...(interp === undefined ? {} : { interpreter: interpreterOf(file, interp) }),
    ...(dynamic?.soname === undefined ? {} : { soname: dynamic.soname }),
    ...(dynamic?.runPath === undefined ? {} : { runPath: dynamic.runPath }),
    needed: dynamic?.needed ?? [],
    ...(buildId === undefined ? {} : { buildId }),
    features: featuresOf(tables, notes, header.machine),
    ...(tls === undefined ? {} : { tls: { ...tls, address: address(tls.address) } }),
    ...(relro === undefined ? {} : { relro: { address: address(relro.address), size: relro.memorySize } }),
    hasExecutableStack: stack !== undefined && (stack.flags & PF.execute) !== 0,
    debugInfo: once(() => readDebugInfo(debugSections(file, options), file.warnings)),
  };
}

function interpreterOf({ reader }: ElfFile, { offset, fileSize }: ProgramHeader): string {
  const end = Math.min(offset + fileSize, reader.bytes.length);
  return offset < end ? textAt(reader.bytes, offset, end) : '';
}
