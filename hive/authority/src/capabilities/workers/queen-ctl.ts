// `/queen/ctl` (contracts-1, 5.1): the schema of its lines, and which operation each goes to.

import Type, { type Static, type TInteger } from 'typebox';
import type { Control, Gate } from '../../types.ts';
import { decideBind, decideMount } from './queen-session.ts';
import type { WorkersSlice } from './record.ts';
import { decideDefaults, decideKill, decideSpawn } from './spawn.ts';

const U32_MAX = 4_294_967_295;
const closed = { additionalProperties: false } as const;

function amount(description: string): TInteger {
  return Type.Integer({ minimum: 1, maximum: U32_MAX, description });
}

const budgetFields = {
  ticks: Type.Optional(amount('Heartbeats before it is revoked.')),
  ops: Type.Optional(amount('Operations before it is revoked.')),
  ttl_s: Type.Optional(amount('Seconds before it is revoked.')),
};

const budget = Type.Object(budgetFields, {
  ...closed,
  description: 'A field left out of a given budget is unlimited; no budget at all gives the default.',
});

const path = Type.String({ minLength: 1, maxLength: 1024, description: 'Absolute path.' });

const spawnHeartbeat = Type.Object(
  { spawn: Type.Literal('heartbeat'), ticks: amount('Tick budget.'), budget: Type.Optional(budget) },
  { ...closed, description: 'Starts a heartbeat worker.' },
);

const spawnHost = Type.Object(
  { spawn: Type.Literal('host'), budget: Type.Optional(budget) },
  { ...closed, description: 'Starts a worker that reports on the host; without a budget its ticks are unlimited.' },
);

const lease = Type.Object(
  {
    gpu_id: Type.String({
      minLength: 1,
      maxLength: 96,
      description: 'A GPU as in `/gpu`: its id while one host publishes, else `<host>/<id>`.',
    }),
    mem_mb: Type.Integer({ minimum: 0, maximum: U32_MAX, description: 'MiB of it.' }),
    streams: Type.Integer({ minimum: 1, maximum: 255, description: 'Streams of it.' }),
    ttl_s: amount('Seconds it holds; the worker ends with it.'),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'More is more important.' })),
  },
  closed,
);

const spawnGpu = Type.Object(
  { spawn: Type.Literal('gpu'), lease, budget: Type.Optional(budget) },
  {
    ...closed,
    description:
      'Starts a worker with a part of a GPU. Without a budget: the time of the lease, 8 operations a stream.',
  },
);

const spawnAdapter = Type.Object(
  {
    spawn: Type.Union([Type.Literal('lora'), Type.Literal('bus')]),
    adapter: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Its directory; default: the first that is free.' }),
    ),
    budget: Type.Optional(budget),
  },
  {
    ...closed,
    description: 'Starts the worker of an adapter: while it lives, the sidecar of that adapter may attach.',
  },
);

const kill = Type.Object(
  { kill: Type.String({ minLength: 1, maxLength: 64, description: 'Worker id.' }) },
  { ...closed, description: 'Ends a worker. Open in every lifecycle state.' },
);

const defaults = Type.Object(
  { budget: Type.Object(budgetFields, { ...closed, minProperties: 1 }) },
  {
    ...closed,
    description: 'Sets fields of the default budget of later spawns; the others stay. Open in every lifecycle state.',
  },
);

const bind = Type.Object(
  { bind: Type.Object({ from: path, to: path }, closed) },
  { ...closed, description: 'Makes `to` lead to `from` in the session of the writer.' },
);

const mount = Type.Object(
  { mount: Type.Object({ service: Type.String({ minLength: 1, maxLength: 64 }), at: path }, closed) },
  { ...closed, description: 'Makes `at` lead to a service of `namespaces.mounts` in the session of the writer.' },
);

const queenLine = Type.Union([spawnHeartbeat, spawnHost, spawnGpu, spawnAdapter, kill, defaults, bind, mount]);
type QueenLine = Static<typeof queenLine>;

const control: Control<WorkersSlice, QueenLine> = {
  pattern: '/queen/ctl',
  summary: 'Spawns and kills workers, sets their default budget, binds and mounts in the session of the writer.',
  schema: queenLine,
  writers: ['queen', 'system'],
  gate: gateOf,
  examples: [
    '{"spawn":"heartbeat","ticks":100}',
    '{"spawn":"heartbeat","ticks":100,"budget":{"ttl_s":120,"ops":500}}',
    '{"spawn":"host"}',
    '{"spawn":"gpu","lease":{"gpu_id":"GPU-0","mem_mb":4096,"streams":2,"ttl_s":120,"priority":5}}',
    '{"spawn":"bus","adapter":"plc-1"}',
    '{"spawn":"lora","budget":{"ttl_s":3600}}',
    '{"kill":"worker-7"}',
    '{"budget":{"ttl_s":600,"ops":2000}}',
    '{"bind":{"from":"/shard","to":"/shadow"}}',
    '{"mount":{"service":"logs","at":"/logs"}}',
  ],
  decide(slice, command, state) {
    const { value } = command;
    if ('spawn' in value) return decideSpawn(slice, { ...command, value }, state);
    if ('kill' in value) return decideKill(slice, command, value.kill, state);
    if ('budget' in value) return decideDefaults(slice, state, value.budget);
    return 'bind' in value ? decideBind(command, value.bind) : decideMount(command, value.mount, state);
  },
};

function gateOf(value: QueenLine): Gate | undefined {
  return 'spawn' in value || 'bind' in value || 'mount' in value ? 'new-work' : undefined;
}

/** The control file. */
export const queenCtl: Control<WorkersSlice, never> = control;
