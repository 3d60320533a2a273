// What the palette lists for what was typed: choices whose text holds every word of it, the best first. A list that a person can look
// over, not all that fits.

/** Something to go to. */
export interface Choice {
  /** Unique among all. */
  readonly id: string;
  readonly title: string;
  /** Beside the title: what it is, or where. */
  readonly hint: string;
  readonly group: 'place' | 'act' | 'worker' | 'file' | 'entry';
  readonly href: string;
}

/** Choices that are shown. */
export const CHOICES_MAX = 20;
/** Longest text that is looked for; more is cut off. */
const QUERY_LENGTH_MAX = 256;

/** A match at the beginning of the title, of a word of it, inside it, in the hint. */
const [AT_START, AT_WORD, INSIDE, IN_HINT, NOT] = [0, 1, 2, 3, 4];

/** The best of `choices` for a text; all are as good as each other for an empty one, and keep their order. */
export function ranked(query: string, choices: Iterable<Choice>, max: number = CHOICES_MAX): readonly Choice[] {
  const words = query.slice(0, QUERY_LENGTH_MAX).toLowerCase().split(/\s+/).filter(Boolean);
  const buckets: Choice[][] = Array.from({ length: NOT }, () => []);
  for (const choice of choices) buckets[distance(words, choice)]?.push(choice);
  return buckets
    .flatMap((bucket) => bucket.sort((one, other) => (words.length === 0 ? 0 : one.title.length - other.title.length)))
    .slice(0, max);
}

function distance(words: readonly string[], { title, hint }: Choice): number {
  const [low, beside] = [title.toLowerCase(), hint.toLowerCase()];
  const found = words.map((word) => {
    const at = low.indexOf(word);
    if (at === 0) return AT_START;
    if (at > 0) return /[^a-z0-9]/.test(low[at - 1] ?? '') ? AT_WORD : INSIDE;
    return beside.includes(word) ? IN_HINT : NOT;
  });
  return Math.max(AT_START, ...found);
}
