// The leases of the fleet: one for each worker, each of a unit of its own.

/** Where leases are granted and renewed. */
export const LEASE_CTL = '/queen/lease/ctl';

/** How long a lease holds that is not meant to end during a run, seconds. */
export const HOLD_S = 3600;

/** Name of a lease, from 1. */
export function leaseId(which: number): string {
  return `lease-${which}`;
}

/** The line that grants it. */
export function grantLine(which: number): string {
  const id = leaseId(which);
  return `{"op":"grant","id":"${id}","subject":"worker-${which}","resource":"unit:${which}","ttl_s":${HOLD_S}}`;
}

/** The line that lets it hold for so many seconds from now. */
export function renewLine(which: number, seconds: number): string {
  return `{"op":"renew","id":"${leaseId(which)}","ttl_s":${seconds}}`;
}
