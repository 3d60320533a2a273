// Generates docs/reference/manifest.md from the schema and the red lines alone; a test compares it with the file.

import { type FieldNode, nodeOf } from './field.ts';
import { type Field, outline, rangeText, type Section, tomlValue } from './outline.ts';
import { RED_LINES } from './red-lines.ts';
import { MANIFEST_SCHEMA, ManifestSchema } from './schema.ts';
import { isReloadable } from './settings.ts';

/** The text of docs/reference/manifest.md. */
export function manifestReference(): string {
  const sections = outline(nodeOf(ManifestSchema)).map(sectionText);
  return `${[introduction(), ...sections, redLines()].join('\n\n')}\n`;
}

function introduction(): string {
  return `# The manifest, \`hive.toml\`

<!-- Generated from hive/manifest/src. Do not edit: UPDATE_GOLDEN=1 vitest run hive/manifest rewrites it. -->

A hive reads one TOML file at its start: \`hive.toml\` in its data directory. It must say \`schema = "${MANIFEST_SCHEMA}"\`;
every other field may be left out and then has the default given here. A field this page does not list is refused, as is
a value out of its range and a manifest that crosses a red line; all problems are reported at once, each with its path.

The unit of a number is the end of its name: \`_ms\` milliseconds, \`_s\` seconds, \`_bytes\` bytes; without one it is a
count. A field marked “reload” can be changed while the hive runs, by a line to \`/queen/manifest/ctl\`; the others take a
restart. All numbers in force are readable at \`/proc/bounds\`, by the same names.`;
}

function sectionText({ path, node, fields }: Section): string {
  const heading = path === '' ? '## Above the first heading' : `## \`[${path}]\``;
  const text = path === '' ? 'These fields stand at the top of the file.' : node.description;
  const own = fields.length === 0 ? [] : [rows(fields.flatMap(withItems))];
  return [heading, text, ...own].join('\n\n');
}

/** A field, and for a list of tables the fields of its entries as `rules[].id`, of tables in them as `adapters[].spool.max_bytes`. */
function withItems({ name, node, path }: Field): readonly Row[] {
  const items = node.items === undefined ? [] : entriesOf(`${name}[]`, node.items);
  return [{ name, node }, ...items].map((row) => ({ ...row, isReloadable: isReloadable(path) }));
}

function entriesOf(table: string, { properties = {} }: FieldNode): readonly Omit<Row, 'isReloadable'>[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const name = `${table}.${key}`;
    return node.type === 'object' ? entriesOf(name, node) : [{ name, node }];
  });
}

interface Row {
  readonly name: string;
  readonly node: FieldNode;
  readonly isReloadable: boolean;
}

function rows(fields: readonly Row[]): string {
  const lines = fields.map(({ name, node, isReloadable: reloads }) => {
    const cells = [`\`${name}\``, typeText(node), defaultText(node), rangeText(node), node.description];
    return `| ${[...cells, reloads ? 'reload' : 'restart'].join(' | ')} |`;
  });
  return ['| Field | Type | Default | Range | Meaning | Change |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

function typeText(node: FieldNode): string {
  if (node.type !== 'array') return node.type ?? 'string';
  return node.items?.type === 'object' ? 'list of tables' : 'list of strings';
}

function defaultText(node: FieldNode): string {
  const from = node['x-default-from'];
  if (from !== undefined) return `that of \`${from}\``;
  return node.default === undefined ? 'must be given' : `\`${tomlValue(node.default)}\``;
}

function redLines(): string {
  const intro = 'A manifest whose fields are all legal is still refused when one of these does not hold:';
  return ['## Red lines', intro, RED_LINES.map(({ id, rule }) => `- **${id}**: ${rule}`).join('\n')].join('\n\n');
}
