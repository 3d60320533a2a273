// Who owns the bytes of a PE file: headers, the certificate table, the directories' own tables, then sections. Padding of a section
// behind its size in memory is slack.

import { Claims } from '../claims.ts';
import type { OwnerKind, Ownership } from '../ownership.ts';
import type { CertificateTable } from './certificates.ts';
import { DIRECTORY, DIRECTORY_NAMES, SECTION_HEADER_SIZE } from './constants.ts';
import { offsetOfRva, type PeFile } from './file.ts';
import type { RichHeader } from './rich.ts';
import { symbolPlace } from './symbols.ts';

/** What claims are made of, beside the file. */
export interface PeParts {
  readonly certificates: CertificateTable | undefined;
  readonly rich: RichHeader | undefined;
}

/** Directories that are tables as a whole; the others (resources, CLR) hold content, or lie in the headers. */
const TABLES: readonly number[] = [
  ...[DIRECTORY.export, DIRECTORY.import, DIRECTORY.exception, DIRECTORY.relocation, DIRECTORY.debug, DIRECTORY.tls],
  ...[DIRECTORY.loadConfig, DIRECTORY.importAddress, DIRECTORY.delayImport, DIRECTORY.boundImport],
];

/** The map of the whole file. */
export function ownershipOf(file: PeFile, { certificates, rich }: PeParts): Ownership {
  const { reader, headers, rows } = file;
  const claims = new Claims(reader.bytes.length);
  claims.add(0, 0x40, 'header', 'DOS header');
  if (rich !== undefined) claims.add(rich.offset, rich.size, 'header', 'Rich header');
  const { peOffset, sectionTableOffset } = headers;
  claims.add(peOffset, sectionTableOffset - peOffset, 'header', 'PE header');
  claims.add(sectionTableOffset, rows.length * SECTION_HEADER_SIZE, 'header', 'section headers');
  if (certificates !== undefined) claims.add(certificates.offset, certificates.size, 'signature', 'certificate table');
  addDirectories(file, claims);
  claims.add(0x40, peOffset - 0x40, 'header', 'DOS program');
  for (const { name, offset, fileSize, role } of file.sections)
    claims.add(offset, fileSize, kindOf(role), name || 'a section');
  const symbols = symbolPlace(file);
  claims.add(symbols.offset, symbols.size, 'debug', 'COFF symbols');
  return claims.ranges(Math.max(claims.end, overlayStart(file)));
}

/** First byte after everything that the headers describe, without the certificate table. */
export function overlayStart(file: PeFile): number {
  const symbols = symbolPlace(file);
  let end = Math.max(file.headers.headersSize, symbols.offset + symbols.size);
  for (const { rawOffset, rawSize } of file.rows) end = Math.max(end, rawOffset + rawSize);
  return Math.min(end, file.reader.bytes.length);
}

function addDirectories(file: PeFile, claims: Claims): void {
  for (const row of TABLES) {
    const { rva = 0, size = 0 } = file.headers.directories[row] ?? {};
    const at = rva === 0 || size === 0 ? -1 : offsetOfRva(file, rva, 1);
    const room = at < 0 ? 0 : file.map.bytesFrom(file.imageBase + rva);
    claims.add(at, Math.min(size, room), 'table', `${DIRECTORY_NAMES[row]} directory`);
  }
}

function kindOf(role: string): OwnerKind {
  if (role === 'code') return 'code';
  if (role === 'debug') return 'debug';
  return role === 'unwind' || role === 'relocation' ? 'table' : 'data';
}
