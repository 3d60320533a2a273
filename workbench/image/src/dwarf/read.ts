// Reads which functions debug information names, and from which files: one walk over `.debug_info`. DWARF 2 to 5, 32- and 64-bit
// format. What inlining, types and variables are is not read here.

import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import type { Warnings } from '../warnings.ts';
import { AT, FORM, TAG } from './constants.ts';
import type { DebugFunction, DebugInfo } from './debug-info.ts';
import { joined, readLineFiles } from './line-files.ts';
import { type Range, readRanges } from './ranges.ts';
import type { DebugSections } from './sections.ts';
import {
  addressOfValue,
  contextOf,
  type DwarfContext,
  readEntry,
  readUnit,
  setBases,
  skipEntry,
  textOfValue,
  type Unit,
  type Value,
} from './unit.ts';

type Values = ReadonlyMap<number, Value>;

/** What a walk fills. */
interface Found {
  readonly functions: DebugFunction[];
  readonly files: Set<string>;
  readonly functionsMax: number;
}

/** References from one entry to the next that says more: out-of-line copy → abstract → declaration in a class. */
const HOPS_MAX = 4;

/** Functions and files of all units; empty without debug information. */
export function readDebugInfo(sections: DebugSections, warnings: Warnings): DebugInfo {
  const context = contextOf(sections);
  // An entry that names a function takes more bytes than these.
  const functionsMax = Math.min(LIMITS.symbols, Math.floor(context.info.bytes.length / 4));
  const found: Found = { functions: [], files: new Set(), functionsMax };
  let start = 0;
  while (start < context.info.bytes.length && found.functions.length < functionsMax) {
    const unit = readUnit(context, start);
    if (unit === undefined) {
      warnings.add(`the debug information is damaged at ${start}: the rest is not read`);
      break;
    }
    if (unit.version === 0) warnings.add(`a unit of debug information at ${start} has a form that is not read`);
    else readFunctions(context, unit, found);
    start = unit.end;
  }
  const functions = found.functions.sort((left, right) => left.start - right.start);
  return { functions, files: [...found.files] };
}

/** Goes over all entries of a unit; only the first one and functions are looked into. */
function readFunctions(context: DwarfContext, unit: Unit, found: Found): void {
  const { info } = context;
  let files: readonly string[] = [];
  let at = unit.entries;
  while (at < unit.end && found.functions.length < found.functionsMax) {
    info.seek(at, unit.end);
    const code = info.uleb();
    const shape = unit.abbreviations.get(code);
    if (shape === undefined && code !== 0) break;
    if (shape?.tag === TAG.subprogram) {
      const values = readEntry(info, unit, shape);
      at = info.at;
      addFunction(context, unit, { values, files }, found);
    } else if (shape !== undefined && at === unit.entries) {
      const values = readEntry(info, unit, shape);
      at = info.at;
      files = readUnitEntry(context, unit, values, found);
    } else {
      if (shape !== undefined) skipEntry(info, unit, shape);
      at = info.at;
    }
    if (info.isShort && at >= unit.end) break;
  }
}

/** The unit's own entry: bases, the source file, the table of files. */
function readUnitEntry(context: DwarfContext, unit: Unit, values: Values, found: Found): readonly string[] {
  setBases(context, unit, values);
  const text = (attribute: number): string => {
    const value = values.get(attribute);
    return value === undefined ? '' : (textOfValue(context, unit, value) ?? '');
  };
  const directory = text(AT.compDir);
  const name = text(AT.name);
  if (name !== '') found.files.add(joined(directory, name));
  const lines = values.get(AT.stmtList);
  return lines === undefined ? [] : readLineFiles(context, unit, lines.number, directory);
}

interface Entry {
  readonly values: Values;
  readonly files: readonly string[];
}

/** A row for each part of a function that has code. */
function addFunction(context: DwarfContext, unit: Unit, { values, files }: Entry, found: Found): void {
  const parts = partsOf(context, unit, values);
  if (parts.length === 0) return;
  const facts = factsOf(context, unit, values, HOPS_MAX);
  if (facts.name === undefined && facts.linkageName === undefined) return;
  const file = facts.file === undefined ? undefined : files[facts.file];
  const row = {
    name: facts.name ?? facts.linkageName ?? '',
    ...(facts.linkageName === undefined || facts.linkageName === facts.name ? {} : { linkageName: facts.linkageName }),
    ...(file === undefined || file === '' ? {} : { file }),
    ...(facts.line === undefined ? {} : { line: facts.line }),
  };
  for (const [from, to] of parts) {
    const [start, end] = [from - context.sections.base, to - context.sections.base];
    // Functions that the linker removed are left at 0, or at -1 or -2.
    if (!(from > 0 && start >= 0 && end > start && Number.isSafeInteger(end))) continue;
    found.functions.push({ ...row, start: address(start), end: address(end) });
  }
}

function partsOf(context: DwarfContext, unit: Unit, values: Values): readonly Range[] {
  const [low, high, ranges] = [values.get(AT.lowPc), values.get(AT.highPc), values.get(AT.ranges)];
  if (ranges !== undefined) return readRanges(context, unit, ranges);
  const start = low === undefined ? undefined : addressOfValue(context, unit, low);
  if (start === undefined || high === undefined) return [];
  const end = addressOfValue(context, unit, high);
  return [[start, end ?? start + high.number]];
}

interface Facts {
  readonly name?: string | undefined;
  readonly linkageName?: string | undefined;
  readonly file?: number | undefined;
  readonly line?: number | undefined;
}

/** Name and place, from the entry or from the one it refers to. */
function factsOf(context: DwarfContext, unit: Unit, values: Values, hops: number): Facts {
  const text = (attribute: number): string | undefined => {
    const value = values.get(attribute);
    return value === undefined ? undefined : textOfValue(context, unit, value);
  };
  const own: Facts = {
    name: text(AT.name),
    linkageName: text(AT.linkageName) ?? text(AT.mipsLinkageName),
    file: values.get(AT.declFile)?.number,
    line: values.get(AT.declLine)?.number,
  };
  const reference = values.get(AT.abstractOrigin) ?? values.get(AT.specification);
  if (hops === 0 || reference === undefined || own.name !== undefined) return own;
  const other = valuesAt(context, unit, reference);
  const rest: Facts = other === undefined ? {} : factsOf(context, unit, other, hops - 1);
  return {
    name: rest.name,
    linkageName: own.linkageName ?? rest.linkageName,
    file: own.file ?? rest.file,
    line: own.line ?? rest.line,
  };
}

/** The entry that a reference names, when it is in the same unit. */
function valuesAt({ info }: DwarfContext, unit: Unit, { form, number }: Value): Values | undefined {
  const at = form === FORM.refAddr ? number : unit.start + number;
  if (at < unit.entries || at >= unit.end || form === FORM.refSig8) return undefined;
  info.seek(at, unit.end);
  const shape = unit.abbreviations.get(info.uleb());
  return shape === undefined ? undefined : readEntry(info, unit, shape);
}
