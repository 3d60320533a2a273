// What the parts of a hive tell the tracer beside the lines of the log: accepted lines, ticks of the clock, receipts of
// workers, effects, and what the system itself was refused. All of it is off at the default level.

import { CLOCK_PATH, type Effect, SYSTEM_ROLE } from '@cohesix/authority';
import type { LedgerPorts } from './ledger.ts';
import type { LedgerRecord } from './record.ts';
import type { Tracer } from './tracer.ts';

/** Tells of a durable record. */
export function traceRecord(tracer: Tracer, record: LedgerRecord): void {
  const { path } = record;
  if (path === CLOCK_PATH) return tracer.tell('trace', 'clock', { msg: `tick seq=${record.seq}` });
  if (path === RECEIPTS_PATH) {
    if (tracer.isOn('debug', 'worker')) for (const line of record.lines) traceReceipt(tracer, line);
    return;
  }
  if (record.state !== undefined && tracer.isOn('debug', 'journal')) {
    tracer.tell('debug', 'journal', { msg: `state marked before seq=${record.seq} sha256=${record.state}` });
  }
  if (tracer.isOn('debug', 'ledger')) tracer.tell('debug', 'ledger', { msg: acceptedText(record) });
}

const RECEIPTS_PATH = '/sys/workers/ctl';

/** Who, where and how much; not what: a line may hold what is not for readers of the trace. */
function acceptedText({ seq, path, who, lines }: LedgerRecord): string {
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  return `accepted seq=${seq} path=${path} lines=${lines.length} characters=${bytes} role=${who.role} sid=${who.session}`;
}

/** A receipt is `{"started": {"worker", "fence", …}}`; the hive wrote it itself. */
function traceReceipt(tracer: Tracer, line: string): void {
  const [[word, { worker, ...fields }] = ['', { worker: '' }]] = Object.entries(
    JSON.parse(line) as Record<string, { readonly worker: string }>,
  );
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  tracer.tell('debug', 'worker', { msg: [word, worker, ...pairs].join(' '), task: worker });
}

/** Tells of an effect that is about to be carried out. */
export function traceEffect(tracer: Tracer, effect: Effect): void {
  if (!tracer.isOn('debug', 'effect')) return;
  const named = ['worker', 'entry', 'fence', 'session'].filter((field) => effect[field] !== undefined);
  const msg = [effect.kind, ...named.map((field) => `${field}=${String(effect[field])}`)].join(' ');
  tracer.tell('debug', 'effect', { msg, task: typeof effect.worker === 'string' ? effect.worker : undefined });
}

/** Tells of a line of the system that was refused; what clients were refused is a line of the log. */
export function traceRefused(tracer: Tracer, { who, path, code }: Parameters<LedgerPorts['onRefused']>[0]): void {
  if (who.role === SYSTEM_ROLE) tracer.tell('warn', 'ledger', { msg: `refused path=${path} code=${code}` });
}

/** Workers that are no more after a record: what was kept of them is to be forgotten. */
export function workersGone({ outcomes }: LedgerRecord): readonly string[] {
  const gone: string[] = [];
  for (const outcome of outcomes) {
    for (const { capability, change } of outcome.ok ? outcome.changes : []) {
      const removal = change as { readonly kind: string; readonly id: string };
      if (capability === 'workers' && removal.kind === 'remove') gone.push(removal.id);
    }
  }
  return gone;
}
