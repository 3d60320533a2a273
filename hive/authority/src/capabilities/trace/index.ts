// Tracing: `/trace/ctl` sets which events the hive tells at `/trace/events`, `/kmesg` and `/proc/<worker>/trace` (contracts-1
// 4.6, m07e). The filter is control state and stays over a restart; the events themselves are not, they are streams of the hive.

import Type, { type Static } from 'typebox';
import { accept } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand, View } from '../../types.ts';
import {
  TRACE_CATS,
  TRACE_FILTER_DEFAULT,
  TRACE_LEVELS,
  type TraceCat,
  type TraceFilter,
  type TraceSlice,
} from './queries.ts';

const closed = { additionalProperties: false } as const;

const traceLine = Type.Object(
  {
    set: Type.Object(
      {
        level: Type.Union(
          TRACE_LEVELS.map((level) => Type.Literal(level)),
          { description: 'The least grave level that is told.' },
        ),
        cats: Type.Optional(
          Type.Array(Type.Union(TRACE_CATS.map((cat) => Type.Literal(cat))), {
            minItems: 1,
            maxItems: TRACE_CATS.length,
            description: 'Only these categories; all when absent.',
          }),
        ),
      },
      closed,
    ),
  },
  { ...closed, description: 'Replaces the filter of events.' },
);

type TraceLine = Static<typeof traceLine>;

const control: Control<TraceSlice, TraceLine> = {
  pattern: '/trace/ctl',
  summary: 'Sets which events are told; an event that the filter leaves out is never made.',
  schema: traceLine,
  writers: ['queen', 'system'],
  examples: ['{"set":{"level":"info"}}', '{"set":{"level":"debug","cats":["boot","ninep"]}}'],
  decide: decideSet,
};

function decideSet(_slice: Readonly<TraceSlice>, { value, seq, who }: ParsedCommand<TraceLine>): Decision {
  const { level, cats } = value.set;
  const filter: TraceFilter = { level, cats: cats === undefined ? null : [...new Set(cats)].sort() };
  return accept({
    changes: [{ capability: 'trace', change: { filter, entry: seq } satisfies TraceSlice }],
    log: [`trace set ${filterText(filter)} by=${logField(who.subject)}`],
    reply: { entry: seq },
  });
}

function filterText({ level, cats }: TraceFilter): string {
  return `level=${level} cats=${cats === null ? 'all' : cats.join(',')}`;
}

const views: readonly View<TraceSlice>[] = [
  {
    pattern: '/trace/state',
    summary:
      '`trace level=<level> cats=<all|cat,…> entry=<u64>`: the filter, and the journal entry that set it (0: none).',
    boundBytes: 256,
    render: ({ filter, entry }) => `trace ${filterText(filter)} entry=${entry}\n`,
  },
];

function invariants({ filter }: Readonly<TraceSlice>): string[] {
  const { level, cats } = filter;
  const broken = TRACE_LEVELS.includes(level) ? [] : [`trace: no level ${String(level)}`];
  if (cats === null) return broken;
  if (cats.length === 0) broken.push('trace: a filter that lets nothing through');
  if (!cats.every((cat: TraceCat, index) => TRACE_CATS.includes(cat) && (cats[index - 1] ?? '') < cat))
    broken.push(`trace: categories ${cats.join(',')} are not in order, or not all known`);
  return broken;
}

/** Tracing: `/trace/ctl`, `/trace/state`. */
export const traceCapability: Capability<TraceSlice> = {
  name: 'trace',
  controls: [control],
  views,
  names: [],
  initial: () => ({ filter: { ...TRACE_FILTER_DEFAULT }, entry: 0 }),
  evolve: (slice, change: TraceSlice) => {
    slice.filter = change.filter;
    slice.entry = change.entry;
  },
  invariants,
};
