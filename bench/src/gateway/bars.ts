// The bars of `gateway`. Printed, never asserted.

import type { Verdict } from '../bars.ts';
import type { GatewayReport, WrkRow } from './gateway.ts';

const READS_OF_BARE = 0.6;
const PARALLEL_PER_SECOND = 5000;
const HOSTILE_CLIENTS = 1000;
const HOSTILE_TIMES = 3;
const MCP_ADDS_US = 1000;

/** Holds a report against every bar; `unknown` for what was not measured. */
export function judgeGateway(found: Omit<GatewayReport, 'verdicts'>): readonly Verdict[] {
  const { rows, steady, quiet, hostile, mcp } = found;
  const row = (target: string, connections: number): WrkRow | undefined =>
    rows.find((each) => each.target === target && each.connections === connections);
  const [bare, ours, wide] = [row('bare node:http', 16), row('hive', 16), row('hive', 64)];
  const reads = bare === undefined || ours === undefined ? undefined : ours.okPerSecond / bare.okPerSecond;
  const isWhole = found.hostileClients >= HOSTILE_CLIENTS;
  const times = quiet === undefined || hostile === undefined || !isWhole ? undefined : hostile.p99Ms / quiet.p99Ms;
  const honestErrors = hostile === undefined || !isWhole ? undefined : hostile.errors;
  const adds = mcp === undefined ? undefined : mcp.callP50Us - mcp.writeP50Us;
  return [
    verdict(`governed reads >= ${READS_OF_BARE} x bare node:http`, reads, (value) => value >= READS_OF_BARE, ' x'),
    verdict(
      `64 clients >= ${PARALLEL_PER_SECOND} ok reads/s`,
      wide?.okPerSecond,
      (value) => value >= PARALLEL_PER_SECOND,
      '/s',
    ),
    verdict('64 clients at 3,600/s offered: errors', steady?.errors, (value) => value === 0, ''),
    verdict(
      `honest p99 beside 1,000 hostile <= ${HOSTILE_TIMES} x alone`,
      times,
      (value) => value <= HOSTILE_TIMES,
      ' x',
    ),
    verdict('honest requests that failed beside them', honestErrors, (value) => value === 0, ''),
    verdict(`an MCP call adds <= ${MCP_ADDS_US} us p50`, adds, (value) => value <= MCP_ADDS_US, ' us'),
  ];
}

function verdict(bar: string, value: number | undefined, isMet: (value: number) => boolean, unit: string): Verdict {
  if (value === undefined) return { bar, verdict: 'unknown', figure: 'not measured' };
  const text = Number.isInteger(value) || value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);
  return { bar, verdict: isMet(value) ? 'PASS' : 'FAIL', figure: `${text}${unit}` };
}
