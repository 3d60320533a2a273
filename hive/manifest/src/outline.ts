// The manifest as a list of rows: every table and field of a schema in the order of the file, with its path. The writer
// of hive.toml and the reference go down this list, so neither can forget a field.

import type { FieldNode } from './field.ts';

/** A table of the file: its own fields, not those of tables inside it, which follow as sections of their own. */
export interface Section {
  /** `secure9p`, `tickets.attach_failures`; empty for the fields above the first heading. */
  readonly path: string;
  readonly node: FieldNode;
  readonly fields: readonly Field[];
}

/** A field of a section. */
export interface Field {
  readonly name: string;
  /** `secure9p.msize`. */
  readonly path: string;
  readonly node: FieldNode;
}

/** The sections of `root`, outer before inner. */
export function outline(root: FieldNode, path = ''): readonly Section[] {
  const all = Object.entries(root.properties ?? {}).map(([name, node]) => ({
    name,
    path: path === '' ? name : `${path}.${name}`,
    node,
  }));
  const own: Section = { path, node: root, fields: all.filter(({ node }) => node.type !== 'object') };
  const inner = all.filter(({ node }) => node.type === 'object').flatMap((field) => outline(field.node, field.path));
  return [own, ...inner];
}

/** What a field may be, in a few words: `512 to 1048576`, ``` `host` or `heartbeat` ```; empty when anything is. */
export function rangeText(node: FieldNode): string {
  if (node.enum !== undefined) return node.enum.map((one) => `\`${one}\``).join(' or ');
  if (node.type === 'integer') return `${node.minimum} to ${node.maximum}`;
  if (node.type === 'array') return `at most ${node.maxItems} entries`;
  return node['x-form'] ?? '';
}

/** A value as TOML on one line. Values are of the manifest's kinds: booleans, integers, strings, lists of tables. */
export function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.map(tomlValue).join(', ')}]`;
  if (typeof value === 'string') return tomlString(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([key, inner]) => `${key} = ${tomlValue(inner)}`);
  return `{ ${fields.join(', ')} }`;
}

/** A TOML basic string: JSON's escapes are among TOML's; DEL needs one there that JSON does not give. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
