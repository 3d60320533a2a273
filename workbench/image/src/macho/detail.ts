// What a Mach-O file has beyond the common model. Filled by macho/open.ts.

/** Details of a Mach-O image. */
export interface MachoDetail {
  readonly format: 'macho';
}
