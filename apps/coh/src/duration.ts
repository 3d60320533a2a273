// Times as people write them on a command line: `90s`, `15m`, `8h`, `7d`, `never`, or a moment in ISO 8601.

import { ok, type Result, refuse } from '@cohesix/wire';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest duration: a hundred years. */
const DURATION_MS_MAX = 100 * 365 * 86_400_000;

/** Milliseconds of `90s`, `15m`, `8h` or `7d`; `invalid-payload` when it is not one. */
export function parseDuration(text: string): Result<number> {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
  if (ms > 0 && ms <= DURATION_MS_MAX) return ok(ms);
  return refuse('invalid-payload', `A duration reads like 90s, 15m, 8h or 7d; got ${JSON.stringify(text)}.`);
}

/** The moment, ms since the epoch, of a duration from now or of an ISO 8601 time with a zone. */
export function parseMoment(text: string, nowMs: number): Result<number> {
  const duration = parseDuration(text);
  if (duration.ok) return ok(nowMs + duration.value);
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(ms)) return ok(ms);
  return refuse(
    'invalid-payload',
    `A moment is a duration from now or like 2026-01-31T08:00:00Z; got ${JSON.stringify(text)}.`,
  );
}

/** A span for people: the two largest units, rounded down. */
export function formatSpan(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor(total / 3600) % 24, 'h'],
    [Math.floor(total / 60) % 60, 'min'],
    [total % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
