// An ELF file as its readers share it: headers read at once, tables when they are first asked for.

import type { Section, Segment } from '../image.ts';
import { Warnings } from '../warnings.ts';
import { DT, EM, ET, PT } from './constants.ts';
import { type Dynamic, readDynamic, type Tables } from './dynamic.ts';
import { type FrameSource, readEhFrame, type UnwindRows } from './eh-frame.ts';
import { type ElfHeader, readHeader } from './header.ts';
import { slotsOf } from './imports.ts';
import { AddressMap, relocatableAddresses, relocatableSegments, sectionsOf, segmentsOf } from './layout.ts';
import { once } from './once.ts';
import { findStubs } from './plt.ts';
import { type ProgramHeader, readProgramHeaders } from './program-headers.ts';
import type { ElfReader } from './reader.ts';
import { type ElfRelocations, readRelocations } from './relocations.ts';
import { readSectionHeaders, type SectionHeader } from './section-headers.ts';
import { type ElfSymbols, readDynsym, readSymtab, type SymbolPlaces } from './symbols.ts';

/** Everything read from one file. */
export interface ElfFile {
  readonly reader: ElfReader;
  readonly header: ElfHeader;
  readonly warnings: Warnings;
  readonly programHeaders: readonly ProgramHeader[];
  readonly sectionHeaders: readonly SectionHeader[];
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
  readonly tables: Tables;
  readonly dynamic: Dynamic | undefined;
  /** Start of each section, by its number, in a relocatable file. */
  readonly sectionStarts: readonly number[] | undefined;
  symtab(): ElfSymbols | undefined;
  dynsym(): ElfSymbols | undefined;
  relocations(): ElfRelocations;
  /** Slot → stub. */
  stubs(): ReadonlyMap<number, number>;
  frames(): UnwindRows;
}

/** Reads the headers; `reader` has been made from a whole ELF header. */
export function elfFileOf(reader: ElfReader): ElfFile {
  const warnings = new Warnings();
  const header = readHeader(reader);
  const programHeaders = readProgramHeaders(reader, header, warnings);
  const sectionHeaders = readSectionHeaders(reader, header, warnings);
  const isRelocatable = header.type === ET.rel;
  const starts = isRelocatable ? relocatableAddresses(sectionHeaders) : undefined;
  const sections = sectionsOf(sectionHeaders, starts ?? sectionHeaders.map(({ address }) => address));
  const segments = isRelocatable
    ? relocatableSegments(sections)
    : segmentsOf(programHeaders, reader.bytes.length, warnings);
  const tables: Tables = { reader, programHeaders, sectionHeaders, map: new AddressMap(segments), warnings };
  const dynamic = isRelocatable ? undefined : readDynamic(tables);
  const places: SymbolPlaces = {
    ...(starts === undefined ? {} : { sectionStarts: starts }),
    tlsStart: programHeaders.find(({ type }) => type === PT.tls)?.address ?? 0,
  };
  const facts = { reader, header, warnings, programHeaders, sectionHeaders, segments, sections, tables, dynamic };
  const symtab = once(() => readSymtab(tables, places));
  const dynsym = once(() => (dynamic === undefined ? undefined : readDynsym(tables, dynamic, places)));
  const relocations = once(() =>
    readRelocations({
      ...{ tables, dynamic, dynsym: dynsym(), symtab: symtab() },
      ...{ type: header.type, machine: header.machine, sectionStarts: starts },
    }),
  );
  const file = { ...facts, sectionStarts: starts, symtab, dynsym, relocations };
  return { ...file, stubs: once(() => stubsOf(file)), frames: once(() => readEhFrame(frameSource(file))) };
}

type WithoutCode = Omit<ElfFile, 'stubs' | 'frames'>;

function stubsOf({
  reader,
  header,
  sections,
  segments,
  dynamic,
  dynsym,
  relocations,
  tables,
}: WithoutCode): ReadonlyMap<number, number> {
  const [symbols, isa] = [dynsym(), stubIsaOf(header.machine)];
  if (dynamic === undefined || symbols === undefined || isa === undefined) return new Map();
  const source = { tables, dynamic, dynsym: symbols, relocations: relocations(), machine: header.machine };
  const slots = new Set(slotsOf(source).map(([slot]) => slot));
  const pltGot = dynamic.address(DT.pltGot) ?? 0;
  return findStubs({ bytes: reader.bytes, isa, sections, segments, pltGot }, slots);
}

function stubIsaOf(machine: number): 'x86-64' | 'x86' | 'aarch64' | undefined {
  if (machine === EM.x86_64) return 'x86-64';
  if (machine === EM.i386) return 'x86';
  return machine === EM.aarch64 ? 'aarch64' : undefined;
}

/** In a relocatable file the places of functions are in its relocations: symbol and addend, which is the function's start. */
function frameSource({ tables, sections, sectionStarts, relocations, symtab }: WithoutCode): FrameSource {
  const symbols = symtab();
  if (sectionStarts === undefined || symbols === undefined) return { tables, sections };
  const table = relocations();
  const rows = new Map(Array.from(table.addresses.subarray(0, table.count), (at, row) => [at, row] as const));
  const relocated = (place: number): number | undefined => {
    const row = rows.get(place);
    if (row === undefined) return undefined;
    return (symbols.addresses[table.symbols[row] as number] ?? -1) + (table.addends[row] as number);
  };
  return { tables, sections, relocated };
}
