// The export to a collector: what is sent, and what happens when the collector is slow, full, wrong or away. The collector is a
// server of the test; the hive has one view. tests/gateway/otlp.test.ts has a real one.

import { type HiveClient, realTimers, type Timers } from '@cohesix/client';
import { ok, refuse } from '@cohesix/wire';
import { afterEach, expect, test, vi } from 'vitest';
import { hiveFamilies } from '../src/metrics/collect.ts';
import type { Family } from '../src/metrics/family.ts';
import { otlpBody } from '../src/metrics/otlp.ts';
import { OtlpExporter, type OtlpPorts } from '../src/metrics/otlp-exporter.ts';
import { otlpUrlProblem } from '../src/metrics/otlp-send.ts';
import { collectors } from './collector.ts';

const collector = collectors();
const exporters: OtlpExporter[] = [];
afterEach(async () => {
  for (const exporter of exporters.splice(0)) await exporter.close();
});

/** What the exporter waited for, in order. The next export comes when the test says so, everything else at once. */
interface Clock extends Timers {
  readonly waits: number[];
  /** Monotonic time goes on by so much with the next export. */
  next(byMs?: number): void;
}

const INTERVAL_MS = 30_000;
const ANSWER_MS = 10_000;

function clockOf(): Clock {
  const waits: number[] = [];
  let due: (() => void) | undefined;
  let now = 0;
  return {
    waits,
    next(byMs = INTERVAL_MS) {
      now += byMs;
      const run = due;
      due = undefined;
      run?.();
    },
    nowMs: () => now,
    after(ms, run) {
      if (ms === ANSWER_MS) return () => undefined;
      if (ms === INTERVAL_MS) due = run;
      if (ms === INTERVAL_MS) return () => undefined;
      if (ms > 0) waits.push(ms);
      return realTimers.after(0, run);
    },
  };
}

/** A hive of which one view can be read. */
const CLIENT = {
  read: async (path: string) =>
    path === '/proc/workers'
      ? ok(new TextEncoder().encode('workers total=3 running=2 max=9\n'))
      : refuse('invalid-path'),
  close: async () => undefined,
} as unknown as HiveClient;

const HIVE: OtlpPorts['hive'] = { attach: async () => ok(CLIENT) };

async function exporterTo(
  url: string,
  more: Partial<OtlpPorts> = {},
): Promise<{ exporter: OtlpExporter; clock: Clock }> {
  const clock = clockOf();
  const exporter = new OtlpExporter(
    { url, intervalMs: INTERVAL_MS, ticket: async () => ok('a ticket'), instance: 'hive-1' },
    { hive: HIVE, families: hiveFamilies, timers: clock, now: () => 1_795_303_559_046, ...more },
  );
  exporters.push(exporter);
  return { exporter, clock };
}

test('the JSON of OTLP, field by field', () => {
  const families: readonly Family[] = [
    { name: 'x_refusals', kind: 'counter', help: 'Refused.', samples: [{ labels: { tag: 'cut' }, value: 3 }] },
    { name: 'x_age_seconds', kind: 'gauge', unit: 'seconds', help: 'Age.', samples: [{ labels: {}, value: 0.25 }] },
    { name: 'x_hive', kind: 'info', help: 'Which.', samples: [{ labels: { version: '1' }, value: 1 }] },
    { name: 'x_nothing', kind: 'gauge', help: 'None.', samples: [] },
  ];
  const timeUnixNano = '1795303559046000000';
  expect(JSON.parse(otlpBody(families, { atMs: 1_795_303_559_046.7, instance: 'h' }))).toEqual({
    resourceMetrics: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'cohesix' } },
            { key: 'service.instance.id', value: { stringValue: 'h' } },
          ],
        },
        scopeMetrics: [
          {
            scope: { name: 'cohesix.gateway' },
            metrics: [
              {
                name: 'x_refusals',
                description: 'Refused.',
                unit: '1',
                sum: {
                  dataPoints: [
                    { attributes: [{ key: 'tag', value: { stringValue: 'cut' } }], timeUnixNano, asInt: '3' },
                  ],
                  aggregationTemporality: 2,
                  isMonotonic: true,
                },
              },
              {
                name: 'x_age_seconds',
                description: 'Age.',
                unit: 's',
                gauge: { dataPoints: [{ attributes: [], timeUnixNano, asDouble: 0.25 }] },
              },
              {
                name: 'x_hive_info',
                description: 'Which.',
                unit: '1',
                gauge: {
                  dataPoints: [
                    { attributes: [{ key: 'version', value: { stringValue: '1' } }], timeUnixNano, asInt: '1' },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('an export, and the next one when it is due', async () => {
  const to = await collector({ status: 200 });
  const { exporter, clock } = await exporterTo(to.url);
  await to.came(1);
  expect(to.received[0]).toMatchObject({ method: 'POST', path: '/v1/metrics', type: 'application/json' });
  const { metrics } = JSON.parse(to.received[0]?.body ?? '').resourceMetrics[0].scopeMetrics[0];
  expect(metrics.map(({ name }: { name: string }) => name)).toContain('cohesix_workers');
  await vi.waitFor(() => expect(exporter.counts.exported).toBe(1));
  clock.next();
  await to.came(2);
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ exported: 2, failed: 0, retried: 0 }));
});

test('a collector that is full is asked again after the time it says, in seconds or as a date', async () => {
  const date = new Date(Date.now() + 20_000).toUTCString();
  const to = await collector(
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 503, headers: { 'retry-after': date } },
    { status: 200 },
  );
  const { exporter, clock } = await exporterTo(to.url);
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ exported: 1, retried: 2, lastError: undefined }));
  expect(clock.waits[0]).toBe(7000);
  // A date has whole seconds, and some time has gone by.
  expect(clock.waits[1]).toBeGreaterThan(7000);
  expect(clock.waits[1]).toBeLessThanOrEqual(20_000);
});

test('a collector that asks for more time than there is between exports is left alone for so long', async () => {
  const to = await collector({ status: 429, headers: { 'retry-after': '60' } }, { status: 200 });
  const { exporter, clock } = await exporterTo(to.url);
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ failed: 1, retried: 0 }));
  clock.next(59_999);
  expect(exporter.counts.skipped).toBe(1);
  clock.next(1);
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ exported: 1, skipped: 1 }));
  expect(to.received.length).toBe(2);
});

test('without such a time it waits longer each time, and gives up after five attempts', async () => {
  const to = await collector({ status: 502 });
  const { exporter, clock } = await exporterTo(to.url);
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ exported: 0, failed: 1, retried: 4 }));
  expect(to.received.length).toBe(5);
  for (const [index, most] of [500, 1000, 2000, 4000].entries()) {
    expect(clock.waits[index]).toBeGreaterThanOrEqual(most / 2);
    expect(clock.waits[index]).toBeLessThanOrEqual(most);
  }
  expect(exporter.counts.lastError).toMatchObject({ code: 'unreachable', detail: 'The collector answered 502.' });
});

test.each([400, 401, 404, 500])('status %i is not tried again', async (status) => {
  const to = await collector({ status });
  const { exporter } = await exporterTo(to.url);
  await vi.waitFor(() => expect(exporter.counts.failed).toBe(1));
  expect([to.received.length, exporter.counts.retried]).toEqual([1, 0]);
});

test('a redirect is not followed', async () => {
  const elsewhere = await collector({ status: 200 });
  const to = await collector({ status: 307, headers: { location: elsewhere.url } });
  const { exporter } = await exporterTo(to.url);
  await vi.waitFor(() => expect(exporter.counts.failed).toBe(1));
  expect([to.received.length, elsewhere.received.length]).toEqual([1, 0]);
});

test('points that the collector leaves out are counted; an endless answer is not read', async () => {
  const to = await collector(
    { status: 200, body: '{"partialSuccess":{"rejectedDataPoints":"4","errorMessage":"too old"}}' },
    { status: 200, body: `{"partialSuccess":{"rejectedDataPoints":"9"}}${' '.repeat(20_000)}` },
  );
  const { exporter, clock } = await exporterTo(to.url);
  await vi.waitFor(() => expect(exporter.counts.exported).toBe(1));
  clock.next();
  await vi.waitFor(() => expect(exporter.counts.exported).toBe(2));
  expect(exporter.counts.rejectedPoints).toBe(4);
});

test('while the collector does not answer the next export is left out, and closing does not wait for it', async () => {
  const to = await collector('never');
  const { exporter, clock } = await exporterTo(to.url);
  await to.came(1);
  clock.next();
  clock.next();
  expect(exporter.counts).toMatchObject({ exported: 0, skipped: 2 });
  await exporter.close();
  expect(to.received.length).toBe(1);
});

test('nobody at that address is a failure that says so, without the ticket', async () => {
  const { exporter } = await exporterTo('http://127.0.0.1:1/v1/metrics');
  await vi.waitFor(() => expect(exporter.counts.failed).toBe(1));
  expect(exporter.counts.lastError?.detail).toMatch(/cannot be reached: .+\./);
});

test.each([
  ['http://collector:4318/v1/metrics', undefined],
  ['https://collector/v1/metrics', undefined],
  ['file:///etc/passwd', 'it is not http:// or https://'],
  ['gopher://x', 'it is not http:// or https://'],
  ['http://me:secret@collector/', 'it holds a name or a password'],
  ['collector:4318', 'it is not http:// or https://'],
  ['', 'it is no URL'],
])('%s as a collector: %s', (url, problem) => {
  expect(otlpUrlProblem(url)).toBe(problem);
});

test('a session that ended is attached anew, with the ticket as it is then', async () => {
  const to = await collector({ status: 200 });
  const tickets: string[] = [];
  let sessions = 0;
  const ending: OtlpPorts['hive'] = {
    attach: async (ticket) => {
      tickets.push(ticket);
      sessions += 1;
      const own = sessions;
      // The first session ends when the second export begins.
      const read: HiveClient['read'] = (path) =>
        own === 1 && to.received.length > 0 ? Promise.resolve(refuse('closed')) : CLIENT.read(path);
      return ok({ ...CLIENT, read } as HiveClient);
    },
  };
  const { exporter, clock } = await exporterTo(to.url, { hive: ending });
  await vi.waitFor(() => expect(exporter.counts.exported).toBe(1));
  clock.next();
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ exported: 2, failed: 0 }));
  expect(tickets).toEqual(['a ticket', 'a ticket']);
});

test('a defect while the metrics are read is a failure, and the next export goes well', async () => {
  const to = await collector({ status: 200 });
  let calls = 0;
  const families: OtlpPorts['families'] = async (client) => {
    calls += 1;
    if (calls === 1) throw new Error('a defect');
    return hiveFamilies(client);
  };
  const { exporter, clock } = await exporterTo(to.url, { families });
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ failed: 1, lastError: { code: 'internal' } }));
  clock.next();
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ exported: 1, lastError: undefined }));
});

test('a ticket that cannot be had, or that the hive refuses, is a failure that says so', async () => {
  const to = await collector({ status: 200 });
  const { exporter } = await exporterTo(to.url, { hive: { attach: async () => refuse('revoked') } });
  await vi.waitFor(() => expect(exporter.counts).toMatchObject({ failed: 1, lastError: { code: 'revoked' } }));
  expect(to.received.length).toBe(0);
});
