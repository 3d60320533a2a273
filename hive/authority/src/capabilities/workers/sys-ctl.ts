// `/sys/workers/ctl`: receipts of the hive about its workers. A receipt names the fence and the epoch it was started
// under; one of an earlier start is `stale`, so that a late word of a dead process cannot touch its successor.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import type { Control, Decision, State } from '../../types.ts';
import { refundChanges } from '../policy/refund.ts';
import { workerEndChanges } from '../schedule/worker-end.ts';
import { revokedLine, stopParts, workersChange } from './changes.ts';
import { exhaustion, isLive, type WorkerRecord, type WorkersSlice } from './record.ts';

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const closed = { additionalProperties: false } as const;
const from = {
  worker: Type.String({ minLength: 1, maxLength: 64, description: 'Worker id.' }),
  fence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Of the start.' }),
  epoch: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Writer epoch of the start.' }),
};
const reason = Type.String({ minLength: 1, maxLength: 256 });

const started = Type.Object({ started: Type.Object(from, closed) }, { ...closed, description: 'It runs.' });
const used = Type.Object(
  { used: Type.Object({ ...from, ticks: count, ops: count }, closed) },
  { ...closed, description: 'What it has used since its spawn; a worker at its budget is stopped.' },
);
const exited = Type.Object(
  { exited: Type.Object({ ...from, reason }, closed) },
  { ...closed, description: 'It ended; its record goes.' },
);
const failed = Type.Object(
  { failed: Type.Object({ ...from, entry: count, reason }, closed) },
  {
    ...closed,
    description: 'The start at journal entry `entry` failed; its record goes and its approval is given back.',
  },
);

const receiptLine = Type.Union([started, used, exited, failed]);
type ReceiptLine = Static<typeof receiptLine>;

const control: Control<WorkersSlice, ReceiptLine> = {
  pattern: '/sys/workers/ctl',
  summary: 'Receipts about workers: started, used, exited, failed.',
  schema: receiptLine,
  writers: ['system'],
  examples: [
    '{"started":{"worker":"worker-1","fence":1,"epoch":1}}',
    '{"used":{"worker":"worker-1","fence":1,"epoch":1,"ticks":10,"ops":4}}',
    '{"exited":{"worker":"worker-1","fence":1,"epoch":1,"reason":"exit status 0"}}',
    '{"failed":{"worker":"worker-1","fence":1,"epoch":1,"entry":3,"reason":"out of memory"}}',
  ],
  decide(slice, command, state) {
    const { value } = command;
    const receipt = receiptOf(value);
    const worker = slice.workers.get(receipt.worker);
    if (worker === undefined) return reject('stale', `No worker ${JSON.stringify(receipt.worker)} any more.`);
    if (worker.fence !== receipt.fence || worker.epoch !== receipt.epoch) return staleReceipt(worker, receipt);
    if ('started' in value) return decideStarted(worker);
    if ('used' in value) return decideUsed(worker, { seq: command.seq, now: value.used }, state);
    if ('exited' in value) return decideExited(worker, value.exited.reason, state);
    return decideFailed(worker, state, { at: command.at, ...value.failed });
  },
};

/** The control file. */
export const workersSysCtl: Control<WorkersSlice, never> = control;

function receiptOf(value: ReceiptLine): { readonly worker: string; readonly fence: number; readonly epoch: number } {
  if ('started' in value) return value.started;
  if ('used' in value) return value.used;
  return 'exited' in value ? value.exited : value.failed;
}

function staleReceipt(worker: WorkerRecord, receipt: { readonly fence: number; readonly epoch: number }): Decision {
  const is = `fence ${worker.fence} epoch ${worker.epoch}`;
  return reject(
    'stale',
    `${worker.id} runs under ${is}; the receipt is of fence ${receipt.fence} epoch ${receipt.epoch}.`,
  );
}

function decideStarted(worker: WorkerRecord): Decision {
  if (worker.state !== 'starting')
    return reject('invalid-transition', `${worker.id} is ${worker.state}, not starting.`);
  return accept({ changes: [workersChange({ kind: 'started', id: worker.id })] });
}

function decideUsed(
  worker: WorkerRecord,
  { seq, now }: { readonly seq: number; readonly now: { readonly ticks: number; readonly ops: number } },
  state: Readonly<State>,
): Decision {
  if (now.ticks < worker.used.ticks || now.ops < worker.used.ops) {
    return reject('stale', `${worker.id} has used ticks=${worker.used.ticks} ops=${worker.used.ops}; use never falls.`);
  }
  const change = workersChange({ kind: 'used', id: worker.id, ticks: now.ticks, ops: now.ops });
  const why = isLive(worker) ? exhaustion(worker.budget, now) : undefined;
  if (why === undefined) return accept({ changes: [change] });
  const stop = stopParts(worker, { reason: why, entry: seq, line: revokedLine(worker.id, why) });
  const ends = workerEndChanges(state, worker.id, ['done', why]);
  return accept({ ...stop, changes: [change, ...stop.changes, ...ends] });
}

/** A worker that was stopped has had its line in the log; one that ended by itself gets it now. */
function decideExited(worker: WorkerRecord, why: string, state: Readonly<State>): Decision {
  const changes = [
    workersChange({ kind: 'remove', id: worker.id }),
    ...workerEndChanges(state, worker.id, ['failed', why]),
  ];
  return accept({ changes, log: isLive(worker) ? [revokedLine(worker.id, why)] : [] });
}

function decideFailed(
  worker: WorkerRecord,
  state: Readonly<State>,
  failure: { readonly at: number; readonly entry: number; readonly reason: string },
): Decision {
  if (failure.entry !== worker.startSeq) {
    return reject('stale', `${worker.id} was last started by entry ${worker.startSeq}, not ${failure.entry}.`);
  }
  const refund = worker.hasRun
    ? { changes: [], log: [] }
    : refundChanges(state, { entry: worker.spawnedSeq, at: failure.at });
  return accept({
    changes: [
      workersChange({ kind: 'remove', id: worker.id }),
      ...refund.changes,
      ...workerEndChanges(state, worker.id, ['failed', failure.reason]),
    ],
    log: [revokedLine(worker.id, failure.reason), ...refund.log],
  });
}
