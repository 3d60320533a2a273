// What people and host agents read about host tickets. The snapshots of contracts-1 4.9 have the lines of the source and no
// others: made of the state, so that an agent that reads `spec.snapshot` misses no ticket, whatever the log of the file lost.

import { parseJson } from '../../kernel/json.ts';
import { logField } from '../../kernel/text.ts';
import type { View } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { TICKET_BYTES_MAX, type Way } from './lines.ts';
import {
  type ActiveTicket,
  type EndedTicket,
  type HostTicketsSlice,
  inOrder,
  inOrderOfEnd,
  type Request,
} from './ticket.ts';

/** Most active tickets any manifest allows. */
export const ACTIVE_EVER_MAX = 1024;

const SPEC_BYTES_MAX = ACTIVE_EVER_MAX * (TICKET_BYTES_MAX + 1);
const RESULTS_BYTES_MAX = 1_048_576;

/** The views of the host tickets. */
export const hostTicketViews: readonly View<HostTicketsSlice>[] = [
  {
    pattern: '/host/tickets/spec.snapshot',
    summary: 'The `host-ticket/v1` lines of the tickets that have not ended, oldest first.',
    boundBytes: SPEC_BYTES_MAX,
    render: ({ active }) =>
      inOrder(active.values())
        .map(({ line }) => `${line}\n`)
        .join(''),
  },
  {
    pattern: '/host/tickets/status.snapshot',
    summary:
      'One `host-ticket-result/v1` line per ticket that succeeded, oldest first, then per claimed or running one.',
    boundBytes: RESULTS_BYTES_MAX,
    render: ({ active, ended }) =>
      resultsText([
        ...inOrderOfEnd(ended.values()).filter(({ state }) => state === 'succeeded'),
        ...inOrder(active.values()).filter(({ state }) => state !== 'queued'),
      ]),
  },
  {
    pattern: '/host/tickets/deadletter.snapshot',
    summary: 'One `host-ticket-result/v1` line per ticket that failed or expired, in the order of their ends.',
    boundBytes: RESULTS_BYTES_MAX,
    render: ({ ended }) => resultsText(inOrderOfEnd(ended.values()).filter(({ state }) => state !== 'succeeded')),
  },
  {
    pattern: '/proc/host-tickets/summary',
    summary:
      '`host-tickets queued= claimed= running= max= ended=` (now), then `total= succeeded= failed= expired= duplicates=` (so far).',
    boundBytes: 320,
    render: ({ active, ended, count }, _params, state) => {
      const now = (is: ActiveTicket['state']) => [...active.values()].filter((ticket) => ticket.state === is).length;
      const { active_max: max } = manifestIn(state).host_tickets;
      const { queued, succeeded, failed, expired, duplicates } = count;
      return `host-tickets queued=${now('queued')} claimed=${now('claimed')} running=${now('running')} max=${max} ended=${ended.size} total=${queued} succeeded=${succeeded} failed=${failed} expired=${expired} duplicates=${duplicates}\n`;
    },
  },
  {
    pattern: '/proc/host-tickets/active',
    summary:
      'One line per ticket that has not ended, oldest first: `id= action= state= attempts= fence= by= claim_expires_ms= expires_ms= entry= [source= target=]`.',
    boundBytes: RESULTS_BYTES_MAX,
    render: ({ active }) => inOrder(active.values()).map(activeText).join(''),
  },
];

function activeText({ key, id, action, state, attempts, claim, expiresAt, entry }: ActiveTicket): string {
  const [, source, target] = key.split(' ');
  const hives = source === undefined ? '' : ` source=${source} target=${target}`;
  const held =
    claim === null
      ? 'fence=none by=none claim_expires_ms=none'
      : `fence=${claim.fence} by=${logField(claim.by.subject)} claim_expires_ms=${claim.expiresAt}`;
  return `id=${id} action=${action} state=${state} attempts=${attempts} ${held} expires_ms=${expiresAt ?? 'none'} entry=${entry}${hives}\n`;
}

function resultsText(tickets: readonly (ActiveTicket | EndedTicket)[]): string {
  return tickets.map((ticket) => `${JSON.stringify(resultOf(ticket))}\n`).join('');
}

/** The fields in the order of contracts-1 5.10; `undefined` ones do not print. */
function resultOf(ticket: ActiveTicket | EndedTicket): object {
  const { id, idempotencyKey, action, state, message } = ticket;
  const { source_hive, target_hive, relay_hop, relay_correlation_id } = wayOf(ticket);
  return {
    schema: 'host-ticket-result/v1',
    id,
    idempotency_key: idempotencyKey,
    action,
    state,
    message: message ?? undefined,
    source_hive,
    target_hive,
    relay_hop,
    relay_correlation_id,
  };
}

function wayOf({ line }: Request): Way {
  const parsed = parseJson(line);
  return parsed.ok ? (parsed.value as Way) : {};
}
