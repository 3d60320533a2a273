// The bars of `fleet`. Printed, never asserted, and judged of a whole fleet only.

import type { Verdict } from '../bars.ts';
import type { FleetReport } from './fleet.ts';

/** Workers, leases and sessions that the bars are about. */
export const FLEET = 10_000;

const SPAWN_PER_SECOND = 2000;
const CONTROL_P99_MS = 100;
const REVOKE_P99_MS = 50;
const MEMORY_GIB = 1.5;
/** Part of the expected telemetry that must be seen; a stretch cuts an interval of each worker. */
const TELEMETRY_PART = 0.9;
const GIB = 2 ** 30;

type Found = Omit<FleetReport, 'verdicts'>;

/** Holds a report against every bar; `unknown` for what was not measured, or with a smaller fleet. */
export function judgeFleet(found: Found): readonly Verdict[] {
  const { spawn, steady, expiry, sessions, memory, errors } = found;
  const most = Math.max(0, ...memory.map((stage) => stage.most));
  const judge = (bar: string, value: number | undefined, isMet: (value: number) => boolean, unit: string): Verdict => {
    if (value === undefined || found.workers < FLEET) return { bar, verdict: 'unknown', figure: 'not measured' };
    return { bar, verdict: isMet(value) ? 'PASS' : 'FAIL', figure: `${value.toFixed(value < 10 ? 2 : 0)}${unit}` };
  };
  const atMost = (bound: number) => (value: number) => value <= bound;
  const control = [
    ...(steady ?? []).map(({ name, control: { all } }) => [name, all.p99Ms] as const),
    ...(expiry === undefined ? [] : [['all leases end, 128/s', expiry.control.all.p99Ms] as const]),
  ];
  const telemetry = steady?.map((row) => row.telemetry / row.expected);
  const least = telemetry === undefined ? undefined : Math.min(...telemetry);
  return [
    judge(`durable spawns >= ${SPAWN_PER_SECOND}/s`, spawn?.write.perSecond, (v) => v >= SPAWN_PER_SECOND, '/s'),
    ...control.map(([name, p99]) =>
      judge(`control p99 <= ${CONTROL_P99_MS} ms: ${name}`, p99, atMost(CONTROL_P99_MS), ' ms'),
    ),
    judge(`telemetry >= ${TELEMETRY_PART} of what was due`, least, (v) => v >= TELEMETRY_PART, ''),
    judge(`revoked within p99 <= ${REVOKE_P99_MS} ms`, sessions?.revoke.p99Ms, atMost(REVOKE_P99_MS), ' ms'),
    judge(`memory <= ${MEMORY_GIB} GiB`, most / GIB, atMost(MEMORY_GIB), ' GiB'),
    judge('no operation failed', errors, atMost(0), ' errors'),
  ];
}
