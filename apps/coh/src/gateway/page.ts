// SwarmUI as a gateway of this command line serves it: where its build lies, and the ticket that a link signs it in with.

import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attenuate, type TicketLimits } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';

/** Who a page is to the hive: `<subject>/swarmui`. */
const PAGE_NAME = 'swarmui';

/** How long the ticket of a page is good, ms: a working day and what it takes longer. */
const PAGE_TICKET_MS = 12 * 3_600_000;

/** The folder of the built page: beside the bundle, or in the checkout when this runs from its sources. */
export function pageFolder(): string {
  const file = fileURLToPath(import.meta.url);
  const folder = dirname(file);
  if (file.endsWith('.ts')) return join(folder, '..', '..', '..', 'swarmui', 'dist');
  return join(basename(folder) === 'chunks' ? dirname(folder) : folder, 'swarmui');
}

/**
 * The ticket a page gets: a narrower one, good for `PAGE_TICKET_MS` and under a name of its own, so that it can be told apart and
 * revoked without the one it is made of. A ticket that cannot be passed on (signed, v1, already as deep as may be) is given as it is.
 */
export function pageTicket(
  token: string,
  { nowMs, limits }: { readonly nowMs: number; readonly limits: TicketLimits },
): string {
  const restriction = { nonce: randomTicketId(), expiresMs: nowMs + PAGE_TICKET_MS, subjectSuffix: PAGE_NAME };
  const child = attenuate(nodeTicketCrypto, token, restriction, limits);
  return child.ok ? child.value : token;
}
