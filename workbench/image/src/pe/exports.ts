// What a PE file offers: the export directory. Flags[4] time[4] version[4] name[4] ordinal base[4] functions[4] names[4]
// functions at[4] names at[4] ordinals at[4]. A function whose RVA lies inside the directory is the name of another library's.

import type { ImageExport } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { address } from '../units.ts';
import { DIRECTORY } from './constants.ts';
import { bytesFromRva, type DirectoryPlace, directoryOf, nameAtRva, offsetOfRva, type PeFile } from './file.ts';

interface ExportTable {
  readonly directory: DirectoryPlace;
  readonly functionsAt: number;
  readonly functionCount: number;
  readonly ordinalBase: number;
}

/** Exports by name, then those that have an ordinal only. */
export function readExports(file: PeFile): readonly ImageExport[] {
  const table = exportTable(file);
  if (table === undefined) return [];
  const names = namesOf(file, table);
  const named = new Set(names.map(([index]) => index));
  const exports = names.flatMap(([index, name]) => exportOf(file, table, index, name));
  for (let index = 0; index < table.functionCount && exports.length < LIMITS.imports; index += 1)
    if (!named.has(index)) exports.push(...exportOf(file, table, index, ''));
  return exports;
}

/** The name a library calls itself. Untrusted. */
export function exportName(file: PeFile): string | undefined {
  const directory = directoryOf(file, DIRECTORY.export, 'export');
  const name =
    directory === undefined || directory.size < 40 ? '' : nameAtRva(file, file.reader.u32(directory.offset + 12));
  return name === '' ? undefined : name;
}

function exportTable(file: PeFile): ExportTable | undefined {
  const directory = directoryOf(file, DIRECTORY.export, 'export');
  if (directory === undefined || directory.size < 40) return undefined;
  const { reader } = file;
  const functionsRva = reader.u32(directory.offset + 28);
  const functionCount = countAt(file, functionsRva, 4, reader.u32(directory.offset + 20));
  const functionsAt = offsetOfRva(file, functionsRva, 4);
  return { directory, functionsAt, functionCount, ordinalBase: reader.u32(directory.offset + 16) };
}

/** As many rows of a table as are in the file. */
function countAt(file: PeFile, rva: number, rowSize: number, announced: number): number {
  const count = Math.min(announced, Math.floor(bytesFromRva(file, rva) / rowSize), LIMITS.imports);
  if (count < announced) file.warnings.add(`the export directory announces ${announced} rows, ${count} are read`);
  return count;
}

function namesOf(file: PeFile, { directory, functionCount }: ExportTable): readonly (readonly [number, string])[] {
  const { reader } = file;
  const announced = reader.u32(directory.offset + 24);
  const [namesRva, ordinalsRva] = [reader.u32(directory.offset + 32), reader.u32(directory.offset + 36)];
  const count = Math.min(countAt(file, namesRva, 4, announced), countAt(file, ordinalsRva, 2, announced));
  const [namesAt, ordinalsAt] = [offsetOfRva(file, namesRva, 4), offsetOfRva(file, ordinalsRva, 2)];
  const names: (readonly [number, string])[] = [];
  for (let row = 0; row < count; row += 1) {
    const index = reader.u16(ordinalsAt + row * 2);
    if (index < functionCount) names.push([index, nameAtRva(file, reader.u32(namesAt + row * 4))]);
  }
  return names;
}

function exportOf(file: PeFile, table: ExportTable, index: number, name: string): ImageExport[] {
  const rva = file.reader.u32(table.functionsAt + index * 4);
  if (rva === 0) return [];
  const { directory, ordinalBase } = table;
  const isForwarder = rva >= directory.rva && rva < directory.rva + directory.size;
  return [
    {
      ...{ name, address: address(file.imageBase + rva), ordinal: ordinalBase + index },
      ...(isForwarder ? { forwarder: nameAtRva(file, rva) } : {}),
    },
  ];
}
