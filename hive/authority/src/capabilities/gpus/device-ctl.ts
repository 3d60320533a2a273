// `/gpu/:host/:gpu/ctl` (contracts-1 4.8): LEASE, RELEASE, PRIORITY and RESET in words. What they decide is decided by the leases
// room; the ends of leases come from the clock, so that everything a lease leaves behind is put in order once.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import type { Control, Decision, Gate, ParsedCommand, State } from '../../types.ts';
import { keptOf, leasesChange } from '../leases/changes.ts';
import { type Lease, leasesOn, leasesSlice } from '../leases/record.ts';
import { manifestIn } from '../settings/queries.ts';
import { liveWorker } from '../workers/queries.ts';
import { numberOf } from './bridge-ctl.ts';
import { gpusChange } from './changes.ts';
import { statusEffect } from './effects.ts';
import { U32_MAX } from './fields.ts';
import { holdParts } from './hold.ts';
import { placeAt } from './names.ts';
import { type Device, type GpusSlice, resourceOf } from './record.ts';

const closed = { additionalProperties: false } as const;
const worker = Type.String({ minLength: 1, maxLength: 64, description: 'Worker id.' });
const priority = Type.Integer({ minimum: 0, maximum: 255, description: 'More is more important.' });

const lease = Type.Object(
  {
    lease: worker,
    mem: Type.Integer({ minimum: 0, maximum: U32_MAX, description: 'MiB.' }),
    streams: Type.Integer({ minimum: 1, maximum: 255 }),
    priority: Type.Optional(priority),
    ttl: Type.Optional(
      Type.Integer({ minimum: 1, maximum: U32_MAX, description: 'Seconds; default `gpu.lease_ttl_s`.' }),
    ),
  },
  {
    ...closed,
    description: 'In words: `LEASE <worker> mem=<n> streams=<n> [priority=<n>] [ttl=<s>]`, for a live worker.',
  },
);

const release = Type.Object(
  {
    release: worker,
    reason: Type.String({ pattern: '^[A-Za-z0-9._:-]{1,24}$', description: 'One word.' }),
  },
  {
    ...closed,
    description: 'In words: `RELEASE <worker> <reason>`. A worker that was started for the lease ends with it.',
  },
);

const setPriority = Type.Object(
  { priority },
  { ...closed, description: 'In words: `PRIORITY <n>`, of all leases on this GPU.' },
);

const reset = Type.Object(
  { reset: Type.Literal(true) },
  { ...closed, description: 'In words: `RESET`. All leases on this GPU end, with their jobs.' },
);

const deviceLine = Type.Union([lease, release, setPriority, reset]);
type DeviceLine = Static<typeof deviceLine>;

/** The control files: at the GPU, and at its alias. */
export const deviceControls: readonly Control<GpusSlice, never>[] = [
  ['/gpu/:host/:gpu/ctl', 'Leases of one GPU, in words: LEASE, RELEASE, PRIORITY, RESET.'],
  ['/gpu/:host/ctl', 'The same of a GPU of the only host that publishes.'],
].map(([pattern = '', summary = '']) => controlAt(pattern, summary));

function controlAt(pattern: string, summary: string): Control<GpusSlice, never> {
  const control: Control<GpusSlice, DeviceLine> = {
    pattern,
    summary,
    schema: deviceLine,
    parseWord: readWords,
    writers: ['queen', 'system'],
    gate: (value): Gate | undefined => ('lease' in value ? 'new-work' : undefined),
    examples: ['LEASE worker-1 mem=4096 streams=2 priority=5', 'RELEASE worker-1 done', 'PRIORITY 7', 'RESET'],
    decide: (slice, command, state) => {
      const device = placeAt(slice, command.params);
      if (device === undefined) return reject('not-found', `${command.path} is of no GPU that is published.`);
      return decideLine(device, command, state);
    },
  };
  return control;
}

/** Words as a value of the schema. Keywords are upper case in the source; any case will do. */
function readWords(line: string): unknown {
  const [word = '', ...given] = line.trim().split(/ +/);
  switch (word.toUpperCase()) {
    case 'LEASE': {
      const pairs = given.slice(1).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
      const fields = Object.fromEntries(pairs.map(([name = '', value = '']) => [name, numberOf(value)]));
      const isPlain = Object.keys(fields).length === pairs.length && !Object.hasOwn(fields, 'lease');
      return isPlain ? { lease: given[0] ?? '', ...fields } : line;
    }
    case 'RELEASE':
      return given.length <= 2 ? { release: given[0] ?? '', reason: given[1] ?? 'released' } : line;
    case 'PRIORITY':
      return given.length === 1 ? { priority: numberOf(given[0] ?? '') } : line;
    case 'RESET':
      return given.length === 0 ? { reset: true } : line;
    default:
      return line;
  }
}

function decideLine(device: Device, command: ParsedCommand<DeviceLine>, state: Readonly<State>): Decision {
  const { value } = command;
  if ('lease' in value) return decideLease(device, { ...command, value }, state);
  if ('release' in value) return decideRelease(device, { ...command, value }, state);
  return 'reset' in value ? decideReset(device, command) : decidePriority(device, value.priority, state);
}

function decideLease(device: Device, command: ParsedCommand<Static<typeof lease>>, state: Readonly<State>): Decision {
  const { lease: name, mem: memMb, streams, priority = 0, ttl } = command.value;
  if (liveWorker(state, name) === undefined) return reject('not-found', `No live worker ${name}; see /worker.`);
  const ttlS = ttl ?? manifestIn(state).gpu.lease_ttl_s;
  const wish = { worker: name, lease: `gpu-${name}-${command.seq}`, memMb, streams, ttlS, priority, isOwn: false };
  const parts = holdParts(state, command, { device, wish });
  if ('kind' in parts) return parts;
  const { holding, expiresAt, ...rest } = parts;
  return accept({ ...rest, reply: { id: holding.lease, fence: holding.fence, expires_ms: expiresAt } });
}

/** All that a worker holds of this GPU. */
function decideRelease(
  device: Device,
  { value, at }: ParsedCommand<Static<typeof release>>,
  state: Readonly<State>,
): Decision {
  const held = leasesOf(device, state).filter(({ subject }) => subject === value.release);
  if (held.length === 0) return reject('not-found', `${value.release} holds nothing of this GPU.`);
  const kept = keptOf(manifestIn(state).leases);
  const changes = held.map(({ id }) => leasesChange({ kind: 'end', id, reason: 'released', at, kept }));
  const log = held.map(({ id, fence }) => `lease ended id=${id} fence=${fence} reason=${value.reason}`);
  const why = held.map(({ id }) => gpusChange({ kind: 'ending', lease: id, reason: value.reason }));
  return accept({ changes: [...changes, ...why], log, reply: { id: value.release, released: held.length } });
}

/** Leases of jobs of the schedule end with their jobs; those that others hold are meant here. */
function leasesOf({ host, info }: Device, state: Readonly<State>): readonly Lease[] {
  const all = leasesOn(leasesSlice(state), resourceOf({ host, gpu: info.id }));
  return all.filter(({ job }) => job === null).slice(0, LEASES_PER_LINE_MAX);
}

/** Leases that one line changes: its outcome must fit into a journal record. */
const LEASES_PER_LINE_MAX = 64;

function decidePriority(device: Device, priority: number, state: Readonly<State>): Decision {
  const held = leasesOf(device, state);
  if (held.length === 0) return reject('not-found', 'Nobody holds anything of this GPU.');
  const { nextSeq } = leasesSlice(state);
  const changes = held.map(({ id, ttlS, expiresAt, endsAt }, index) =>
    leasesChange({ kind: 'renew', id, ttlS, priority, seq: nextSeq + index, expiresAt: expiresAt ?? endsAt }),
  );
  const log = held.map(({ id, fence }) => `lease priority id=${id} fence=${fence} priority=${priority}`);
  return accept({ changes, log, reply: { changed: held.length } });
}

function decideReset({ host, info }: Device, { seq }: ParsedCommand): Decision {
  const place = { host, gpu: info.id };
  return accept({
    changes: [gpusChange({ kind: 'void', resource: resourceOf(place), since: seq, why: 'gpu-reset' })],
    effects: [statusEffect(place, seq, [{ job: info.id, state: 'RESET', detail: 'leases end' }])],
    log: [`gpu reset gpu=${host}/${info.id}`],
    reply: { id: info.id },
  });
}
