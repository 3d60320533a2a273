// One unit of `.debug_info`: its header, and how the values of its entries are read. DWARF 5, sections 7.5.1 and 7.5.6.

import { type Abbreviation, readAbbreviations } from './abbreviations.ts';
import { AT, FORM } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import { cursorOf, type DebugSections } from './sections.ts';

/** A value of an entry: the form says what the number means (a constant, an address, an offset, an index). */
export interface Value {
  readonly form: number;
  readonly number: number;
}

/** Cursors and tables that all units share. */
export interface DwarfContext {
  readonly sections: DebugSections;
  readonly info: DwarfCursor;
  readonly abbrev: DwarfCursor;
  readonly str: DwarfCursor;
  readonly lineStr: DwarfCursor;
  readonly strOffsets: DwarfCursor;
  readonly addr: DwarfCursor;
  readonly ranges: DwarfCursor;
  readonly rnglists: DwarfCursor;
  readonly line: DwarfCursor;
  /** Abbreviation tables read before, by offset. */
  readonly tables: Map<number, ReadonlyMap<number, Abbreviation>>;
  /** Characters of text that may still be made: names may overlap in the file, and be asked for again and again. */
  textLeft: number;
  /** Abbreviations and their attributes that may still be read: tables may overlap, too. */
  shapesLeft: number;
  /** Rows of file tables that may still be read. */
  filesLeft: number;
}

/** A unit's header, and the attributes of its first entry that others are read with. */
export interface Unit {
  /** Of the header; references count from it. */
  readonly start: number;
  readonly end: number;
  /** First entry. */
  readonly entries: number;
  readonly version: number;
  readonly addressSize: number;
  /** 4, or 8 in the 64-bit format. */
  readonly offsetSize: 4 | 8;
  readonly abbreviations: ReadonlyMap<number, Abbreviation>;
  strOffsetsBase: number;
  addrBase: number;
  rnglistsBase: number;
  lowPc: number;
}

const FILES_MIN = 1 << 20;
const TEXT_MIN = 1 << 20;
const TEXT_SHORT = 32;
const [UNIT_TYPE, UNIT_SKELETON, UNIT_SPLIT, UNIT_SPLIT_TYPE] = [2, 4, 5, 6];

/** Cursors on all sections. */
export function contextOf(sections: DebugSections): DwarfContext {
  return {
    ...{ sections, info: cursorOf(sections, 'info'), abbrev: cursorOf(sections, 'abbrev') },
    ...{ str: cursorOf(sections, 'str'), lineStr: cursorOf(sections, 'line_str') },
    ...{ strOffsets: cursorOf(sections, 'str_offsets'), addr: cursorOf(sections, 'addr') },
    ...{
      ranges: cursorOf(sections, 'ranges'),
      rnglists: cursorOf(sections, 'rnglists'),
      line: cursorOf(sections, 'line'),
    },
    tables: new Map(),
    textLeft: textBudget(sections),
    shapesLeft: sections.section('abbrev')?.length ?? 0,
    filesLeft: FILES_MIN + (sections.section('line')?.length ?? 0),
  };
}

function textBudget(sections: DebugSections): number {
  const sizes = (['info', 'str', 'line_str'] as const).map((name) => sections.section(name)?.length ?? 0);
  return TEXT_MIN + 8 * sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * length[4] (or ffffffff length[8]) version[2], then in version 5 unit_type[1] address_size[1] abbrev_offset[O], before it
 * abbrev_offset[O] address_size[1]. Undefined when the length is nonsense; `version` 0 when the unit is to be skipped.
 */
export function readUnit(context: DwarfContext, start: number): Unit | undefined {
  const { info } = context;
  info.seek(start);
  const short = info.u32();
  const offsetSize = short === 0xffffffff ? 8 : 4;
  const length = offsetSize === 8 ? info.u64() : short;
  const end = info.at + length;
  if (info.isShort || length < 7 || end > info.bytes.length) return undefined;
  const version = info.u16();
  const type = version === 5 ? info.u8() : 1;
  const early = version === 5 ? info.u8() : 0;
  const table = info.uint(offsetSize);
  const addressSize = version === 5 ? early : info.u8();
  if (type === UNIT_SKELETON || type === UNIT_SPLIT) info.skip(8);
  if (type === UNIT_TYPE || type === UNIT_SPLIT_TYPE) info.skip(8 + offsetSize);
  const isKnown = version >= 2 && version <= 5 && (addressSize === 4 || addressSize === 8) && !info.isShort;
  return {
    ...{ start, end, version: isKnown ? version : 0, addressSize, offsetSize },
    entries: info.at,
    abbreviations: isKnown ? abbreviationsAt(context, table) : new Map(),
    ...{ strOffsetsBase: 2 * offsetSize, addrBase: 2 * offsetSize, rnglistsBase: 2 * offsetSize + 4, lowPc: 0 },
  };
}

function abbreviationsAt(context: DwarfContext, offset: number): ReadonlyMap<number, Abbreviation> {
  let table = context.tables.get(offset);
  if (table === undefined) {
    table = readAbbreviations(context.abbrev, offset, context.shapesLeft);
    for (const { attributes } of table.values()) context.shapesLeft -= 1 + attributes.length / 2;
    context.tables.set(offset, table);
  }
  return table;
}

/** Reads the value of a form at the cursor, which then stands behind it; -1 for what has no number (blocks). */
export function readValue(info: DwarfCursor, unit: Unit, form: number): number {
  switch (form) {
    case FORM.addr:
      return info.uint(unit.addressSize);
    case FORM.data1:
    case FORM.ref1:
    case FORM.flag:
    case FORM.strx1:
    case FORM.addrx1:
      return info.u8();
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx1 + 1:
    case FORM.addrx1 + 1:
      return info.u16();
    case FORM.strx1 + 2:
    case FORM.addrx1 + 2:
      return info.u24();
    case FORM.data4:
    case FORM.ref4:
    case FORM.refSup4:
    case FORM.strx4:
    case FORM.addrx4:
      return info.u32();
    case FORM.data8:
    case FORM.ref8:
    case FORM.refSig8:
    case FORM.refSup8:
      return info.u64();
    case FORM.sdata:
      return info.sleb();
    case FORM.udata:
    case FORM.refUdata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
    case FORM.gnuAddrIndex:
    case FORM.gnuStrIndex:
      return info.uleb();
    case FORM.strp:
    case FORM.lineStrp:
    case FORM.secOffset:
    case FORM.strpSup:
    case FORM.gnuRefAlt:
    case FORM.gnuStrpAlt:
      return info.uint(unit.offsetSize);
    case FORM.refAddr:
      return info.uint(unit.version === 2 ? unit.addressSize : unit.offsetSize);
    case FORM.string:
      return info.string();
    case FORM.flagPresent:
      return 1;
    default:
      return readBlock(info, unit, form);
  }
}

function readBlock(info: DwarfCursor, unit: Unit, form: number): number {
  if (form === FORM.exprloc || form === FORM.block) info.skip(info.uleb());
  else if (form === FORM.block1) info.skip(info.u8());
  else if (form === FORM.block2) info.skip(info.u16());
  else if (form === FORM.block4) info.skip(info.u32());
  else if (form === FORM.data16) info.skip(16);
  else if (form === FORM.indirect) return readIndirect(info, unit);
  else if (form !== FORM.implicitConst) info.skip(Number.POSITIVE_INFINITY); // Unknown: nothing behind it can be found.
  return -1;
}

/** The form stands before the value. One that names itself again is a loop, and ends the unit. */
function readIndirect(info: DwarfCursor, unit: Unit): number {
  const form = info.uleb();
  if (form === FORM.indirect) info.skip(Number.POSITIVE_INFINITY);
  return form === FORM.indirect ? -1 : readValue(info, unit, form);
}

/** All values of the entry at the cursor, by attribute. */
export function readEntry(info: DwarfCursor, unit: Unit, shape: Abbreviation): ReadonlyMap<number, Value> {
  const values = new Map<number, Value>();
  for (let index = 0; index < shape.attributes.length; index += 2) {
    const [attribute, form] = [shape.attributes[index] as number, shape.attributes[index + 1] as number];
    const constant = shape.constants.get(index / 2);
    values.set(attribute, { form, number: constant ?? readValue(info, unit, form) });
  }
  return values;
}

/** Steps over the entry at the cursor. */
export function skipEntry(info: DwarfCursor, unit: Unit, { attributes }: Abbreviation): void {
  for (let index = 1; index < attributes.length; index += 2) {
    if (attributes[index] !== FORM.implicitConst) readValue(info, unit, attributes[index] as number);
  }
}

/** The text of a value; undefined when it is none that can be read here (of a supplementary file). Cut short when much was read. */
export function textOfValue(context: DwarfContext, unit: Unit, { form, number }: Value): string | undefined {
  const sizeMax = context.textLeft > 0 ? Number.POSITIVE_INFINITY : TEXT_SHORT;
  const text = textOfForm(context, unit, { form, number }, sizeMax);
  context.textLeft -= text?.length ?? 0;
  return text;
}

function textOfForm(context: DwarfContext, unit: Unit, { form, number }: Value, sizeMax: number): string | undefined {
  if (form === FORM.string) return context.info.textAt(number, sizeMax);
  if (form === FORM.strp) return context.str.textAt(number, sizeMax);
  if (form === FORM.lineStrp) return context.lineStr.textAt(number, sizeMax);
  const isIndex = form === FORM.strx || form === FORM.gnuStrIndex || (form >= FORM.strx1 && form <= FORM.strx4);
  if (!isIndex) return undefined;
  const { strOffsets, str } = context;
  const at = strOffsets.seek(unit.strOffsetsBase + number * unit.offsetSize).uint(unit.offsetSize);
  return str.textAt(at, sizeMax);
}

/** The address of a value, or undefined when it is none; not yet less the base. */
export function addressOfValue(context: DwarfContext, unit: Unit, { form, number }: Value): number | undefined {
  if (form === FORM.addr) return number;
  const isIndex = form === FORM.addrx || form === FORM.gnuAddrIndex || (form >= FORM.addrx1 && form <= FORM.addrx4);
  return isIndex ? addressAt(context, unit, number) : undefined;
}

/** An address of `.debug_addr` by its index. */
export function addressAt({ addr }: DwarfContext, unit: Unit, index: number): number {
  return addr.seek(unit.addrBase + index * unit.addressSize).uint(unit.addressSize);
}

/** Takes the bases from a unit's first entry. */
export function setBases(context: DwarfContext, unit: Unit, values: ReadonlyMap<number, Value>): void {
  unit.strOffsetsBase = values.get(AT.strOffsetsBase)?.number ?? unit.strOffsetsBase;
  unit.addrBase = values.get(AT.addrBase)?.number ?? unit.addrBase;
  unit.rnglistsBase = values.get(AT.rnglistsBase)?.number ?? unit.rnglistsBase;
  const low = values.get(AT.lowPc);
  unit.lowPc = low === undefined ? 0 : (addressOfValue(context, unit, low) ?? 0);
}
