// `/proc/9p/{sessions,outstanding,short_writes}` and their CBOR twins. Formats: contracts-1 4.3.

import type { ViewRecord } from '@cohesix/authority';
import type { NineDoor } from './door.ts';
import type { NodeDefinition } from './node.ts';
import { recordNodes } from './record-nodes.ts';

/** The three files; twins as `[ui_providers.proc_9p]` says. */
export function ninepNodes(door: NineDoor): readonly NodeDefinition[] {
  const { observability: bounds, ui_providers: providers } = door.manifest;
  const file = (name: keyof typeof providers.proc_9p, record: (door: NineDoor) => ViewRecord) =>
    recordNodes(
      {
        pattern: `/proc/9p/${name}`,
        boundBytes: bounds[`${name}_bytes`],
        record: () => record(door),
        hasTwin: providers.proc_9p[name],
      },
      () => door.traffic.countTwin(),
    );
  return [
    ...file('sessions', sessionsRecord),
    ...file('outstanding', outstandingRecord),
    ...file('short_writes', shortWritesRecord),
  ];
}

/** All sessions, those of workers, and the shards that have workers attached. */
function sessionsRecord(door: NineDoor): ViewRecord {
  const { enabled, shard_bits: bits } = door.manifest.sharding;
  const workers = [...door.sessions.values()].filter((session) => session.principal.role.startsWith('worker-'));
  const perShard = new Map<string, number>();
  for (const { principal } of workers) {
    // An attenuated ticket acts as `<worker>/<name>`; it is the same worker.
    const label = door.ports.shardLabel(principal.subject.split('/', 1)[0] ?? '');
    perShard.set(label, (perShard.get(label) ?? 0) + 1);
  }
  const shards = [...perShard].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    word: 'sessions',
    fields: {
      total: door.sessions.size,
      worker: workers.length,
      shard_bits: enabled ? bits : 0,
      shard_count: enabled ? 2 ** bits : 0,
    },
    rows: { name: 'shards', word: 'shard', isBare: true, each: shards.map(([label, count]) => ({ label, count })) },
  };
}

/** Requests that wait now over all connections, and how many can: so many on each connection that may have a session. */
function outstandingRecord({ outstanding, manifest: { secure9p } }: NineDoor): ViewRecord {
  return {
    word: 'outstanding',
    fields: { current: outstanding, limit: secure9p.tags_per_session * secure9p.sessions_max },
  };
}

/** An Rwrite never counts less than its Twrite: an append is all or nothing. What can be short is the hive's own write to a socket. */
function shortWritesRecord({ traffic }: NineDoor): ViewRecord {
  return { word: 'short_writes', fields: { total: traffic.shortWrites, retries: traffic.shortWriteRetries } };
}
