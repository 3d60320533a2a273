// Values out of the text of a view: `key=value` words (a leading word without `=` is its name), or a line that is a JSON object.

/** Key → value, as written. */
export type Fields = ReadonlyMap<string, string>;

/** The fields of the first lines of a view; a key that comes again keeps its first value. */
export function fieldsOf(text: string): Fields {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    for (const [key, value] of pairsOf(line)) if (!fields.has(key)) fields.set(key, value);
  }
  return fields;
}

/** The fields of each line that has some, at most `max`; `left` is how many more there are. */
export function rowsOf(text: string, max: number): { readonly rows: readonly Fields[]; readonly left: number } {
  const all = text.split('\n').filter((line) => line.includes('='));
  return { rows: all.slice(0, max).map((line) => new Map(pairsOf(line))), left: Math.max(0, all.length - max) };
}

/** A value as a number; undefined when it is none (`none`, `off`). */
export function numberOf(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

function pairsOf(line: string): readonly (readonly [string, string])[] {
  return line.startsWith('{') ? jsonPairs(line) : wordPairs(line);
}

/** A quoted value may hold spaces: `reason="no space left"`. */
const WORD = /([A-Za-z0-9_.]+)=("(?:[^"\\]|\\.)*"|\S*)/g;

function wordPairs(line: string): readonly (readonly [string, string])[] {
  return [...line.matchAll(WORD)].map(([, key = '', value = '']) => [
    key,
    value.startsWith('"') ? unquoted(value) : value,
  ]);
}

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
}

function jsonPairs(line: string): readonly (readonly [string, string])[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, one]) => [key, String(one)])
      : [];
  } catch {
    return []; // A line that was cut at the bound of its view.
  }
}
