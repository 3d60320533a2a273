// The load config directory of PE32+: control flow guard and the marks of ARM64EC. Source: Microsoft, "PE Format" and winnt.h,
// IMAGE_LOAD_CONFIG_DIRECTORY64. Its first field says how many bytes of it there are.

import { type Address, address } from '../units.ts';
import { DIRECTORY } from './constants.ts';
import { directoryOf, type PeFile } from './file.ts';

/** What a patch must know. */
export interface PeLoadConfig {
  readonly guardFlags: number;
  /** Functions that may be called indirectly while control flow guard is on: a hook that is called so must be among them. */
  readonly guardFunctions: readonly Address[];
  /** Where that table is, and the bytes of a row; rows are sorted by RVA. */
  readonly guardTable?: { readonly address: Address; readonly rowSize: number };
  /** The file has code for ARM64 and for x86-64 (ARM64EC, ARM64X). */
  readonly isHybrid: boolean;
}

const [GUARD_TABLE, GUARD_COUNT, GUARD_FLAGS, CHPE] = [0x80, 0x88, 0x90, 0xc8] as const;

/** Undefined when the file has none, and for PE32. */
export function readLoadConfig(file: PeFile): PeLoadConfig | undefined {
  const { reader } = file;
  const directory = directoryOf(file, DIRECTORY.loadConfig, 'load config');
  if (directory === undefined || !reader.is64 || directory.size < 4) return undefined;
  // The directory's own size is the compatible one of old systems; the first field counts.
  const size = Math.min(reader.u32(directory.offset), file.map.bytesFrom(file.imageBase + directory.rva));
  const has = (field: number): boolean => field + 8 <= size;
  const guardFlags = has(GUARD_FLAGS) ? reader.u32(directory.offset + GUARD_FLAGS) : 0;
  const rowSize = 4 + (guardFlags >>> 28);
  const table = has(GUARD_COUNT) ? reader.address(directory.offset + GUARD_TABLE) : 0;
  const hasTable =
    has(GUARD_COUNT) && reader.u64(directory.offset + GUARD_TABLE) !== 0 && file.map.bytesFrom(table) > 0;
  return {
    guardFlags,
    guardFunctions: hasTable ? guarded(file, table, rowSize, reader.u64(directory.offset + GUARD_COUNT)) : [],
    ...(hasTable ? { guardTable: { address: address(table), rowSize } } : {}),
    isHybrid: has(CHPE) && reader.u64(directory.offset + CHPE) !== 0,
  };
}

function guarded(file: PeFile, table: number, rowSize: number, announced: number): readonly Address[] {
  const count = Math.min(announced, Math.floor(file.map.bytesFrom(table) / rowSize));
  if (count < announced)
    file.warnings.add(`the control flow guard table announces ${announced} functions, ${count} are in the file`);
  const at = file.map.offsetOf(table, 4);
  return Array.from({ length: count }, (_, row) => address(file.imageBase + file.reader.u32(at + row * rowSize)));
}
