// What happens outside the authority: lines in the status of a GPU or of a host, and in the telemetry of a worker. Both are
// streams in memory; what they say is state already. Lines travel as text, so that their fields stay in their order.

import type { Effect } from '../../types.ts';

/** Where a status line goes: a GPU, or its host (`gpu` null). */
export interface StatusPlace {
  readonly host: string;
  readonly gpu: string | null;
}

/** Appends lines to a status; idempotent by `entry`. */
export function statusEffect({ host, gpu }: StatusPlace, entry: number, lines: readonly object[]): Effect {
  return { kind: 'gpu.status', host, gpu, entry, lines: lines.map((line) => JSON.stringify(line)) };
}

/** Appends a line to the telemetry of a worker. */
export function telemetryEffect(worker: string, entry: number, line: object): Effect {
  return { kind: 'gpu.telemetry', worker, entry, line: JSON.stringify(line) };
}
