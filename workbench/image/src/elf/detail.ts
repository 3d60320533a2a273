// What an ELF file has beyond the common model (System V gABI, chapters 4 and 5). Filled by elf/open.ts.

/** Details of an ELF image. */
export interface ElfDetail {
  readonly format: 'elf';
}
