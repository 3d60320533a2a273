// What differs between two policies: rules and grants by their ids, tests by their names.

/** The lists of a policy that are compared. */
export interface Policy {
  readonly rules: readonly object[];
  readonly grants: readonly object[];
  readonly tests: readonly object[];
}

/** One difference; `before` and `after` are what stands there, absent where nothing does. */
export interface Difference {
  readonly list: keyof Policy;
  readonly name: string;
  readonly before?: object;
  readonly after?: object;
}

const LISTS: readonly (keyof Policy)[] = ['rules', 'grants', 'tests'];

/** All differences, list by list; in each what went or changed in the old order, then what came in the new one. */
export function differences(before: Policy, after: Policy): readonly Difference[] {
  return LISTS.flatMap((list) => listDifferences(list, byName(before[list]), byName(after[list])));
}

function listDifferences(
  list: keyof Policy,
  before: ReadonlyMap<string, object>,
  after: ReadonlyMap<string, object>,
): Difference[] {
  const gone = [...before].flatMap(([name, old]): Difference[] => {
    const now = after.get(name);
    if (now === undefined) return [{ list, name, before: old }];
    return textOf(old) === textOf(now) ? [] : [{ list, name, before: old, after: now }];
  });
  const come = [...after].filter(([name]) => !before.has(name)).map(([name, now]) => ({ list, name, after: now }));
  return [...gone, ...come];
}

function byName(items: readonly object[]): ReadonlyMap<string, object> {
  return new Map(items.map((item) => [nameOf(item), item]));
}

function nameOf(item: object): string {
  const { id, name } = item as { readonly id?: unknown; readonly name?: unknown };
  return String(id ?? name);
}

/** A rule without an effect approves, once: as the manifest's are. */
function textOf(item: object): string {
  const { id, name, ...rest } = item as Readonly<Record<string, unknown>>;
  const whole: Record<string, unknown> = { effect: 'approve', ...rest };
  if (whole.effect === 'approve') whole.approvals ??= 1;
  return JSON.stringify(Object.entries(whole).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Lines for people: `- rules queue-ctl {…}`, `+ …`, `~` twice for what changed. */
export function differenceLines({ list, name, before, after }: Difference): readonly string[] {
  const line = (mark: string, item: object): string => `${mark} ${list} ${name} ${JSON.stringify(item)}`;
  return [...(before === undefined ? [] : [line('-', before)]), ...(after === undefined ? [] : [line('+', after)])];
}
