// `bench gateway`: what wrk prints is read, bars are judged, and a small run of each part is answered.

import { afterAll, expect, test } from 'vitest';
import { judgeGateway } from '../src/gateway/bars.ts';
import { gateway } from '../src/gateway/gateway.ts';
import { gatewayText } from '../src/gateway/gateway-text.ts';
import { parseWrk, wrkMissing } from '../src/gateway/wrk.ts';

const stopping = new AbortController();
afterAll(() => stopping.abort());

const SAID = `Running 1s test @ http://127.0.0.1:35041
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.90ms    1.02ms  24.53ms   96.32%
    Req/Sec    19.70k     3.06k   24.09k    72.73%
  Latency Distribution
     50%  733.00us
     75%    0.92ms
     90%    1.25ms
     99%    4.90ms
  21560 requests in 1.10s, 5.57MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
  Non-2xx or 3xx responses: 2156
Requests/sec:  19600.00
Transfer/sec:      5.06MB
`;

test('what wrk prints is read, refused requests counted apart', () => {
  expect(parseWrk(SAID)).toEqual({
    ...{ requests: 21_560, okPerSecond: 17_640 },
    ...{ p50Us: 733, p99Us: 4900, errors: 2160 },
  });
  expect(() => parseWrk('unable to connect')).toThrow('wrk said something else');
});

test('a bar is met or missed by its figure, and unknown without one', () => {
  const row = { connections: 16, requests: 1000, cpuUs: 20, p50Us: 1, p99Us: 2, errors: 0 };
  const found = {
    benchmark: 'gateway' as const,
    machine: { at: '', node: '', cpu: '', cores: 2, memoryGiB: 1, linux: '' },
    rows: [
      { ...row, target: 'bare node:http', okPerSecond: 20_000 },
      { ...row, target: 'hive', okPerSecond: 11_000 },
      { ...row, target: 'hive', connections: 64, okPerSecond: 5000 },
    ],
    hostileClients: 1000,
    mcp: { writeP50Us: 300, callP50Us: 1300, calls: 10 },
    missing: [],
  };
  expect(judgeGateway(found).map(({ verdict, figure }) => `${verdict} ${figure}`)).toEqual([
    'FAIL 0.55 x',
    'PASS 5,000/s',
    'unknown not measured',
    'unknown not measured',
    'unknown not measured',
    'PASS 1,000 us',
  ]);
});

test.skipIf(wrkMissing() !== undefined)(
  'a small run: everything asked for is answered',
  { timeout: 60_000 },
  async () => {
    const report = await gateway({
      ...{ seconds: 1, rounds: 1, hostileEach: 2, mcpCalls: 3 },
      ...{ signal: stopping.signal, onProgress: () => undefined },
    });
    expect(report.rows.map(({ target, errors }) => [target, errors])).toEqual([
      ['bare node:http', 0],
      ['hive', 0],
      ['hive', 0],
    ]);
    for (const { cpuUs } of report.rows) expect(cpuUs).toBeGreaterThan(0);
    expect([report.steady?.errors, report.quiet?.errors, report.hostile?.errors]).toEqual([0, 0, 0]);
    expect(gatewayText(report)).toContain('MCP tool call');
  },
);
