// Numbers of the ELF format that the reader acts on. Source: System V gABI, chapters 4 and 5; psABI of x86-64 and of AArch64
// (ELF for the Arm 64-bit Architecture); Linux extensions from the gABI's OS range as binutils and glibc use them.

/** e_type. */
export const ET = { rel: 1, exec: 2, dyn: 3, core: 4 } as const;

/** e_machine. */
export const EM = { i386: 3, arm: 40, x86_64: 62, aarch64: 183 } as const;

/** p_type. */
export const PT = {
  load: 1,
  dynamic: 2,
  interp: 3,
  note: 4,
  phdr: 6,
  tls: 7,
  gnuEhFrame: 0x6474e550,
  gnuStack: 0x6474e551,
  gnuRelro: 0x6474e552,
  gnuProperty: 0x6474e553,
} as const;

/** p_flags. */
export const PF = { execute: 1, write: 2, read: 4 } as const;

/** sh_type. */
export const SHT = {
  null: 0,
  symtab: 2,
  strtab: 3,
  rela: 4,
  hash: 5,
  dynamic: 6,
  note: 7,
  nobits: 8,
  rel: 9,
  dynsym: 11,
  initArray: 14,
  finiArray: 15,
  preinitArray: 16,
  symtabShndx: 18,
  relr: 19,
  gnuHash: 0x6ffffff6,
  gnuVerdef: 0x6ffffffd,
  gnuVerneed: 0x6ffffffe,
  gnuVersym: 0x6fffffff,
  x86Unwind: 0x70000001,
} as const;

/** sh_flags. */
export const SHF = { write: 1, alloc: 2, execute: 4, strings: 0x20, tls: 0x400, compressed: 0x800 } as const;

/** Section indices with a meaning of their own (st_shndx). */
export const SHN = { undefined: 0, reserved: 0xff00, absolute: 0xfff1, common: 0xfff2, extended: 0xffff } as const;

/** st_info: the low four bits. */
export const STT = { object: 1, function: 2, section: 3, file: 4, common: 5, tls: 6, ifunc: 10 } as const;

/** d_tag. */
export const DT = {
  null: 0,
  needed: 1,
  pltRelSize: 2,
  pltGot: 3,
  hash: 4,
  strTab: 5,
  symTab: 6,
  rela: 7,
  relaSize: 8,
  strSize: 10,
  init: 12,
  fini: 13,
  soname: 14,
  rpath: 15,
  rel: 17,
  relSize: 18,
  pltRel: 20,
  jmpRel: 23,
  initArray: 25,
  finiArray: 26,
  initArraySize: 27,
  finiArraySize: 28,
  runPath: 29,
  flags: 30,
  preinitArray: 32,
  preinitArraySize: 33,
  relrSize: 35,
  relr: 36,
  gnuHash: 0x6ffffef5,
  verSym: 0x6ffffff0,
  flags1: 0x6ffffffb,
  verNeed: 0x6ffffffe,
  verNeedCount: 0x6fffffff,
} as const;

/** DT_FLAGS_1: the file is a position-independent executable. */
export const DF_1_PIE = 0x08000000;

/** e_phnum when the count is in sh_info of section 0. */
export const PN_XNUM = 0xffff;

/** Names of machines: value of e_machine, its name. Those a reader is likely to meet; others are shown as a number. */
export const MACHINE_NAMES: ReadonlyMap<number, string> = new Map([
  [2, 'EM_SPARC'],
  [3, 'EM_386'],
  [4, 'EM_68K'],
  [8, 'EM_MIPS'],
  [15, 'EM_PARISC'],
  [20, 'EM_PPC'],
  [21, 'EM_PPC64'],
  [22, 'EM_S390'],
  [40, 'EM_ARM'],
  [42, 'EM_SH'],
  [43, 'EM_SPARCV9'],
  [50, 'EM_IA_64'],
  [62, 'EM_X86_64'],
  [83, 'EM_AVR'],
  [94, 'EM_XTENSA'],
  [183, 'EM_AARCH64'],
  [190, 'EM_CUDA'],
  [224, 'EM_AMDGPU'],
  [243, 'EM_RISCV'],
  [247, 'EM_BPF'],
  [252, 'EM_CSKY'],
  [258, 'EM_LOONGARCH'],
]);
