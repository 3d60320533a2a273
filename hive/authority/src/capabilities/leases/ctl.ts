// `/queen/lease/ctl` (contracts-1, 5.2): the schema of its lines, and which operation each goes to. The source's fields are
// taken unchanged; ours are optional.

import Type, { type Static } from 'typebox';
import type { Control } from '../../types.ts';
import { demandFields, resourceField as resource, U32_MAX } from './fields.ts';
import { decideGrant } from './grant.ts';
import { decidePreempt, decideQuota, decideRelease, decideRenew, decideUnquota } from './operations.ts';
import type { LeasesSlice } from './record.ts';

const closed = { additionalProperties: false } as const;

const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$', description: 'Name of the lease.' });
const subject = Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$', description: 'Who holds it.' });
const reason = Type.String({
  pattern: '^(?!\\.\\.?$)[A-Za-z0-9._:-]{1,24}$',
  description: 'Kept with the preemption.',
});
const ttl = Type.Integer({
  minimum: 1,
  maximum: U32_MAX,
  description: 'Seconds it holds; at most `leases.max_ttl_s`.',
});
const priority = Type.Optional(Type.Integer({ minimum: 0, maximum: U32_MAX, description: 'More is more important.' }));
const count = Type.Integer({ minimum: 1, maximum: U32_MAX });
const fence = Type.Optional(
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Must be the fence of the lease.' }),
);
const seconds = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: U32_MAX, description }));

const grant = Type.Object(
  {
    op: Type.Literal('grant'),
    id,
    subject,
    resource,
    ttl_s: ttl,
    priority,
    ...demandFields,
    max_total_s: seconds('No renewal leads beyond this; at most and by default `leases.max_total_s`.'),
    wait: Type.Optional(Type.Boolean({ description: 'Wait when the resource is not free.' })),
    wait_s: seconds('How long to wait; at most and by default `leases.max_wait_s`.'),
    preempt: Type.Optional(Type.Boolean({ description: 'Take the resource from leases of lower priority.' })),
  },
  { ...closed, description: 'Gives a resource to a subject. The reply has the fence, or says that the request waits.' },
);

const renew = Type.Object(
  { op: Type.Literal('renew'), id, ttl_s: ttl, priority, fence },
  {
    ...closed,
    description: 'Sets time and priority (left out: kept) from now on, within the longest life of the lease.',
  },
);

const preempt = Type.Object(
  { op: Type.Literal('preempt'), id, reason },
  { ...closed, description: 'Takes a lease away; it is in `/proc/lease/preemptions` then.' },
);

const release = Type.Object(
  { op: Type.Literal('release'), id, fence },
  { ...closed, description: 'Gives a lease back, or takes a request out of the queue.' },
);

const quota = Type.Object(
  { op: Type.Literal('quota'), subject, resource, max_active: count, max_preemptions: count },
  {
    ...closed,
    description:
      'Limits what a subject holds of a resource or a class, and how many of its preemptions are remembered.',
  },
);

const unquota = Type.Object(
  { op: Type.Literal('unquota'), subject, resource },
  { ...closed, description: 'Removes a quota.' },
);

const leaseLine = Type.Union([grant, renew, preempt, release, quota, unquota]);
type LeaseLine = Static<typeof leaseLine>;

const control: Control<LeasesSlice, LeaseLine> = {
  pattern: '/queen/lease/ctl',
  summary: 'Grants, renews, preempts and releases leases of resources, and sets quotas.',
  schema: leaseLine,
  writers: ['queen', 'system'],
  gate: ({ op }) => (op === 'grant' ? 'new-work' : undefined),
  examples: [
    '{"op":"grant","id":"l1","subject":"alice","resource":"gpu:GPU-0","ttl_s":300,"priority":5}',
    '{"op":"grant","id":"l2","subject":"bob","resource":"gpu:*","ttl_s":300,"priority":5,"mem_mb":4096,"streams":2,"wait":true}',
    '{"op":"renew","id":"l1","ttl_s":300,"fence":1}',
    '{"op":"preempt","id":"l1","reason":"maintenance"}',
    '{"op":"release","id":"l1"}',
    '{"op":"quota","subject":"alice","resource":"gpu:*","max_active":2,"max_preemptions":8}',
    '{"op":"unquota","subject":"alice","resource":"gpu:*"}',
  ],
  decide(slice, command, state) {
    const { value } = command;
    switch (value.op) {
      case 'grant':
        return decideGrant(slice, { ...command, value }, state);
      case 'renew':
        return decideRenew(slice, { ...command, value }, state);
      case 'preempt':
        return decidePreempt(slice, { ...command, value }, state);
      case 'release':
        return decideRelease(slice, { ...command, value }, state);
      case 'quota':
        return decideQuota(slice, { ...command, value }, state);
      default:
        return decideUnquota(slice, value);
    }
  },
};

/** The control file. */
export const leaseCtl: Control<LeasesSlice, never> = control;
