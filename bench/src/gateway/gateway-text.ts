// What `gateway` found, as a person reads it.

import { figure, table } from '../report.ts';
import type { GatewayReport } from './gateway.ts';

/** The report as a person reads it. */
export function gatewayText(report: GatewayReport): string {
  const { rows, missing, verdicts } = report;
  return [
    ...missing,
    ...wrkLines(rows),
    ...pacedLines(report),
    ...mcpLines(report),
    table(
      ['bar', 'verdict', 'figure'],
      verdicts.map(({ bar, verdict, figure: found }) => [bar, verdict, found]),
    ),
  ].join('\n');
}

function wrkLines(rows: GatewayReport['rows']): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ target, connections, okPerSecond, cpuUs, p50Us, p99Us, errors }) => [
    target,
    String(connections),
    figure(okPerSecond),
    figure(cpuUs),
    figure(p50Us / 1000),
    figure(p99Us / 1000),
    String(errors),
  ]);
  return [table(['GET, wrk', 'connections', 'ok/s', 'CPU us', 'p50 ms', 'p99 ms', 'errors'], cells), ''];
}

function pacedLines({ steady, quiet, hostile, hostileClients }: GatewayReport): readonly string[] {
  const named = [
    ['64 clients', steady],
    ['honest, alone', quiet],
    [`honest, beside ${figure(hostileClients)} hostile`, hostile],
  ] as const;
  const cells = named.flatMap(([name, row]) =>
    row === undefined
      ? []
      : [
          [
            name,
            figure(row.offeredPerSecond),
            figure(row.okPerSecond),
            figure(row.p50Ms),
            figure(row.p99Ms),
            String(row.errors),
          ],
        ],
  );
  if (cells.length === 0) return [];
  return [table(['GET, paced', 'offered/s', 'ok/s', 'p50 ms', 'p99 ms', 'errors'], cells), ''];
}

function mcpLines({ mcp }: GatewayReport): readonly string[] {
  if (mcp === undefined) return [];
  const { writeP50Us, callP50Us, calls } = mcp;
  const cells = [
    ['write in process', figure(writeP50Us)],
    ['MCP tool call', figure(callP50Us)],
  ];
  return [table([`durable write, ${figure(calls)} in turns`, 'p50 us'], cells), ''];
}
