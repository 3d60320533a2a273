// Benchmarks from the command line: `node bench/src/main.ts ninep|journal|fleet|telemetry|gateway|ui|startup|tickets|cas|workbench`. Prints tables; a full run
// also writes JSON into bench/results. Exits 1 when something was not answered, never because something was slow.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cas } from './cas.ts';
import { casHive } from './cas-hive.ts';
import { FLEET } from './fleet/bars.ts';
import { fleet } from './fleet/fleet.ts';
import { fleetText } from './fleet/fleet-text.ts';
import { gateway } from './gateway/gateway.ts';
import { gatewayText } from './gateway/gateway-text.ts';
import { PROOF_RECORDS, START_RECORDS } from './journal/bars.ts';
import { journal, STORES } from './journal/journal.ts';
import { journalText } from './journal/journal-text.ts';
import { ninep, ninepText } from './ninep.ts';
import { writeJson } from './report.ts';
import { startup, startupText } from './startup.ts';
import { canned } from './target-canned.ts';
import { diod } from './target-diod.ts';
import { hive, startHive } from './target-hive.ts';
import { telemetry } from './telemetry/telemetry.ts';
import { telemetryText } from './telemetry/telemetry-text.ts';
import { ui } from './ui/ui.ts';
import { uiText } from './ui/ui-text.ts';
import { workbench } from './workbench/workbench.ts';
import { workbenchText } from './workbench/workbench-text.ts';

const USAGE = `usage: node bench/src/main.ts ninep [--quick] [--targets hive,diod,canned] [--only TEXT] [--json FILE]
       node bench/src/main.ts journal [--quick] [--targets hive,bare,etcd] [--dir FOLDER]
                                      [--proof-records N] [--json FILE]
       node bench/src/main.ts fleet [--workers N] [--only TEXT] [--dir FOLDER] [--json FILE]
       node bench/src/main.ts telemetry [--quick] [--only TEXT] [--dir FOLDER] [--json FILE]
       node bench/src/main.ts gateway [--quick] [--only TEXT] [--dir FOLDER] [--json FILE]
       node bench/src/main.ts ui [--quick] [--only TEXT] [--json FILE]
       node bench/src/main.ts startup [--quick] [--json FILE]
       node bench/src/main.ts tickets [...]
       node bench/src/main.ts cas [--quick] [--dir FOLDER] [--msize BYTES]
       node bench/src/main.ts workbench [--quick] [--json FILE]`;
const FULL = { rounds: 5, warmupMs: 300, measureMs: 1200 } as const;
const QUICK = { rounds: 1, warmupMs: 30, measureMs: 100 } as const;
const FULL_HISTORY = {
  verifyRecords: 200_000,
  replayRecords: 100_000,
  proofRecords: PROOF_RECORDS,
  proofs: 2_000,
  startRecords: START_RECORDS,
} as const;
const QUICK_HISTORY = {
  verifyRecords: 3_000,
  replayRecords: 2_000,
  proofRecords: 3_000,
  proofs: 20,
  startRecords: 5_000,
} as const;
const WHOLE_FLEET = { seconds: 20, telemetryMs: 10_000, tickets: 200 } as const;
const SMALL_FLEET = { seconds: 1, telemetryMs: 1000, tickets: 10 } as const;
const WHOLE_TELEMETRY = {
  ...{ rings: 1000, followers: 1000, contentBytes: 2 ** 30 },
  ...{ seconds: 2, rounds: 3, slices: 12 },
} as const;
const SMALL_TELEMETRY = {
  ...{ rings: 20, followers: 100, contentBytes: 2 ** 23 },
  ...{ seconds: 0.2, rounds: 1, slices: 3 },
} as const;
const WHOLE_GATEWAY = { seconds: 3, rounds: 5, hostileEach: 200, mcpCalls: 2000 } as const;
const SMALL_GATEWAY = { seconds: 1, rounds: 1, hostileEach: 4, mcpCalls: 20 } as const;
const WHOLE_UI = { pictures: 120, seconds: 5, rounds: 3 } as const;
const SMALL_UI = { pictures: 10, seconds: 1, rounds: 1 } as const;
const WHOLE_WORKBENCH = { bytes: 6_000_000, rounds: 3 } as const;
const SMALL_WORKBENCH = { bytes: 400_000, rounds: 1 } as const;
const TARGETS = [hive, diod, canned] as const;

/** A run that is told to end still stops its servers and removes their folders. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort(signal));

const [command, ...rest] = process.argv.slice(2);
process.exitCode = await run(command, rest).catch((error: unknown) => {
  console.error(stopping.signal.aborted ? `stopped by ${String(stopping.signal.reason)}` : error);
  return 1;
});

async function run(name: string | undefined, args: readonly string[]): Promise<number> {
  if (name === 'ninep') return runNinep(args);
  if (name === 'journal') return runJournal(args);
  if (name === 'fleet') return runFleet(args);
  if (name === 'telemetry') return runTelemetry(args);
  if (name === 'gateway') return runGateway(args);
  if (name === 'ui') return runUi(args);
  if (name === 'startup') return runStartup(args);
  if (name === 'tickets') return runTickets();
  if (name === 'cas') return runCas(args);
  if (name === 'workbench') return runWorkbench(args);
  console.error(USAGE);
  return 2;
}

async function runNinep(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      targets: { type: 'string', default: TARGETS.map(({ name }) => name).join(',') },
      only: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const wanted = values.targets.split(',');
  const report = await ninep({
    ...(values.quick ? QUICK : FULL),
    signal: stopping.signal,
    targets: TARGETS.filter(({ name }) => wanted.includes(name)),
    ...(values.only === undefined ? {} : { only: values.only }),
    onProgress: (line) => console.error(line),
  });
  console.log(ninepText(report));
  save(values, 'ninep.json', report);
  return report.failures.length === 0 && report.rows.length > 0 ? 0 : 1;
}

async function runJournal(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      targets: { type: 'string', default: STORES.map(({ name }) => name).join(',') },
      dir: { type: 'string' },
      'proof-records': { type: 'string' },
      json: { type: 'string' },
    },
  });
  const wanted = values.targets.split(',');
  const proofRecords = Number(values['proof-records'] ?? (values.quick ? QUICK_HISTORY : FULL_HISTORY).proofRecords);
  if (!Number.isSafeInteger(proofRecords) || proofRecords < 1) {
    console.error(USAGE);
    return 2;
  }
  const report = await journal({
    ...(values.quick ? { ...QUICK, ...QUICK_HISTORY } : { ...FULL, ...FULL_HISTORY }),
    proofRecords,
    signal: stopping.signal,
    targets: STORES.filter(({ name }) => wanted.includes(name)),
    ...(values.dir === undefined ? {} : { directory: values.dir }),
    onProgress: (line) => console.error(line),
  });
  console.log(journalText(report));
  save(values, 'journal.json', report);
  return report.failures.length === 0 && report.rows.length > 0 ? 0 : 1;
}

/** A small fleet is for correctness: short stretches, nothing judged, nothing kept. */
async function runFleet(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workers: { type: 'string' },
      only: { type: 'string' },
      dir: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const workers = Number(values.workers ?? FLEET);
  if (!Number.isSafeInteger(workers) || workers < 1) {
    console.error(USAGE);
    return 2;
  }
  const isWhole = workers >= FLEET;
  const report = await fleet({
    workers,
    ...(isWhole ? WHOLE_FLEET : SMALL_FLEET),
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.dir === undefined ? {} : { directory: values.dir }),
    signal: stopping.signal,
    onProgress: (line) => console.error(line),
  });
  console.log(fleetText(report));
  save({ quick: !isWhole || values.only !== undefined, ...values }, 'fleet.json', report);
  return report.errors === 0 ? 0 : 1;
}

/** A quick run is for correctness: few rings, short stretches, nothing judged, nothing kept. */
async function runTelemetry(args: readonly string[]): Promise<number> {
  const { isQuick, values, options } = partsAsked(args);
  const report = await telemetry({
    ...(isQuick ? SMALL_TELEMETRY : WHOLE_TELEMETRY),
    ...options,
  });
  console.log(telemetryText(report));
  save(values, 'telemetry.json', report);
  return 0;
}

/** A quick run is for correctness: short stretches, few hostile clients, nothing judged of them, nothing kept. */
async function runGateway(args: readonly string[]): Promise<number> {
  const { isQuick, values, options } = partsAsked(args);
  const report = await gateway({
    ...(isQuick ? SMALL_GATEWAY : WHOLE_GATEWAY),
    ...options,
  });
  console.log(gatewayText(report));
  save(values, 'gateway.json', report);
  return 0;
}

async function runUi(args: readonly string[]): Promise<number> {
  const { isQuick, values, options } = partsAsked(args);
  const report = await ui({ ...(isQuick ? SMALL_UI : WHOLE_UI), ...options });
  console.log(uiText(report));
  save(values, 'ui.json', report);
  return 0;
}

/** The options of a benchmark of parts; a run of some parts is kept no more than a quick one. */
function partsAsked(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string' },
      dir: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const { only, dir, quick = false, json } = values;
  const options = {
    ...(only === undefined ? {} : { only }),
    ...(dir === undefined ? {} : { directory: dir }),
    signal: stopping.signal,
    onProgress: (line: string): void => console.error(line),
  };
  return {
    isQuick: quick,
    values: { quick: quick || only !== undefined, ...(json === undefined ? {} : { json }) },
    options,
  };
}

async function runStartup(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean' }, json: { type: 'string' } },
  });
  const report = await startup({ runs: values.quick ? 3 : 30, signal: stopping.signal, startHive });
  console.log(startupText(report));
  save(values, 'startup.json', report);
  return report.failures.length === 0 ? 0 : 1;
}

async function runCas(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean' }, dir: { type: 'string' }, msize: { type: 'string' } },
  });
  const size = values.quick ? { payloadBytes: 32 * 2 ** 20, rounds: 1 } : { payloadBytes: 2 ** 30, rounds: 3 };
  const where = values.dir === undefined ? {} : { directory: values.dir };
  console.log(await cas({ ...size, ...where, signal: stopping.signal }));
  const msizes = values.msize === undefined ? [8192, 16_384] : [Number(values.msize)];
  for (const msize of msizes) console.log(`\n${await casHive({ ...size, ...where, msize, signal: stopping.signal })}`);
  return 0;
}

/** A quick run is for correctness: it is over before code is compiled well. */
async function runWorkbench(args: readonly string[]): Promise<number> {
  const { isQuick, values, options } = partsAsked(args);
  const report = await workbench({ ...(isQuick ? SMALL_WORKBENCH : WHOLE_WORKBENCH), ...options });
  console.log(workbenchText(report));
  save(values, 'workbench.json', report);
  return report.rows.length === 0 ? 1 : 0;
}

/** bench/src/ticket is the ticket engine's own benchmark and runs by being imported. */
async function runTickets(): Promise<number> {
  const module = new URL('ticket/main.ts', import.meta.url);
  if (!existsSync(module)) {
    console.error('bench/src/ticket/main.ts is not there; nothing to run');
    return 1;
  }
  await import(module.href);
  return 0;
}

/** A full run is kept; a quick one only where it is asked for. */
function save(values: { quick?: boolean; json?: string }, name: string, report: unknown): void {
  const file =
    values.json ?? (values.quick ? undefined : fileURLToPath(new URL(`../results/${name}`, import.meta.url)));
  if (file !== undefined) writeJson(file, report);
}
