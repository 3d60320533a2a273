// Journal entries as ranks. What the authority does with the entries it keeps is to compare them with one another and with those
// that lines name, so that states which differ only in how far the journal has come are one state.

type Plain = unknown;

/** A copy of plain data in which the numbers under `names` are replaced by their ranks among all of them. */
export function ranked(value: Plain, names: ReadonlySet<string>): Plain {
  const found = new Set<number>();
  walk(value, names, (entry) => {
    found.add(entry);
    return entry;
  });
  const order = [...found].sort((left, right) => left - right);
  return walk(value, names, (entry) => order.indexOf(entry) + 1);
}

function walk(value: Plain, names: ReadonlySet<string>, each: (entry: number) => number): Plain {
  if (value instanceof Map) return [...value].sort(byName).map(([key, item]) => [key, walk(item, names, each)]);
  if (Array.isArray(value)) return value.map((item) => walk(item, names, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(byName)
    .map(([name, item]) => [name, names.has(name) && typeof item === 'number' ? each(item) : walk(item, names, each)]);
}

function byName([left]: readonly [string, Plain], [right]: readonly [string, Plain]): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
