// Moments and spans as a person reads them: `in 4 min`, `2 h ago`. The exact one stands beside, as a title.

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

/** A moment as seen at `nowMs`. */
export function relativeText(atMs: number, nowMs: number): string {
  const away = atMs - nowMs;
  if (Math.abs(away) < 1000) return 'now';
  return away > 0 ? `in ${spanText(away)}` : `${spanText(-away)} ago`;
}

/** The moment itself, in UTC. */
export function exactText(atMs: number): string {
  return new Date(atMs).toISOString();
}
