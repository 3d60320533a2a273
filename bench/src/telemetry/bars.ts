// The bars of `telemetry`. Printed, never asserted, and judged of a whole run only.

import type { Verdict } from '../bars.ts';
import { PUSH_BY_REFERENCE, PUSH_UPDATE } from './content.ts';
import type { FollowersStretch } from './followers.ts';
import type { TelemetryReport } from './telemetry.ts';

/** Rings and followers that the bars are about. */
export const RINGS = 1000;
export const FOLLOWERS = 1000;

/** Bytes of content that the bars are about. */
export const CONTENT_BYTES: number = 2 ** 30;

const LINES_PER_SECOND = 100_000;
const MEGABYTES_PER_SECOND = 200;
/** Growth of memory from the first third of `flat` to the last. */
const GROWTH = 1.1;

type Found = Omit<TelemetryReport, 'verdicts'>;

/** Holds a report against every bar; `unknown` for what was not measured, or with fewer rings or followers. */
export function judgeTelemetry(found: Found): readonly Verdict[] {
  const { rings, frames, flat, followers } = found;
  const isWhole = found.ringCount >= RINGS && found.followerCount >= FOLLOWERS;
  const judge = (bar: string, value: number | undefined, isMet: (value: number) => boolean, unit: string): Verdict => {
    if (value === undefined || !isWhole) return { bar, verdict: 'unknown', figure: 'not measured' };
    return { bar, verdict: isMet(value) ? 'PASS' : 'FAIL', figure: `${figureOf(value)}${unit}` };
  };
  const fastest = (rows: TelemetryReport['rings'], target: string, batchLeast = 2): number | undefined => {
    const own = rows?.filter((row) => row.target === target && row.batch >= batchLeast) ?? [];
    return own.length === 0 ? undefined : Math.max(...own.map((row) => row.linesPerSecond));
  };
  // The peer at its best: it gets slower as its subjects fill up.
  const [ours, peer] = [fastest(rings, 'hive'), fastest(rings, 'jetstream', 1)];
  const ratio = ours === undefined || peer === undefined ? undefined : ours / peer;
  const least = (bound: number) => (value: number) => value >= bound;
  const away = followers?.away;
  const speedOf = (step: string): number | undefined =>
    found.contentBytes < CONTENT_BYTES
      ? undefined
      : found.content?.find((row) => row.step === step)?.megabytesPerSecond;
  return [
    judge(`lines in batches >= ${count(LINES_PER_SECOND)}/s`, ours, least(LINES_PER_SECOND), '/s'),
    judge('lines in batches >= 1 x the best of jetstream in memory', ratio, least(1), ' x'),
    judge(
      `frames in batches >= ${count(LINES_PER_SECOND)}/s`,
      fastest(frames, 'hive, frames'),
      least(LINES_PER_SECOND),
      '/s',
    ),
    judge(`memory, last third <= ${GROWTH} x first`, growthOf(flat), (value) => value <= GROWTH, ' x'),
    judge('how often followers got each line', gotOfEach(followers?.stretches), least(FOLLOWERS), ''),
    judge(
      'bytes that a reader who was away cannot account for',
      away === undefined ? undefined : away.writtenBytes - away.toldLostBytes - away.givenBytes,
      (value) => value === 0,
      '',
    ),
    ...[PUSH_BY_REFERENCE, PUSH_UPDATE].map((step) =>
      judge(`${step} >= ${MEGABYTES_PER_SECOND} MB/s`, speedOf(step), least(MEGABYTES_PER_SECOND), ' MB/s'),
    ),
  ];
}

/** How often a line was got, in the stretch where that was least. */
function gotOfEach(stretches: readonly FollowersStretch[] | undefined): number | undefined {
  if (stretches === undefined || stretches.length === 0) return undefined;
  return Math.min(...stretches.map(({ delivered, lines }) => delivered / lines));
}

/** Mean of the last third over the mean of the first. */
function growthOf(flat: readonly number[] | undefined): number | undefined {
  const third = Math.floor((flat?.length ?? 0) / 3);
  if (flat === undefined || third === 0) return undefined;
  const mean = (part: readonly number[]): number => part.reduce((sum, each) => sum + each, 0) / part.length;
  return mean(flat.slice(-third)) / mean(flat.slice(0, third));
}

function figureOf(value: number): string {
  return value >= 100 || value === 0 ? count(value) : value.toFixed(2);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
