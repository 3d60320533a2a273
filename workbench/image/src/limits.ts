// Bounds of reading: everything a file can make long is cut, with a warning, where a table says so. A file of any content
// is read in time and memory linear in its size.

/** Limits of one image. */
export const LIMITS = {
  /** Segments, sections, load commands. */
  tableRows: 65_536,
  symbols: 4_000_000,
  relocations: 8_000_000,
  imports: 1_000_000,
  /** Bytes of one name. */
  nameSize: 4096,
  warnings: 100,
} as const;
