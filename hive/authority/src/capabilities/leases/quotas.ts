// Quotas: how many leases a subject may hold of a resource or a class, and how often it may lose one. Every quota that
// names the resource counts.

import type { State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { type Lease, type LeasesSlice, type Quota, quotaKey } from './record.ts';
import { isNamedBy } from './resource.ts';

function quotasOn({ quotas }: Readonly<LeasesSlice>, subject: string, resource: string): Quota[] {
  if (quotas.size === 0) return [];
  return [...quotas.values()].filter((quota) => quota.subject === subject && isNamedBy(resource, quota.resource));
}

/** The quota that one more lease of a subject on a resource would break; undefined when none. */
export function quotaAgainst(slice: Readonly<LeasesSlice>, subject: string, resource: string): Quota | undefined {
  return quotasOn(slice, subject, resource).find((quota) => countHeld(slice, quota) >= quota.max_active);
}

/** As `quotaAgainst`, for one more request: those that wait count too. `name` may be a class. */
export function quotaAgainstWaiting(slice: Readonly<LeasesSlice>, subject: string, name: string): Quota | undefined {
  return quotasOn(slice, subject, name).find((quota) => {
    const waiting = [...slice.waiting.values()].filter(
      (request) => request.subject === subject && isNamedBy(request.resource, quota.resource),
    );
    return countHeld(slice, quota) + waiting.length >= quota.max_active;
  });
}

function countHeld({ active }: Readonly<LeasesSlice>, { subject, resource }: Quota): number {
  let count = 0;
  for (const lease of active.values()) {
    if (lease.subject === subject && isNamedBy(lease.resource, resource)) count += 1;
  }
  return count;
}

/** The quota that the preemption of a lease, after those of `gone`, would break: its subject lost as many as it may lately. */
export function quotaAgainstPreempting(
  slice: Readonly<LeasesSlice>,
  { subject, resource }: Pick<Lease, 'subject' | 'resource'>,
  gone: readonly Pick<Lease, 'subject' | 'resource'>[],
): Quota | undefined {
  return quotasOn(slice, subject, resource).find((quota) => {
    const lost = [...slice.preemptions, ...gone].filter(
      (one) => one.subject === subject && isNamedBy(one.resource, quota.resource),
    );
    return lost.length >= quota.max_preemptions;
  });
}

/** Whether one more quota may be set; setting one again always may. */
export function hasQuotaRoom(slice: Readonly<LeasesSlice>, state: Readonly<State>, quota: Quota): boolean {
  const isKnown = slice.quotas.has(quotaKey(quota.subject, quota.resource));
  return isKnown || slice.quotas.size < manifestIn(state).leases.quotas_max;
}
