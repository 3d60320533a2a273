// What to say about a field nobody knows: that secrets do not belong here, where the field does belong, or which known
// name is nearest (Levenshtein distance with swaps, at most a third of the name).

import type { FieldNode } from './field.ts';

/** Keys under which people write secrets. */
const SECRET_KEY = /^(?:.*_)?(?:secrets?|password|passwd|passphrase|api_?key|private_?key|auth_?token)$/i;

/** Keys longer than this are not compared with anything. */
const COMPARED_CHARS_MAX = 64;

/** The hint for the unknown field `key` of `table`, somewhere below `root`. */
export function hintForUnknown(unknown: { root: FieldNode; table: FieldNode; key: string }): string {
  const { root, table, key } = unknown;
  if (SECRET_KEY.test(key.slice(0, COMPARED_CHARS_MAX))) {
    return 'never write a secret into the manifest: keep it in a file with mode 0600, and name version 1 ticket secrets by tickets.v1_secrets_file';
  }
  const names = Object.keys(table.properties ?? {});
  const near = nearest(key, names);
  if (near !== undefined) return `did you mean ${near}?`;
  const home = sectionsWith(root, key);
  if (home.length > 0) return `${key} belongs in ${home.join(' or ')}`;
  return `known here: ${names.join(', ')}`;
}

/** Headings of the sections that have a field `key`. */
function sectionsWith(root: FieldNode, key: string): readonly string[] {
  const found: string[] = [];
  for (const [name, section] of Object.entries(root.properties ?? {})) {
    const fields = section.properties ?? {};
    if (Object.hasOwn(fields, key)) found.push(`[${name}]`);
    for (const [inner, table] of Object.entries(fields)) {
      if (Object.hasOwn(table.properties ?? {}, key)) found.push(`[${name}.${inner}]`);
    }
  }
  return found;
}

/** The name nearest to `key`, unless all are far. Case, and `-` for `_`, are no mistakes here. */
function nearest(key: string, names: readonly string[]): string | undefined {
  if (key.length > COMPARED_CHARS_MAX) return undefined;
  let best: { name: string; distance: number } | undefined;
  const plain = key.toLowerCase().replaceAll('-', '_');
  for (const name of names) {
    const far = distance(plain, name);
    const limit = Math.max(1, Math.floor(name.length / 3));
    if (far <= limit && (best === undefined || far < best.distance)) best = { name, distance: far };
  }
  return best?.name;
}

/** Changes, insertions, omissions and swaps of neighbours that make `a` into `b`; three rows of the usual table. */
function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? at(before, j - 2) + 1 : change;
      next.push(Math.min(change, swap, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
