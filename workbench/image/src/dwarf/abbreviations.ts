// Abbreviations: what the entries of a unit look like. DWARF 5, section 7.5.3.

import { FORM } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';

/** The shape of an entry. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute and form of each value, one after the other. */
  readonly attributes: readonly number[];
  /** Values that stand here and not in the entry (DW_FORM_implicit_const), by the index of the attribute. */
  readonly constants: ReadonlyMap<number, number>;
}

/** Entries a table may have; units share tables, and hostile ones could name the same bytes again and again. */
const ROWS_MAX = 65_536;
/** Attributes of one entry: compilers write fewer than 40, and values of no size must not be asked for without end. */
const ATTRIBUTES_MAX = 128;

/** The table at an offset of `.debug_abbrev`, of about `most` entries and attributes at most: code[u] tag[u] children[1] (attribute[u] form[u] [constant[s]])* 0 0, up to code 0. */
export function readAbbreviations(
  cursor: DwarfCursor,
  offset: number,
  most: number,
): ReadonlyMap<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  let left = most;
  cursor.seek(offset);
  for (
    let code = cursor.uleb();
    code !== 0 && !cursor.isShort && table.size < ROWS_MAX && left > 0;
    code = cursor.uleb()
  ) {
    const [tag, children] = [cursor.uleb(), cursor.u8()];
    const attributes: number[] = [];
    const constants = new Map<number, number>();
    while (!cursor.isShort && attributes.length <= 2 * ATTRIBUTES_MAX) {
      const [attribute, form] = [cursor.uleb(), cursor.uleb()];
      if (attribute === 0 && form === 0) break;
      if (form === FORM.implicitConst) constants.set(attributes.length / 2, cursor.sleb());
      attributes.push(attribute, form);
    }
    if (attributes.length > 2 * ATTRIBUTES_MAX) break;
    left -= 1 + attributes.length / 2;
    table.set(code, { tag, hasChildren: children !== 0, attributes, constants });
  }
  return table;
}
