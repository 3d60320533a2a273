// Numbers of the Mach-O format that the reader acts on. Source: Apple's headers mach-o/loader.h, nlist.h, fat.h and mach/machine.h.

import type { ImageIsa } from '../image.ts';

/** First four bytes, as a little-endian number; the fat ones are written in big endian. */
export const MAGIC = { thin32: 0xfeed_face, thin64: 0xfeed_facf, fat: 0xbeba_feca, fat64: 0xbfba_feca } as const;

/** cputype, with what it is called. */
export const CPUS: ReadonlyMap<number, readonly [string, ImageIsa]> = new Map([
  [7, ['CPU_TYPE_X86', 'x86']],
  [12, ['CPU_TYPE_ARM', 'arm']],
  [18, ['CPU_TYPE_POWERPC', 'other']],
  [0x0100_0007, ['CPU_TYPE_X86_64', 'x86-64']],
  [0x0100_000c, ['CPU_TYPE_ARM64', 'aarch64']],
  [0x0200_000c, ['CPU_TYPE_ARM64_32', 'other']],
  [0x0100_0012, ['CPU_TYPE_POWERPC64', 'other']],
]);

/** filetype. */
export const FILE_TYPE = { object: 1, execute: 2, core: 4, dylib: 6, bundle: 8 } as const;

/** flags of the header. */
export const FLAG = { pie: 0x20_0000, inCache: 0x8000_0000 } as const;

/** Kinds of load commands; LC_REQ_DYLD (the highest bit) is part of them. */
export const LC = {
  segment: 0x1,
  symtab: 0x2,
  unixThread: 0x5,
  dysymtab: 0xb,
  loadDylib: 0xc,
  idDylib: 0xd,
  segment64: 0x19,
  uuid: 0x1b,
  codeSignature: 0x1d,
  splitInfo: 0x1e,
  lazyDylib: 0x20,
  dyldInfo: 0x22,
  versionMinMac: 0x24,
  functionStarts: 0x26,
  dataInCode: 0x29,
  sourceVersion: 0x2a,
  codeSignRequirements: 0x2b,
  optimizationHint: 0x2e,
  buildVersion: 0x32,
  loadWeakDylib: 0x8000_0018,
  rpath: 0x8000_001c,
  reexportDylib: 0x8000_001f,
  dyldInfoOnly: 0x8000_0022,
  main: 0x8000_0028,
  exportsTrie: 0x8000_0033,
  chainedFixups: 0x8000_0034,
} as const;

/** Permissions of a segment. */
export const VM = { read: 1, write: 2, execute: 4 } as const;

/** Types of sections: the lowest byte of their flags. */
export const SECTION = {
  zero: 1,
  nonLazy: 6,
  lazy: 7,
  stubs: 8,
  initialisers: 9,
  zeroLarge: 0xc,
  zeroThread: 0x12,
  initOffsets: 0x16,
} as const;

/** Attributes of sections. */
export const ATTRIBUTE = { pureCode: 0x8000_0000, someCode: 0x400, debug: 0x0200_0000 } as const;

/** n_type and n_desc. */
export const N = {
  stab: 0xe0,
  type: 0x0e,
  external: 1,
  undefined: 0,
  section: 0xe,
  weakReference: 0x40,
  weakDefinition: 0x80,
} as const;
