// The model every format is read into. It describes the original bytes and never changes them; what a format has beyond
// it is in `detail`. Lists that can be long (symbols, relocations) are read when first asked for.

import type { ApeDetail } from './ape/detail.ts';
import type { ElfDetail } from './elf/detail.ts';
import type { MachoDetail } from './macho/detail.ts';
import type { Ownership } from './ownership.ts';
import type { PeDetail } from './pe/detail.ts';
import type { ImageColumns } from './tables.ts';
import type { Address, Offset } from './units.ts';

/** Instruction set as the rest of the workbench names it; `other` is shown and never decoded. */
export type ImageIsa = 'x86-64' | 'aarch64' | 'x86' | 'arm' | 'other';

/** What the file is for. */
export type ImageKind = 'executable' | 'pie' | 'shared' | 'static-pie' | 'relocatable' | 'core' | 'other';

export interface Machine {
  readonly isa: ImageIsa;
  /** The format's own name of the machine: `EM_X86_64`, `IMAGE_FILE_MACHINE_ARM64`, `CPU_TYPE_ARM64`. */
  readonly name: string;
  readonly bits: 32 | 64;
  readonly endian: 'little' | 'big';
}

export interface Permissions {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

/** A range of memory that the loader makes: PT_LOAD, a PE section, LC_SEGMENT_64. In a relocatable file, an allocated section. */
export interface Segment {
  readonly name: string;
  readonly address: Address;
  readonly memorySize: number;
  readonly offset: Offset;
  /** Bytes taken from the file, at most what the file has; the rest of `memorySize` is zero. */
  readonly fileSize: number;
  readonly permissions: Permissions;
}

/** A named part of the file as the linker left it. */
export interface Section {
  readonly name: string;
  readonly address: Address;
  /** Bytes in memory; of a part that is not loaded, bytes in the file. */
  readonly size: number;
  readonly offset: Offset;
  readonly fileSize: number;
  readonly permissions: Permissions;
  /** `code`, `data`, `zero` (no bytes in the file), `string`, `symbol`, `relocation`, `note`, `unwind`, `debug`, `other`. */
  readonly role: SectionRole;
}

export type SectionRole =
  | 'code'
  | 'data'
  | 'zero'
  | 'string'
  | 'symbol'
  | 'relocation'
  | 'note'
  | 'unwind'
  | 'debug'
  | 'other';

/** A name the file gives an address. Text of the file: untrusted, cut at `LIMITS.nameSize` bytes. */
export interface ImageSymbol {
  readonly name: string;
  readonly address: Address;
  /** Bytes; 0 when the format does not say. */
  readonly size: number;
  readonly kind: 'function' | 'object' | 'section' | 'file' | 'tls' | 'other';
  readonly binding: 'local' | 'global' | 'weak';
  readonly from: 'symtab' | 'dynsym' | 'export' | 'coff' | 'nlist' | 'debug';
}

/** Something the loader finds in another file. */
export interface ImageImport {
  readonly name: string;
  /** Library it is asked of, when the format says. */
  readonly library?: string;
  readonly ordinal?: number;
  /** Where its address is put: GOT, IAT or `__got` slot. */
  readonly slot?: Address;
  /** Code that jumps through the slot: PLT entry or `__stubs`. */
  readonly stub?: Address;
  readonly isWeak: boolean;
}

/** Something this file offers others. */
export interface ImageExport {
  readonly name: string;
  readonly address: Address;
  readonly ordinal?: number;
  /** `LIBRARY.name` when it is only passed on. */
  readonly forwarder?: string;
}

/** A place the loader (or the linker, in a relocatable file) writes. */
export interface ImageRelocation {
  readonly address: Address;
  /** The format's own name: `R_X86_64_RELATIVE`, `IMAGE_REL_BASED_DIR64`, `rebase`, `bind`. */
  readonly type: string;
  readonly symbol?: string;
  readonly addend: bigint;
  /** Address the loader puts there before it slides the image, when that is known without other files. */
  readonly target?: Address;
}

/** A function the file itself describes: `.eh_frame`, `.pdata`, LC_FUNCTION_STARTS, Go's pclntab. */
export interface UnwindEntry {
  readonly start: Address;
  /** First address after it; equal to `start` when the source gives starts only. */
  readonly end: Address;
  readonly from: 'eh-frame' | 'pdata' | 'function-starts' | 'compact-unwind' | 'pclntab';
  readonly name?: string;
}

/** An executable, read. Everything borrowed from `bytes`. */
export interface Image {
  readonly bytes: Uint8Array;
  readonly format: 'elf' | 'pe' | 'macho' | 'ape';
  readonly machine: Machine;
  readonly kind: ImageKind;
  /** Added to every address for display; 0 unless addresses of the file lie beyond 2^53. */
  readonly base: bigint;
  /** The part of the file this image is: all of it, but for a slice of a fat Mach-O. */
  readonly extent: { readonly offset: Offset; readonly size: number };
  readonly entry?: Address;
  /** By address; they may overlap in hostile files, and then the first one in the file's order counts. */
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
  /** Who owns each byte of the file; gaps are slack. */
  readonly ownership: Ownership;
  readonly detail: ElfDetail | PeDetail | MachoDetail | ApeDetail;
  /** What is odd about the file, for people; at most `LIMITS.warnings`. */
  readonly warnings: readonly string[];
  symbols(): readonly ImageSymbol[];
  imports(): readonly ImageImport[];
  exports(): readonly ImageExport[];
  relocations(): readonly ImageRelocation[];
  unwind(): readonly UnwindEntry[];
  /** Functions that the loader calls: `.init_array`, TLS callbacks, mod_init_func. */
  initialisers(): readonly Address[];
  /** The long lists without their objects, where the format's reader has them; read through `symbolColumns` and its fellows. */
  readonly columns?: ImageColumns;
}
