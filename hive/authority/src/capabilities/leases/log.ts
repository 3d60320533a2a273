// The lines of leases in `/log/queen.log`.

import { logField } from '../../kernel/text.ts';
import type { EndReason, Lease, Request } from './record.ts';

type What = Pick<Lease, 'id' | 'subject' | 'resource'>;

function whatText({ id, subject, resource }: What): string {
  return `id=${id} subject=${logField(subject)} resource=${resource}`;
}

/** A lease was granted. */
export function grantedLine(lease: Lease): string {
  return `lease granted ${whatText(lease)} fence=${lease.fence} expires_ms=${lease.expiresAt ?? 'job'}`;
}

/** A request waits. */
export function waitingLine(request: Request): string {
  return `lease waiting ${whatText(request)} until_ms=${request.waitsUntil}`;
}

/** A lease was renewed. */
export function renewedLine(lease: Lease, expiresAt: number): string {
  return `lease renewed ${whatText(lease)} fence=${lease.fence} expires_ms=${expiresAt}`;
}

/** A lease or a request ended. */
export function endedLine(what: Lease | Request, reason: EndReason): string {
  return `lease ended ${whatText(what)}${'fence' in what ? ` fence=${what.fence}` : ''} reason=${reason}`;
}

/** A lease was taken away. */
export function preemptedLine(lease: Lease, reason: string): string {
  return `lease preempted ${whatText(lease)} fence=${lease.fence} reason=${reason}`;
}
