// What is observed of a running hive and belongs to no room: its events and how appends fare. The composition root tells it what
// happens, and puts its files into the namespace.

import { type Authority, type Effect, type State, traceFilter } from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import { mayRead, type NineDoor, type NodeDefinition, type TurnedAway, workerOf } from '@cohesix/ninedoor';
import type { Result } from '@cohesix/wire';
import { Activity } from './activity.ts';
import { actingWorkers } from './buses/workers.ts';
import { WORKERS_PATH } from './fleet.ts';
import type { Host } from './host.ts';
import { Ingest } from './ingest.ts';
import { ingestNodes } from './ingest-nodes.ts';
import type { LedgerPorts } from './ledger.ts';
import type { LedgerRecord } from './record.ts';
import type { Streams } from './streams.ts';
import { traceEffect, traceRecord, traceRefused, workersGone } from './trace-hooks.ts';
import { traceNodes } from './trace-nodes.ts';
import { Tracer } from './tracer.ts';
import { twinNodes } from './twin-nodes.ts';

/** What is observed; `shown` and `door` are asked once the hive is there. */
export interface ObservationPorts {
  readonly manifest: Manifest;
  readonly host: Host;
  readonly authority: Authority;
  readonly streams: Streams;
  /** State that the hive begins with. */
  readonly first: Readonly<State>;
  /** Durable state. */
  readonly shown: () => State;
  readonly door: () => NineDoor;
}

export class Observation {
  readonly tracer: Tracer;
  readonly ingest: Ingest;
  readonly #activity: Activity;
  readonly #acting: ReturnType<typeof actingWorkers>;
  readonly #ports: ObservationPorts;

  /** From now on the lines of the log are events too. */
  constructor(ports: ObservationPorts) {
    const { manifest, host, authority, streams, shown } = ports;
    this.#ports = ports;
    this.tracer = new Tracer({
      now: host.now,
      isTask: (name) => authority.hasName(shown(), '/worker/:worker', name),
      bounds: manifest.trace,
    });
    this.ingest = new Ingest({
      monotonicMs: () => host.timers.nowMs(),
      samplesMax: manifest.observability.latency_samples,
    });
    this.#acting = actingWorkers(shown);
    this.#activity = new Activity({
      timers: host.timers,
      now: host.now,
      onSwitch: (isOn) => {
        streams.onRecords = isOn ? (worker, count) => this.#activity.wrote(worker, count) : undefined;
      },
    });
    this.tracer.obey(traceFilter(ports.first));
    streams.onAudit = (line) => this.tracer.line(line);
  }

  /** `/trace/events`, `/kmesg`, `/proc/<worker>/trace`, `/proc/ingest`, `/proc/activity`, and CBOR twins of views. */
  nodes(): readonly NodeDefinition[] {
    const { host } = this.#ports;
    return [
      ...traceNodes({ ...this.#ports, tracer: this.tracer }),
      ...ingestNodes({ ...this.#ports, ...host, ingest: this.ingest }),
      {
        pattern: '/proc/activity',
        // One ring for all readers, which tells of every worker: who may not see every worker gets nothing of it.
        file: {
          kind: 'stream',
          ring: () => this.#activity.ring,
          append: undefined,
          mayRead: (session) => mayRead(session, WORKERS_PATH),
        },
      },
      ...twinNodes(this.#ports),
    ];
  }

  /** A record is durable and shown. */
  record(record: LedgerRecord): void {
    traceRecord(this.tracer, record);
    for (const worker of workersGone(record)) {
      const ring = this.tracer.forget(worker);
      if (ring !== undefined) this.#ports.door().follows.end(ring);
    }
  }

  /** What is shown has changed: the filter may have. */
  shown(): void {
    this.tracer.obey(traceFilter(this.#ports.shown()));
  }

  /** An effect is about to be carried out. */
  effect(effect: Effect): void {
    traceEffect(this.tracer, effect);
  }

  /** A line was refused. */
  refused(refused: Parameters<LedgerPorts['onRefused']>[0]): void {
    traceRefused(this.tracer, refused);
  }

  /** Something a session asked for was turned away. */
  turnedAway({ who }: TurnedAway): void {
    if (!this.#activity.isOn) return;
    const subject = workerOf(who);
    const worker = subject === undefined ? undefined : this.#acting(subject);
    if (worker !== undefined) this.#activity.refused(worker.id);
  }

  /** The hive stops: nothing is observed for readers any more. */
  stop(): void {
    this.#activity.stop();
  }

  /** A segment of the journal was closed and the next begun. */
  rolled(): void {
    this.tracer.tell('debug', 'journal', { msg: 'segment rolled' });
  }

  /** A snapshot of so many records is on disk. */
  snapshotWritten(records: number): void {
    this.tracer.tell('info', 'journal', { msg: `snapshot written records=${records}` });
  }

  /** Appends to the telemetry of a worker, measured and, when it was taken, told. */
  telemetry(worker: string, bytes: Uint8Array, append: () => Result<void>): Result<void> {
    const appended = this.ingest.stream(append);
    if (appended.ok && this.tracer.isOn('debug', 'worker'))
      this.tracer.tell('debug', 'worker', { msg: `telemetry bytes=${bytes.length}`, task: worker });
    return appended;
  }
}
