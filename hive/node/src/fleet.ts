// `/proc/fleet`: a line for each live worker, in the order of their numbers, so that who shows the fleet reads one file. A
// session is shown the workers whose `/worker/<id>/info` its ticket may read.
//
//   id=worker-7 kind=gpu state=running ticks=3/100 ops=4/10000 expires_ms=1763800000000 gpus=h1/GPU-0 leases=1
//
//   ticks, ops   used, as last reported, and the most (`none`: no limit); as in `/worker/<id>/info`
//   expires_ms   when its time is up; `none`: never
//   shard        its label, where the only path of its telemetry goes by it (no `legacy_worker_alias`)
//   adapter      of kinds `bus` and `lora`
//   gpus         GPUs of which it holds a part, as `<host>/<gpu>`, by commas
//   leases       how many it holds, those of its GPUs among them
//   job          what runs in it
//
// Fields after `expires_ms` are left out where there is nothing to say: so ten thousand workers with budgets fit into the MiB that
// one answer of any door holds.

import { type Authority, type FleetMember, fleetOf, logField, type State } from '@cohesix/authority';
import { boundedText, type NodeDefinition, type Session } from '@cohesix/ninedoor';

/** Whether a session may read a path of the hive. */
export type IsSeen = (session: Session, path: string) => boolean;

/** What the view is made from. */
export interface FleetPorts {
  readonly authority: Authority;
  /** Durable state. */
  readonly shown: () => Readonly<State>;
  readonly isSeen: IsSeen;
  /** Shard label of a worker; undefined where lines do not say it. */
  readonly shardLabel: ((worker: string) => string) | undefined;
}

/** Longest text: ten thousand workers of 400 bytes each, or forty thousand usual ones; of more the first are shown. */
const FLEET_BYTES_MAX = 4_194_304;

/** Where the workers are: who may read this sees them all. */
export const WORKERS_PATH = '/worker';

/** The lines as they are for one version of the state. */
interface Rendered {
  readonly version: number;
  /** Worker → its line. */
  readonly lines: ReadonlyMap<string, string>;
  /** For those who see all. */
  readonly bytes: Uint8Array;
}

/** The file. */
export function fleetNode(ports: FleetPorts): NodeDefinition {
  let rendered: Rendered | undefined;
  const now = (): Rendered => {
    const version = ports.authority.version(ports.shown());
    if (rendered?.version !== version) rendered = renderedAt(version, ports);
    return rendered;
  };
  return {
    pattern: '/proc/fleet',
    file: {
      kind: 'view',
      boundBytes: FLEET_BYTES_MAX,
      // Not the same for every session, so it is kept here and not beside the file.
      version: undefined,
      render: (_, session) => (ports.isSeen(session, WORKERS_PATH) ? now().bytes : seenBy(session, now(), ports)),
    },
  };
}

function seenBy(session: Session, { lines }: Rendered, { isSeen }: FleetPorts): Uint8Array {
  const seen = [...lines].filter(([worker]) => isSeen(session, `${WORKERS_PATH}/${worker}/info`));
  return boundedText(seen.map(([, line]) => line).join(''), FLEET_BYTES_MAX);
}

function renderedAt(version: number, { shown, shardLabel }: FleetPorts): Rendered {
  const lines = new Map(fleetOf(shown()).map((member) => [member.worker.id, lineOf(member, shardLabel)]));
  return { version, lines, bytes: boundedText([...lines.values()].join(''), FLEET_BYTES_MAX) };
}

function lineOf({ worker, job, gpus, leases }: FleetMember, shardLabel: FleetPorts['shardLabel']): string {
  const { id, kind, state, adapter, budget, used, expiresAt } = worker;
  const ticks = `${used.ticks}/${budget.ticks ?? 'none'}`;
  const ops = `${used.ops}/${budget.ops ?? 'none'}`;
  let line = `id=${id} kind=${kind} state=${state} ticks=${ticks} ops=${ops} expires_ms=${expiresAt ?? 'none'}`;
  if (shardLabel !== undefined) line += ` shard=${shardLabel(id)}`;
  if (adapter !== undefined) line += ` adapter=${logField(adapter)}`;
  if (gpus.length > 0) line += ` gpus=${logField(gpus.join(','))}`;
  if (leases > 0) line += ` leases=${leases}`;
  if (job !== undefined) line += ` job=${logField(job)}`;
  return `${line}\n`;
}
