// The file table of a unit's line program: which number is which source file. DWARF 5, section 6.2.4; DWARF 4, the same.

import { FORM, LNCT } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import { type DwarfContext, readValue, textOfValue, type Unit, type Value } from './unit.ts';

const FILES_MAX = 65_536;
const FORMATS_MAX = 16;

/** Paths by number, as DW_AT_decl_file counts: from 0 in DWARF 5, from 1 before. Relative ones begin in `directory`. */
export function readLineFiles(context: DwarfContext, unit: Unit, offset: number, directory: string): readonly string[] {
  const { line } = context;
  if (context.filesLeft <= 0) return [];
  line.seek(offset);
  const short = line.u32();
  const offsetSize = short === 0xffffffff ? 8 : 4;
  const end = (offsetSize === 8 ? line.u64() : short) + line.at;
  const version = line.u16();
  if (line.isShort || version < 2 || version > 5) return [];
  line.end = Math.min(line.end, end);
  if (version === 5) line.skip(2);
  line.skip(offsetSize);
  // minimum_instruction_length, [maximum_operations], default_is_stmt, line_base, line_range, opcode_base, opcode lengths.
  line.skip(version >= 4 ? 5 : 4);
  line.skip(Math.max(0, line.u8() - 1));
  const files = version === 5 ? filesOf5(context, { ...unit, offsetSize }) : filesBefore5(line, directory);
  context.filesLeft -= files.length;
  return files;
}

/** Directories, each with NUL, up to an empty one; then name\0 directory[u] time[u] size[u], up to an empty name. */
function filesBefore5(line: DwarfCursor, directory: string): readonly string[] {
  const directories = [directory];
  for (let at = line.string(); line.at - at > 1 && directories.length < FILES_MAX; at = line.string())
    directories.push(joined(directory, line.textAt(at)));
  const files = [''];
  for (let at = line.string(); line.at - at > 1 && files.length < FILES_MAX; at = line.string()) {
    const index = line.uleb();
    line.uleb();
    line.uleb();
    files.push(joined(directories[index] ?? directory, line.textAt(at)));
  }
  return files;
}

/** Two tables, of directories and of files: format_count[1] (content[u] form[u])* count[u] rows. */
function filesOf5(context: DwarfContext, unit: Unit): readonly string[] {
  const directories = rowsOf(context, unit).map(({ path }) => path);
  const root = directories[0] ?? '';
  const full = directories.map((path) => joined(root, path));
  return rowsOf(context, unit).map(({ path, directory }) => joined(full[directory] ?? root, path));
}

function rowsOf(context: DwarfContext, unit: Unit): readonly { readonly path: string; readonly directory: number }[] {
  const { line } = context;
  const formats = Array.from({ length: Math.min(line.u8(), FORMATS_MAX) }, () => [line.uleb(), line.uleb()] as const);
  const count = Math.min(line.uleb(), FILES_MAX);
  const rows: { path: string; directory: number }[] = [];
  for (let row = 0; row < count && !line.isShort && line.at < line.end; row += 1) {
    let [path, directory] = ['', 0];
    for (const [content, form] of formats) {
      const value: Value = { form, number: readValue(line, unit, form) };
      if (content === LNCT.path) path = pathOf(context, unit, value);
      else if (content === LNCT.directoryIndex) directory = value.number;
    }
    rows.push({ path, directory });
  }
  return rows;
}

/** A text that stands in the table itself is in `.debug_line`, not in `.debug_info`. */
function pathOf(context: DwarfContext, unit: Unit, value: Value): string {
  if (value.form === FORM.string) return context.line.textAt(value.number);
  return textOfValue(context, unit, value) ?? '';
}

/** A path in a directory; an absolute one stays. Windows' absolute paths begin with a letter and a colon. */
export function joined(directory: string, path: string): string {
  if (directory === '' || path === '' || /^(\/|\\|[A-Za-z]:)/.test(path)) return path || directory;
  return `${directory.replace(/\/$/, '')}/${path}`;
}
