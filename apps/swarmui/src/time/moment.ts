// Moments and spans as a person reads them, in the same form in every place. Moments are in UTC, as `coh` prints them: two people who
// look at one hive from two places read the same words.

/** What has no name in the calendar of ECMAScript stays a number: a record may say anything. */
function dateOf(atMs: number): Date | undefined {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** `2026-11-22 04:49:17 UTC`. */
export function momentText(atMs: number): string {
  return (
    dateOf(atMs)
      ?.toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, ' UTC') ?? String(atMs)
  );
}

/** `04:49:17 UTC`: for what is of the last minutes. */
export function clockText(atMs: number): string {
  return momentText(atMs).replace(/^\S+ (?=\S+ UTC$)/, '');
}

/** The moment to the millisecond, as ISO 8601 has it: what stands beside the others as a title. */
export function exactText(atMs: number): string {
  return dateOf(atMs)?.toISOString() ?? String(atMs);
}

const STEPS: readonly (readonly [limitMs: number, unitMs: number, unit: string])[] = [
  [60_000, 1000, 's'],
  [3_600_000, 60_000, 'min'],
  [86_400_000, 3_600_000, 'h'],
  [Infinity, 86_400_000, 'd'],
];

/** A span, in its largest unit: `90 s` is `1 min`. */
export function spanText(ms: number): string {
  const [, unitMs, unit] = STEPS.find(([limitMs]) => ms < limitMs) ?? [0, 1000, 's'];
  return `${Math.floor(ms / unitMs)} ${unit}`;
}

/** A moment as seen at `nowMs`: `in 4 min`, `2 h ago`. */
export function relativeText(atMs: number, nowMs: number): string {
  const away = atMs - nowMs;
  if (Math.abs(away) < 1000) return 'now';
  return away > 0 ? `in ${spanText(away)}` : `${spanText(-away)} ago`;
}
