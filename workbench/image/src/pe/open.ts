// Opens a PE file: headers at once, long lists when they are first asked for. PE32 is read, and not changed.

import { accepted, type Outcome } from '@cohesix/check';
import { once } from '../elf/once.ts';
import type { Image, ImageKind } from '../image.ts';
import type { ImageIdentity } from '../options.ts';
import { address, offset } from '../units.ts';
import { DLL, FILE } from './constants.ts';
import { detailOf } from './detail.ts';
import { readUnwind } from './exceptions.ts';
import { readExports } from './exports.ts';
import { type PeFile, peFileOf } from './file.ts';
import { machineOf, type PeHeaders, readHeaders } from './header.ts';
import { importSlots, readImports } from './imports.ts';
import { ownershipOf } from './ownership.ts';
import { readRelocations } from './relocations.ts';
import { findStubs } from './stubs.ts';
import { readSymbols } from './symbols.ts';

/** Reads a PE file; see `open`. Refuses only what has no whole header. */
export function openPe(bytes: Uint8Array): Outcome<Image> {
  const opened = readHeaders(bytes);
  return opened.ok ? accepted(imageOf(peFileOf(opened.value.reader, opened.value.headers))) : opened;
}

/** A PE file holds one image. */
export function peIdentities(bytes: Uint8Array): readonly ImageIdentity[] {
  const opened = readHeaders(bytes);
  if (!opened.ok) return [];
  const { isa, name, bits } = machineOf(opened.value.headers);
  return [{ format: 'pe', isa, offset: 0, size: bytes.length, text: `PE ${bits}-bit, ${name}` }];
}

function imageOf(file: PeFile): Image {
  const { reader, headers, imageBase, warnings } = file;
  const machine = machineOf(headers);
  const detail = detailOf(file);
  const { libraries } = detail;
  warnAbout(file, detail.loadConfig?.isHybrid === true);
  const stubs = once(() => findStubs(file, machine.isa, importSlots(file, libraries)));
  const parts = { certificates: detail.certificates, rich: detail.rich };
  const ownership = once(() => ownershipOf(file, parts));
  return {
    ...{ bytes: reader.bytes, format: 'pe', machine, kind: kindOf(headers), base: reader.base, detail },
    extent: { offset: offset(0), size: reader.bytes.length },
    ...(headers.entryRva === 0 ? {} : { entry: address(imageBase + headers.entryRva) }),
    ...{ segments: file.segments, sections: file.sections },
    get ownership() {
      return ownership();
    },
    warnings: warnings.list,
    symbols: once(() => readSymbols(file)),
    imports: once(() => readImports(file, libraries, stubs())),
    exports: once(() => readExports(file)),
    relocations: once(() => readRelocations(file)),
    unwind: once(() => readUnwind(file)),
    initialisers: () => detail.tls?.callbacks ?? [],
  };
}

/** A program is position-independent when it may be moved and says where that changes it. */
function kindOf({ characteristics, dllCharacteristics }: PeHeaders): ImageKind {
  if ((characteristics & FILE.dll) !== 0) return 'shared';
  const canMove = (dllCharacteristics & DLL.dynamicBase) !== 0 && (characteristics & FILE.relocationsStripped) === 0;
  return canMove ? 'pie' : 'executable';
}

function warnAbout({ headers, rows, warnings }: PeFile, isHybrid: boolean): void {
  if (isHybrid) warnings.add('the file has ARM64 and x86-64 code (ARM64EC or ARM64X); it is read as its header says');
  if (headers.entryRva !== 0 && headers.entryRva < headers.headersSize) warnings.add('the entry lies in the headers');
  const entrySection = rows.find(
    ({ rva, virtualSize }) => headers.entryRva >= rva && headers.entryRva < rva + virtualSize,
  );
  if (headers.entryRva >= headers.headersSize && entrySection === undefined && headers.entryRva !== 0)
    warnings.add('the entry lies in no section');
}
