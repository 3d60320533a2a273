// What a reader of images may be given.

import type { ImageIsa } from './image.ts';

/** Options of `open`. */
export interface OpenOptions {
  /**
   * Inflates a zlib stream (RFC 1950) of at most `sizeMax` bytes: for compressed debug sections. Undefined when the stream is
   * damaged or longer. Without it such sections are not read, and a warning says so.
   */
  readonly inflate?: (compressed: Uint8Array, sizeMax: number) => Uint8Array | undefined;
  /** Which image of a file that holds several (a fat Mach-O, an APE); the first one by default. */
  readonly isa?: ImageIsa;
}

/** One image in a file; a file has several when it is fat or an APE. */
export interface ImageIdentity {
  readonly format: 'elf' | 'pe' | 'macho' | 'ape';
  readonly isa: ImageIsa;
  /** Where its headers begin, and how long the image is when the file says so. */
  readonly offset: number;
  readonly size?: number;
  /** For people: `ELF header printed by the script at 909`. */
  readonly text: string;
}
