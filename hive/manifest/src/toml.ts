// Writes a manifest as a hive.toml a person can edit: every field with its value, its range and what it means. The
// values stand there although they are the defaults, so that a later release with other defaults changes nothing here.

import { nodeOf } from './field.ts';
import { type Field, outline, rangeText, type Section, tomlValue } from './outline.ts';
import { type Manifest, ManifestSchema } from './schema.ts';
import { isReloadable } from './settings.ts';

/** Columns of a comment line. */
const COLUMNS = 110;

/** `hive.toml` for `manifest`: parses to the same manifest, and ends with LF. */
export function manifestToml(manifest: Manifest): string {
  const heading = [
    '# The manifest of this hive. Every field may be left out and then has its default; a field nobody knows is refused.',
    '# Fields marked (reload) can be changed while the hive runs; the others take a restart. Never write secrets here.',
    '',
  ];
  const sections = outline(nodeOf(ManifestSchema)).map((section) =>
    sectionText(section, valueAt(manifest, section.path)),
  );
  return `${[...heading, ...sections].join('\n')}`;
}

function sectionText({ path, node, fields }: Section, values: Readonly<Record<string, unknown>>): string {
  const heading = path === '' ? [] : [...comment(node.description), `[${path}]`];
  const lines = fields.flatMap((field) => [...fieldComment(field), ...fieldLines(field, values)]);
  return `${[...heading, ...lines].join('\n')}\n`;
}

function fieldComment({ path, node }: Field): readonly string[] {
  const range = rangeText(node).replaceAll('`', '"');
  const reload = isReloadable(path) ? ' (reload)' : '';
  return comment(`${node.description}${range === '' ? '' : ` (${range})`}${reload}`);
}

function fieldLines({ name, node }: Field, values: Readonly<Record<string, unknown>>): readonly string[] {
  const value = values[name];
  const from = node['x-default-from'];
  if (from !== undefined && values[from] === value) return [`# ${name} = ${tomlValue(value)}`];
  if (!Array.isArray(value) || value.length === 0) return [`${name} = ${tomlValue(value)}`];
  return [`${name} = [`, ...value.map((item) => `  ${tomlValue(item)},`), ']'];
}

/** The table of a manifest at a section's path. */
function valueAt(manifest: Manifest, path: string): Readonly<Record<string, unknown>> {
  let value = manifest as unknown as Readonly<Record<string, unknown>>;
  for (const name of path === '' ? [] : path.split('.')) value = value[name] as typeof value;
  return value;
}

/** Text as comment lines of at most `COLUMNS` columns, broken between words. */
function comment(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > COLUMNS && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line = `${line} ${word}`;
  }
  return [...lines, line];
}
