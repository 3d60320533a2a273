// What a PE file has beyond the common model. Filled by pe/open.ts.

import type { DebugInfo } from '../dwarf/debug-info.ts';
import { readDebugInfo } from '../dwarf/read.ts';
import type { SectionName } from '../dwarf/sections.ts';
import { once } from '../elf/once.ts';
import { type CertificateTable, readCertificates } from './certificates.ts';
import { peChecksum } from './checksum.ts';
import { type CodeView, readDebug } from './debug.ts';
import { exportName } from './exports.ts';
import type { PeFile } from './file.ts';
import type { PeDirectory, PeHeaders } from './header.ts';
import { type PeLibrary, readLibraries } from './imports.ts';
import type { PeSection } from './layout.ts';
import { type PeLoadConfig, readLoadConfig } from './load-config.ts';
import { overlayStart } from './ownership.ts';
import { readResources } from './resources.ts';
import { type RichHeader, readRich } from './rich.ts';
import { type PeTls, readTls } from './tls.ts';

/** Details of a PE image. Texts come from the file: untrusted. */
export interface PeDetail {
  readonly format: 'pe';
  /** All fields of the headers, for showing and for editing; RVAs are less the image base. */
  readonly headers: PeHeaders;
  readonly sectionHeaders: readonly PeSection[];
  readonly directories: readonly PeDirectory[];
  /** The name a library calls itself. */
  readonly libraryName?: string;
  readonly libraries: readonly PeLibrary[];
  readonly tls?: PeTls;
  readonly loadConfig?: PeLoadConfig;
  readonly codeView?: CodeView;
  /** The file says that it keeps to the shadow stack (CET). */
  readonly hasShadowStack: boolean;
  readonly certificates?: CertificateTable;
  readonly rich?: RichHeader;
  /** Bytes behind everything that the headers describe; the certificate table may be among them. */
  readonly overlay?: { readonly offset: number; readonly size: number };
  /** Whether the field in the header is right; computed over the whole file when it is asked for. A field of 0 is not looked at. */
  hasGoodChecksum(): boolean;
  /** Names in the resource tree: `ICON/1/1033`. */
  resources(): readonly string[];
  /** Functions and their source files from DWARF (mingw), read when first asked for; empty when there is none. */
  debugInfo(): DebugInfo;
}

/** Reads the details of a file. */
export function detailOf(file: PeFile): PeDetail {
  const { reader, headers, rows } = file;
  const libraryName = exportName(file);
  const [tls, loadConfig, certificates] = [readTls(file), readLoadConfig(file), readCertificates(file)];
  const rich = readRich(reader, headers.peOffset);
  const overlay = overlayStart(file);
  const size = reader.bytes.length;
  return {
    ...{ format: 'pe', headers, sectionHeaders: rows, directories: headers.directories },
    ...(libraryName === undefined ? {} : { libraryName }),
    libraries: readLibraries(file),
    ...(tls === undefined ? {} : { tls }),
    ...(loadConfig === undefined ? {} : { loadConfig }),
    ...readDebug(file),
    ...(certificates === undefined ? {} : { certificates }),
    ...(rich === undefined ? {} : { rich }),
    ...(overlay < size ? { overlay: { offset: overlay, size: size - overlay } } : {}),
    hasGoodChecksum: once(() => peChecksum(reader.bytes, headers.optionalOffset + 64) === headers.checksum),
    resources: once(() => readResources(file)),
    debugInfo: once(() => readDebugInfo(debugSections(file), file.warnings)),
  };
}

function debugSections({ reader, sections }: PeFile): Parameters<typeof readDebugInfo>[0] {
  return {
    isLittle: true,
    base: Number(reader.base),
    section: (name: SectionName) => {
      const found = sections.find((section) => section.name === `.debug_${name}`);
      return found && reader.bytes.subarray(found.offset, found.offset + found.fileSize);
    },
  };
}
