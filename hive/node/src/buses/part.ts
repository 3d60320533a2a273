// The hive's side of buses and radios (contracts-1, 4.9): `/bus/<adapter>/{telemetry,spool}` and `/lora/<adapter>/telemetry`. Frames are
// bytes and never in the journal: online they are in a stream, offline in a spool on disk. The streams are memory, kept over
// a clean stop; a spool outlives a power cut.

import { join } from 'node:path';
import {
  adapterWorker,
  type Bus,
  busesOf,
  busLink,
  checkGate,
  type Effect,
  payloadSize,
  radiosOf,
  replayedThrough,
} from '@cohesix/authority';
import { assert } from '@cohesix/check';
import type { NodeDefinition, Params } from '@cohesix/ninedoor';
import type { Ring } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { streamTextProblem } from '../notes.ts';
import { SidecarDenials } from './denials.ts';
import { BusSpool } from './spool.ts';
import { forgetRings, keepRings, openRing, type StreamsPlace } from './streams.ts';
import { TamperLog } from './tamper.ts';

/** Bytes of `spool`: the largest a manifest allows, with the head of each line. */
const SPOOL_VIEW_BYTES: number = 4 * 1024 * 1024;

const UTF8 = new TextEncoder();
const DECODER = new TextDecoder();

/** A bus with what it keeps. */
interface OpenBus {
  readonly bus: Bus;
  readonly spool: BusSpool;
  readonly ring: Ring;
}

/** Opens spools and streams of the adapters that the manifest has. */
export async function openBuses(options: DataOptions): Promise<Result<OpenedStore>> {
  const { manifest, host, directory } = options;
  const place = {
    disk: host.disk,
    directory: join(directory, 'spool', 'streams'),
    // A spool fits into the stream of its bus (a red line), so that a replay is there as a whole.
    capacity: manifest.telemetry.ring_bytes_per_worker,
  };
  const notes = new EarlyNotes();
  const buses = new Map<string, OpenBus>();
  for (const bus of busesOf(manifest)) {
    const spool = await openSpool(options, bus, (line) => notes.note(line));
    if (!spool.ok) return spool;
    const ring = await openRing(place, `bus-${bus.mount}`);
    if (!ring.ok) return ring;
    buses.set(bus.mount, { bus, spool: spool.value, ring: ring.value });
  }
  const radios = new Map<string, Ring>();
  for (const { mount } of radiosOf(manifest)) {
    const ring = await openRing(place, `lora-${mount}`);
    if (!ring.ok) return ring;
    radios.set(mount, ring.value);
  }
  return ok((hive) => new BusPart({ hive, buses, radios, notes, place }));
}

function openSpool(
  { host, directory }: DataOptions,
  { mount, spool }: Bus,
  note: (line: string) => void,
): Promise<Result<BusSpool>> {
  return BusSpool.open({
    disk: host.disk,
    path: join(directory, 'spool', 'bus', `${mount}.spool`),
    maxEntries: spool.max_entries,
    maxBytes: spool.max_bytes,
    onFailed: (reason) => note(`bus spool failed adapter=${mount} reason=${JSON.stringify(reason)}`),
  });
}

interface PartOptions {
  readonly hive: DataHive;
  readonly buses: ReadonlyMap<string, OpenBus>;
  /** What each radio sent. */
  readonly radios: ReadonlyMap<string, Ring>;
  readonly notes: EarlyNotes;
  readonly place: StreamsPlace;
}

/** Lines for the log: what is said before there is one waits. */
class EarlyNotes {
  readonly #waiting: string[] = [];
  #tell: ((line: string) => void) | undefined;

  note(line: string): void {
    if (this.#tell === undefined) this.#waiting.push(line);
    else this.#tell(line);
  }

  begin(tell: (line: string) => void): void {
    this.#tell = tell;
    for (const line of this.#waiting.splice(0)) tell(line);
  }
}

class BusPart implements DataPart {
  readonly nodes: readonly NodeDefinition[];
  readonly executors: NonNullable<DataPart['executors']>;
  readonly refused: NonNullable<DataPart['refused']>;
  readonly turnedAway: NonNullable<DataPart['turnedAway']>;
  readonly #options: PartOptions;

  constructor(options: PartOptions) {
    this.#options = options;
    const { hive, buses, radios, notes } = options;
    notes.begin(hive.audit);
    // Frames that the journal says were replayed, of which the disk did not hear any more.
    for (const [mount, { spool }] of buses) spool.take(replayedThrough(hive.shown(), mount));
    const tamper = new TamperLog(hive);
    this.nodes = [...(buses.size > 0 ? this.#busNodes() : []), ...(radios.size > 0 ? [this.#radioNode()] : [])];
    this.executors = {
      'bus.replay': (effect) => this.#replay(fieldOf(effect, 'adapter')),
      'lora.send': (effect) => this.#sent(fieldOf(effect, 'adapter'), fieldOf(effect, 'payload')),
    };
    this.refused = (refused, tell) => tamper.refused(refused, tell);
    const denials = new SidecarDenials(hive.audit, hive.host.now);
    this.turnedAway = (event) => denials.turnedAway(event);
  }

  readonly begin = (): void => {
    const { hive, place } = this.#options;
    void forgetRings(place, this.#rings().keys()).then((gone) => {
      if (!gone.ok) hive.audit(`bus streams failed reason=${JSON.stringify(gone.refusal.detail)}`);
    });
  };

  readonly end = async (): Promise<void> => {
    const { hive, buses, place } = this.#options;
    for (const [mount, { spool }] of buses) {
      const settled = await spool.settled();
      if (!settled.ok) hive.audit(`bus spool lost adapter=${mount} reason=${JSON.stringify(settled.refusal.detail)}`);
    }
    const kept = await keepRings(place, this.#rings());
    if (!kept.ok) hive.audit(`bus streams failed reason=${JSON.stringify(kept.refusal.detail)}`);
  };

  #rings(): ReadonlyMap<string, Ring> {
    const { buses, radios } = this.#options;
    return new Map([
      ...[...buses].map(([mount, { ring }]) => [`bus-${mount}`, ring] as const),
      ...[...radios].map(([mount, ring]) => [`lora-${mount}`, ring] as const),
    ]);
  }

  #busNodes(): readonly NodeDefinition[] {
    const { buses } = this.#options;
    const at = ({ adapter = '' }: Params): OpenBus | undefined => buses.get(adapter);
    return [
      {
        pattern: '/bus/:adapter/telemetry',
        file: {
          kind: 'stream',
          ring: (params) => at(params)?.ring,
          append: (params, bytes) => this.#append(at(params), bytes),
        },
      },
      {
        pattern: '/bus/:adapter/spool',
        file: {
          kind: 'view',
          boundBytes: SPOOL_VIEW_BYTES,
          version: (params) => at(params)?.spool.version ?? 0,
          render: (params) => UTF8.encode(spoolText(at(params))),
        },
      },
    ];
  }

  #radioNode(): NodeDefinition {
    const { radios } = this.#options;
    return {
      pattern: '/lora/:adapter/telemetry',
      file: { kind: 'stream', ring: ({ adapter = '' }) => radios.get(adapter), append: undefined },
    };
  }

  /** Frames of a bus, one a line: into the stream while the link is online, else into the spool. */
  #append(open: OpenBus | undefined, bytes: Uint8Array): Result<void> | Promise<Result<void>> {
    const { hive } = this.#options;
    if (open === undefined) return refuse('invalid-path');
    const gate = checkGate(hive.shown(), 'worker-telemetry');
    if (!gate.ok) return gate;
    const lines = linesOf(bytes);
    if (!lines.ok) return lines;
    if (lines.value.length === 0) return ok(undefined);
    const { bus, ring, spool } = open;
    const longest = Math.max(...lines.value.map((line) => UTF8.encode(line).length + 1));
    if (longest > ring.capacity)
      return refuse('too-big', `A frame of ${longest} bytes is over the ${ring.capacity} of the stream.`);
    if (busLink(hive.shown(), bus.mount) === 'offline') {
      const put = spool.put(lines.value, hive.host.now());
      if (put.ok) this.#wrote(bus.scope, lines.value.length);
      return put.ok ? spool.settled() : put;
    }
    const appended = ring.append(UTF8.encode(`${lines.value.join('\n')}\n`));
    if (appended.ok) this.#wrote(bus.scope, lines.value.length);
    return appended.ok ? ok(undefined) : appended;
  }

  /** Frames are what the worker of an adapter writes; looked for only while somebody wants to know. */
  #wrote(scope: string, frames: number): void {
    const { streams, shown } = this.#options.hive;
    if (streams.onRecords === undefined) return;
    const worker = adapterWorker(shown(), scope);
    if (worker !== undefined) streams.onRecords(worker.id, frames);
  }

  /** Moves what is spooled into the stream and says what it was. Repeated, it finds nothing. */
  #replay(mount: string): void {
    const { hive, buses } = this.#options;
    const open = buses.get(mount);
    if (open === undefined) return;
    const { ring, spool } = open;
    const before = spool.bytes;
    const frames = spool.take();
    for (const { line } of frames) ring.append(UTF8.encode(`${line}\n`));
    const word = `replay entries=${frames.length} bytes=${before} through=${spool.lastTaken}`;
    void hive.system(`/bus/${mount}/replay`, word);
  }

  #sent(mount: string, payload: string): void {
    this.#options.radios.get(mount)?.append(UTF8.encode(`${payload}\n`));
  }
}

function fieldOf(effect: Effect, name: string): string {
  const value = effect[name];
  assert(typeof value === 'string', `an effect ${effect.kind} names its ${name}`);
  return value;
}

/** The frames of an append: lines of text that are no base64 by mistake. */
function linesOf(bytes: Uint8Array): Result<readonly string[]> {
  const problem = streamTextProblem(bytes);
  if (problem !== undefined) return refuse('invalid-payload', `${problem} Write bytes as base64: and base64.`);
  const lines = DECODER.decode(bytes)
    .split('\n')
    .filter((line) => line !== '');
  for (const line of lines) {
    const size = payloadSize(line);
    if (!size.ok) return size;
  }
  return ok(lines);
}

function spoolText(open: OpenBus | undefined): string {
  if (open === undefined) return '';
  const { bus, spool } = open;
  const { max_entries: maxEntries, max_bytes: maxBytes } = bus.spool;
  const head = `entries=${spool.frames.length} bytes=${spool.bytes} max_entries=${maxEntries} max_bytes=${maxBytes}\n`;
  const lines = spool.frames.map(({ seq, line }) => {
    const size = payloadSize(line);
    return `seq=${seq} bytes=${size.ok ? size.value : 0} payload=${line}\n`;
  });
  return head + lines.join('');
}
