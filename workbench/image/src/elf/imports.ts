// What a program takes from other files and offers to them, from the dynamic symbols. gABI, chapter 5; versions: the Linux
// extensions to the gABI (".gnu.version", ".gnu.version_r").

import type { ImageExport, ImageImport } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { DT, SHN, STT } from './constants.ts';
import type { Dynamic, Tables } from './dynamic.ts';
import { type ElfRelocations, isSlotType } from './relocations.ts';
import { bindingOf, type ElfSymbols, nameOf } from './symbols.ts';

const HIDDEN_OR_INTERNAL: readonly number[] = [1, 2];

/** What imports are made from. */
export interface ImportSource {
  readonly tables: Tables;
  readonly dynamic: Dynamic;
  readonly dynsym: ElfSymbols;
  readonly relocations: ElfRelocations;
  readonly machine: number;
}

/** Slots of the GOT and the rows of dynamic symbols they are filled with, in the order of the relocations. */
export function slotsOf({ relocations, machine }: ImportSource): readonly (readonly [slot: number, symbol: number])[] {
  const slots: [number, number][] = [];
  for (let row = 0; row < relocations.count; row += 1) {
    if (!isSlotType(machine, relocations.types[row] as number)) continue;
    slots.push([relocations.addresses[row] as number, relocations.symbols[row] as number]);
  }
  return slots;
}

/** Undefined dynamic symbols: one row for each slot that is filled with one, one without a slot for those that have none. */
export function readImports(source: ImportSource, stubs: ReadonlyMap<number, number>): readonly ImageImport[] {
  const { dynsym, tables } = source;
  const bySymbol = new Map<number, number[]>();
  for (const [slot, symbol] of slotsOf(source)) {
    const known = bySymbol.get(symbol);
    if (known === undefined) bySymbol.set(symbol, [slot]);
    else known.push(slot);
  }
  const libraryOf = libraries(source);
  const imports: ImageImport[] = [];
  for (let row = 1; row < dynsym.count; row += 1) {
    if (dynsym.sections[row] !== SHN.undefined) continue;
    const name = nameOf(dynsym, row);
    if (name === '') continue;
    const library = libraryOf(row);
    const isWeak = bindingOf(dynsym.infos[row] as number) === 'weak';
    const facts = { name, isWeak, ...(library === undefined ? {} : { library }) };
    for (const slot of bySymbol.get(row) ?? [undefined]) imports.push({ ...facts, ...placesOf(slot, stubs) });
    if (imports.length >= LIMITS.imports) {
      tables.warnings.add(`more than ${LIMITS.imports} imports: the rest is not read`);
      break;
    }
  }
  return imports;
}

function placesOf(slot: number | undefined, stubs: ReadonlyMap<number, number>): Pick<ImageImport, 'slot' | 'stub'> {
  if (slot === undefined) return {};
  const stub = stubs.get(slot);
  return { slot: address(slot), ...(stub === undefined ? {} : { stub: address(stub) }) };
}

/** Defined global and weak dynamic symbols that others may see. */
export function readExports(dynsym: ElfSymbols): readonly ImageExport[] {
  const exports: ImageExport[] = [];
  for (let row = 1; row < dynsym.count; row += 1) {
    const at = dynsym.addresses[row] as number;
    const info = dynsym.infos[row] as number;
    const isOffered = info >> 4 !== 0 && !HIDDEN_OR_INTERNAL.includes((dynsym.others[row] as number) & 3);
    if (at < 0 || !isOffered || (info & 15) === STT.section || (info & 15) === STT.file) continue;
    exports.push({ name: nameOf(dynsym, row), address: address(at) });
  }
  return exports;
}

/** Which library a dynamic symbol is asked of, where its version says so. */
function libraries({ tables: { reader, map }, dynamic, dynsym }: ImportSource): (row: number) => string | undefined {
  const at = dynamic.address(DT.verSym);
  const offset = at === undefined ? -1 : map.offsetOf(at, dynsym.count * 2);
  if (offset < 0) return () => undefined;
  const byVersion = neededVersions(reader, map, dynamic);
  return (row) => byVersion.get(reader.u16(offset + row * 2) & 0x7fff);
}

/** Verneed: version[2] cnt[2] file[4] aux[4] next[4]; Vernaux: hash[4] flags[2] other[2] name[4] next[4]. Offsets only grow. */
function neededVersions(reader: Tables['reader'], map: Tables['map'], dynamic: Dynamic): ReadonlyMap<number, string> {
  const byVersion = new Map<number, string>();
  const at = dynamic.address(DT.verNeed);
  let need = at === undefined ? -1 : map.offsetOf(at, 16);
  const end = at === undefined ? 0 : need + map.bytesFrom(at);
  let left: number = LIMITS.tableRows;
  while (need >= 0 && need + 16 <= end && left > 0) {
    const library = dynamic.names.at(reader.u32(need + 4));
    let aux = need + reader.u32(need + 8);
    for (let count = reader.u16(need + 2); count > 0 && aux + 16 <= end && left > 0; count -= 1, left -= 1) {
      byVersion.set(reader.u16(aux + 6), library);
      if (reader.u32(aux + 12) === 0) break;
      aux += reader.u32(aux + 12);
    }
    left -= 1;
    if (reader.u32(need + 12) === 0) break;
    need += reader.u32(need + 12);
  }
  return byVersion;
}
