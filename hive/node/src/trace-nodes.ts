// The files of the trace: streams that only the hive appends to.

import type { Authority, State } from '@cohesix/authority';
import type { FileNode, NodeDefinition } from '@cohesix/ninedoor';
import type { Ring } from '@cohesix/telemetry';
import type { Tracer } from './tracer.ts';

/** What the nodes need of the running hive. */
export interface TraceView {
  readonly tracer: Tracer;
  readonly authority: Authority;
  /** Durable state. */
  readonly shown: () => State;
}

/** `/trace/events`, `/kmesg`, `/proc/<worker>/trace`. */
export function traceNodes({ tracer, authority, shown }: TraceView): readonly NodeDefinition[] {
  const workers = '/worker/:worker';
  return [
    { pattern: '/trace/events', file: stream(() => tracer.events) },
    { pattern: '/kmesg', file: stream(() => tracer.kmesg) },
    {
      pattern: '/proc/:worker',
      names: {
        list: () => authority.listNames(shown(), workers),
        has: (name) => authority.hasName(shown(), workers, name),
      },
    },
    {
      pattern: '/proc/:worker/trace',
      file: stream(({ worker = '' }) => tracer.ringOf(worker)),
    },
  ];
}

function stream(ring: (params: Readonly<Record<string, string>>) => Ring | undefined): FileNode {
  return { kind: 'stream', ring, append: undefined };
}
