// Opens an ELF file: headers at once, long lists when they are first asked for. Works without section headers, as the loader does.

import { accepted, type Outcome } from '@cohesix/check';
import type { Image, ImageKind } from '../image.ts';
import type { ImageIdentity, OpenOptions } from '../options.ts';
import { address, offset } from '../units.ts';
import { columnsOf } from './columns.ts';
import { DF_1_PIE, DT, ET, PT } from './constants.ts';
import { detailOf } from './detail.ts';
import { type ElfFile, elfFileOf } from './file.ts';
import { readPclntab } from './go-pclntab.ts';
import { machineOf, readerOf } from './header.ts';
import { readInitialisers } from './initialisers.ts';
import { exportsOf, importsOf, relocationsOf, symbolsOf, unwindOf } from './lists.ts';
import { once } from './once.ts';
import { ownershipOf } from './ownership.ts';
import { isPlace } from './reader.ts';

/** Reads an ELF file; see `open`. Refuses only what has no whole header. */
export function openElf(bytes: Uint8Array, options: OpenOptions = {}): Outcome<Image> {
  const opened = readerOf(bytes);
  return opened.ok ? accepted(imageOf(elfFileOf(opened.value), options)) : opened;
}

/** An ELF file holds one image. */
export function elfIdentities(bytes: Uint8Array): readonly ImageIdentity[] {
  const opened = readerOf(bytes);
  if (!opened.ok) return [];
  const { header, reader } = elfFileOf(opened.value);
  const { isa, name, bits } = machineOf(reader, header);
  return [{ format: 'elf', isa, offset: 0, size: bytes.length, text: `ELF ${bits}-bit, ${name}` }];
}

function imageOf(file: ElfFile, options: OpenOptions): Image {
  const { reader, header, segments, sections, warnings } = file;
  const goFunctions = once(() => readPclntab(file));
  const entry = reader.address(header.entryAt);
  const hasEntry = header.type !== ET.rel && reader.word(header.entryAt) !== 0 && isPlace(entry);
  const ownership = once(() => ownershipOf({ ...file, sectionCount: file.sectionHeaders.length }));
  return {
    bytes: reader.bytes,
    format: 'elf',
    machine: machineOf(reader, header),
    kind: kindOf(file),
    base: reader.base,
    extent: { offset: offset(0), size: reader.bytes.length },
    ...(hasEntry ? { entry: address(entry) } : {}),
    segments,
    sections,
    get ownership() {
      return ownership();
    },
    detail: detailOf(file, options),
    warnings: warnings.list,
    symbols: once(() => symbolsOf(file)),
    imports: once(() => importsOf(file)),
    exports: once(() => exportsOf(file)),
    relocations: once(() => relocationsOf(file)),
    unwind: once(() => unwindOf(file, goFunctions())),
    initialisers: once(() => readInitialisers({ ...file, relocations: file.relocations() })),
    columns: columnsOf(file, goFunctions),
  };
}

/** A file of type ET_DYN is a program when it says so, or when it asks for a loader and has no name that others link with. */
function kindOf({ header, programHeaders, dynamic }: ElfFile): ImageKind {
  if (header.type === ET.exec) return 'executable';
  if (header.type === ET.rel) return 'relocatable';
  if (header.type === ET.core) return 'core';
  if (header.type !== ET.dyn) return 'other';
  const hasInterpreter = programHeaders.some(({ type }) => type === PT.interp);
  const isPie = ((dynamic?.value(DT.flags1) ?? 0) & DF_1_PIE) !== 0;
  if (hasInterpreter && (isPie || dynamic?.soname === undefined)) return 'pie';
  return isPie ? 'static-pie' : 'shared';
}
