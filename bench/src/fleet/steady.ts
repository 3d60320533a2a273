// The fleet at its daily work: every worker sends a line of telemetry each interval, while a control client works. Three
// stretches: workers of the hive's own and 128 operations a second; the same with all workers sending from outside too, each
// in a 9P session of its own; and control as fast as the hive answers.

import type { HiveClient } from '@cohesix/client';
import { type ControlSpread, controlLoad } from './control.ts';
import type { HiveProcess, Memory } from './hive-process.ts';
import type { Spread } from './spread.ts';
import { linesPerSecond, RemoteWorkers, sampleTelemetry } from './telemetry.ts';

/** How large, how long. */
export interface SteadyLoad {
  readonly workers: number;
  readonly seconds: number;
  readonly telemetryMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** One stretch. */
export interface SteadyRow {
  readonly name: 'own workers, 128/s' | 'and all over 9P, 128/s' | 'own workers, flat out';
  readonly control: ControlSpread;
  /** Lines a second that arrived, by a sample of the workers. */
  readonly telemetry: number;
  /** Lines a second that should have. */
  readonly expected: number;
  /** The workers that sent from outside. */
  readonly outside?: Spread;
  readonly memory: Memory;
}

/** Rate at which the source system's figures were taken. */
const PACE = 128;

/** Runs the three stretches. @throws Error when an attach or a sample is refused. */
export async function measureSteady(
  hive: HiveProcess,
  client: HiveClient,
  load: SteadyLoad,
): Promise<readonly SteadyRow[]> {
  const own = await stretch(hive, client, { ...load, name: 'own workers, 128/s', perSecond: PACE });
  const remote = await RemoteWorkers.attach(hive, load.workers);
  try {
    const both = await stretch(hive, client, { ...load, name: 'and all over 9P, 128/s', perSecond: PACE, remote });
    remote.close();
    return [own, both, await stretch(hive, client, { ...load, name: 'own workers, flat out', perSecond: undefined })];
  } finally {
    remote.close();
  }
}

interface Stretch extends SteadyLoad {
  readonly name: SteadyRow['name'];
  readonly perSecond: number | undefined;
  readonly remote?: RemoteWorkers;
}

async function stretch(hive: HiveProcess, client: HiveClient, how: Stretch): Promise<SteadyRow> {
  const { name, workers, seconds, perSecond, telemetryMs, remote, signal, onProgress } = how;
  const before = await sampleTelemetry(client, workers);
  const [control, outside] = await Promise.all([
    controlLoad(hive, { workers, seconds, perSecond, withLeases: true, signal }),
    remote?.send(telemetryMs, seconds),
  ]);
  const telemetry = linesPerSecond(before, await sampleTelemetry(client, workers), workers);
  const expected = ((remote === undefined ? 1 : 2) * workers * 1000) / telemetryMs;
  onProgress(`${name}: ${control.all.perSecond.toFixed(0)}/s, p99 ${control.all.p99Ms.toFixed(1)} ms`);
  const row = { name, control, telemetry, expected, memory: hive.memory() };
  return outside === undefined ? row : { ...row, outside };
}
