// The sections that DWARF is in, however the file's format keeps them.

import { DwarfCursor } from './cursor.ts';

/** What a reader of DWARF is given. */
export interface DebugSections {
  readonly isLittle: boolean;
  /** Taken off addresses: the image's base. */
  readonly base: number;
  /** Content of `.debug_NAME`, inflated; undefined when there is none. */
  section(name: SectionName): Uint8Array | undefined;
}

/** Names without `.debug_`. */
export type SectionName =
  | 'info'
  | 'abbrev'
  | 'str'
  | 'line_str'
  | 'str_offsets'
  | 'addr'
  | 'ranges'
  | 'rnglists'
  | 'line';

/** A cursor on a section; on nothing when there is none. */
export function cursorOf(sections: DebugSections, name: SectionName): DwarfCursor {
  return new DwarfCursor(sections.section(name) ?? new Uint8Array(0), sections.isLittle);
}
