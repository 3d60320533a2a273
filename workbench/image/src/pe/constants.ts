// Numbers of the PE format that the reader acts on. Source: Microsoft, "PE Format" (PE and COFF specification).

/** Machine of the COFF header. */
export const MACHINE = {
  i386: 0x14c,
  armNt: 0x1c4,
  amd64: 0x8664,
  arm64: 0xaa64,
  arm64Ec: 0xa641,
  arm64X: 0xa64e,
} as const;

/** Names of machines; others are shown as a number. */
export const MACHINE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x14c, 'IMAGE_FILE_MACHINE_I386'],
  [0x1c4, 'IMAGE_FILE_MACHINE_ARMNT'],
  [0x200, 'IMAGE_FILE_MACHINE_IA64'],
  [0xebc, 'IMAGE_FILE_MACHINE_EBC'],
  [0x5032, 'IMAGE_FILE_MACHINE_RISCV32'],
  [0x5064, 'IMAGE_FILE_MACHINE_RISCV64'],
  [0x6264, 'IMAGE_FILE_MACHINE_LOONGARCH64'],
  [0x8664, 'IMAGE_FILE_MACHINE_AMD64'],
  [0xa641, 'IMAGE_FILE_MACHINE_ARM64EC'],
  [0xa64e, 'IMAGE_FILE_MACHINE_ARM64X'],
  [0xaa64, 'IMAGE_FILE_MACHINE_ARM64'],
]);

/** Characteristics of the COFF header. */
export const FILE = { relocationsStripped: 0x1, dll: 0x2000 } as const;

/** DllCharacteristics of the optional header. */
export const DLL = {
  highEntropy: 0x20,
  dynamicBase: 0x40,
  forceIntegrity: 0x80,
  nxCompatible: 0x100,
  guardCf: 0x4000,
} as const;

/** Characteristics of a section. */
export const SCN = {
  code: 0x20,
  initialised: 0x40,
  uninitialised: 0x80,
  discardable: 0x0200_0000,
  execute: 0x2000_0000,
  read: 0x4000_0000,
  write: 0x8000_0000,
} as const;

/** Rows of the table of directories. */
export const DIRECTORY = {
  export: 0,
  import: 1,
  resource: 2,
  exception: 3,
  certificate: 4,
  relocation: 5,
  debug: 6,
  tls: 9,
  loadConfig: 10,
  boundImport: 11,
  importAddress: 12,
  delayImport: 13,
  clr: 14,
} as const;

/** Names of the directories, for ownership and for people. */
export const DIRECTORY_NAMES: readonly string[] = [
  ...['export', 'import', 'resource', 'exception', 'certificate', 'relocation', 'debug', 'architecture'],
  ...['global pointer', 'TLS', 'load config', 'bound import', 'import address', 'delay import', 'CLR', 'reserved'],
];

/** Magic of the optional header. */
export const OPTIONAL = { pe32: 0x10b, pe32Plus: 0x20b } as const;

/** The loader takes a section's bytes from a multiple of this, whatever its header says. */
export const SECTOR = 512;

/** Bytes of a section header. */
export const SECTION_HEADER_SIZE = 40;
