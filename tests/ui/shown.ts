// What the page shows beside what the files say: both as values by field, and where they differ. What the files say is read here by its
// own rules, not by those of the page.

import { expect } from 'vitest';
import type { Tab } from './tab.ts';

/** Texts by field. */
export type Values = Readonly<Record<string, string>>;

/** A list of the hive, row by row. */
export type SaidRow = Readonly<Record<string, string>>;

/** A place, the file behind it, and how both tell their values. */
export interface Comparison {
  readonly place: string;
  readonly file: string;
  readonly shown: () => Promise<Values>;
  readonly said: () => Promise<Values>;
}

/** What a table, or a list of fields, has for a value that is not there. */
const NOTHING = '–';
const WAIT = { timeout: 20_000 };

/** Each value that is not the same, in words. What says nothing on both sides is the same. */
export async function differences({ place, file, shown, said }: Comparison): Promise<readonly string[]> {
  const [seen, told] = [await shown(), await said()];
  const fields = [...new Set([...Object.keys(told), ...Object.keys(seen)])];
  if (Object.keys(told).length === 0) return [`${place}: ${file} says nothing`];
  return fields.flatMap((field) => {
    const [one = NOTHING, other = NOTHING] = [seen[field], told[field]];
    return one === other ? [] : [`${place}: ${file}, ${field}: shown ${one}, said ${other}`];
  });
}

/** Waits until the page has what the file says. */
export async function expectSame(comparison: Comparison): Promise<void> {
  await expect.poll(() => differences(comparison), WAIT).toEqual([]);
}

/** The fields that elements of the page have below a selector, each a text, a moment or a whole hash; row by row below `row`. */
export async function fieldsShown({ page }: Tab, selector: string, row?: string): Promise<Values> {
  const value = `(cell) => cell.querySelector('time')?.dateTime ?? cell.querySelector('code[title]')?.title ?? cell.textContent.trim()`;
  const rows =
    row === undefined ? 'parts' : `parts.flatMap((part) => [...part.querySelectorAll(${JSON.stringify(row)})])`;
  const found = await page.evaluate<readonly (readonly (readonly [string, string])[])[]>(`(() => {
    const parts = [...document.querySelectorAll(${JSON.stringify(selector)})];
    const value = ${value};
    return ${rows}.map((one) => [...one.querySelectorAll('[data-field]')].map((cell) => [cell.dataset.field, value(cell)]));
  })()`);
  if (row === undefined) return Object.fromEntries(found[0] ?? []);
  return Object.fromEntries(found.flatMap((cells, index) => cells.map(([name, text]) => [nameIn(index, name), text])));
}

function nameIn(index: number, field: string): string {
  return `row ${index + 1} ${field}`;
}

/** The terms of a list of terms, and what stands beside each: a moment in its exact form. */
export async function factsShown({ page }: Tab, selector: string, without: readonly string[] = []): Promise<Values> {
  const facts = await page.evaluate<readonly (readonly [string, string])[]>(`
    [...document.querySelectorAll(${JSON.stringify(`${selector} > dt`)})].map((term) => {
      const said = term.nextElementSibling.cloneNode(true);
      for (const time of said.querySelectorAll('time')) time.textContent = time.dateTime;
      return [term.textContent, said.textContent];
    })`);
  return Object.fromEntries(facts.filter(([name]) => !without.includes(name)));
}

/** The rows of a list of the hive (contracts: `name=value` words, a value that is no plain word a JSON string; or one JSON object a line). */
export function rowsSaid(text: string): readonly SaidRow[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      if (line.startsWith('{')) return JSON.parse(line) as SaidRow;
      const words = line.match(/[\w-]+=(?:"(?:[^"\\]|\\.)*"|\S*)/g) ?? [];
      return Object.fromEntries(words.map((word) => nameAndValue(word)));
    });
}

function nameAndValue(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  const value = word.slice(at + 1);
  return [word.slice(0, at), value.startsWith('"') ? (JSON.parse(value) as string) : value];
}

/** Rows as a table of Fleet shows them, but for the fields that it leaves out. */
export function tableSaid(rows: readonly SaidRow[], without: readonly string[] = []): Values {
  return Object.fromEntries(
    rows.flatMap((row, index) =>
      Object.entries(row)
        .filter(([field]) => !without.includes(field))
        .map(([field, value]) => [nameIn(index, field), cellSaid(field, value)]),
    ),
  );
}

/** Names are shown as they are, also when they look like numbers. */
const NAMES = /^(?:id|subject|resource|reason|role|action)$/;
/** Milliseconds that are no moment. */
const SPANS = /^(?:age|budget|deadline|window)_ms$/;

/** A value as a cell of Fleet shows it: moments in UTC, numbers with their thousands, shares as `used of all`. */
export function cellSaid(field: string, value: string): string {
  if (value === '' || (value === 'none' && !NAMES.test(field))) return NOTHING;
  if (NAMES.test(field)) return value;
  if (/^\d+$/.test(value))
    return field.endsWith('_ms') && !SPANS.test(field)
      ? new Date(Number(value)).toISOString()
      : Number(value).toLocaleString('en');
  const [, used, all] = /^(\d+)\/(\d+|none)$/.exec(value) ?? [];
  if (used === undefined || all === undefined) return value;
  return `${Number(used).toLocaleString('en')} of ${all === 'none' ? '∞' : Number(all).toLocaleString('en')}`;
}
