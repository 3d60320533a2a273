// Tickets that no longer count. Revoking one closes its sessions (an effect), voids its queued decisions, shuts its export
// windows, ends the host tickets and jobs that it queued and nobody has begun, and the leases it was granted. It does not kill
// workers that were spawned with it: killing is a decision of its own (`/queen/ctl`).
//
// A revocation with the expiry of its ticket is forgotten once the ticket has expired anyway.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { compareText } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import type { Capability, Change, Control, Decision, ParsedCommand, State, View } from '../../types.ts';
import { voidWindows } from '../export/queries.ts';
import { voidHostTickets } from '../host-tickets/queries.ts';
import { voidLeases } from '../leases/queries.ts';
import { policyChange } from '../policy/action.ts';
import { voidJobs } from '../schedule/queries.ts';
import type { Revocation, SessionsSlice } from './queries.ts';
import { sessionCtl } from './session-ctl.ts';

/** Revocations kept at most; one more is refused (`buffer-full`) until one is forgotten. */
export const REVOKED_MAX = 4096;

/** Revocations forgotten by one command: its outcome must fit into a journal record. */
const FORGOTTEN_MAX = 256;

const REASON_DEFAULT = 'revoked by queen';

const revokeLine = Type.Object(
  {
    revoke: Type.Object(
      {
        id: Type.String({ pattern: '^[0-9a-f]{16,64}$', description: 'Ticket id, lower-case hex.' }),
        reason: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 128,
            description: 'Kept with the revocation, for whoever reads the list.',
          }),
        ),
        expires_ms: Type.Optional(
          Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Expiry of the ticket, ms.' }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

type SessionsChange =
  | { readonly kind: 'revoke'; readonly id: string; readonly revocation: Revocation }
  | { readonly kind: 'forget'; readonly id: string };

const ticketCtl: Control<SessionsSlice, Static<typeof revokeLine>> = {
  pattern: '/queen/ticket/ctl',
  summary: 'Revokes a ticket and all made from it; closes their sessions, kills no workers.',
  schema: revokeLine,
  writers: ['queen', 'system'],
  examples: [
    '{"revoke":{"id":"00112233445566778899aabbccddeeff","reason":"laptop lost"}}',
    '{"revoke":{"id":"00112233445566778899aabbccddeeff","expires_ms":1790000000000}}',
  ],
  decide: decideRevoke,
};

function decideRevoke(
  slice: Readonly<SessionsSlice>,
  command: ParsedCommand<Static<typeof revokeLine>>,
  state: Readonly<State>,
): Decision {
  const { id, reason = REASON_DEFAULT, expires_ms: expiresAt = null } = command.value.revoke;
  const gone = expired(slice, command.at);
  const known = gone.includes(id) ? undefined : slice.revoked.get(id);
  if (known !== undefined && !isLater(expiresAt, known.expiresAt))
    return reject('exists', `Ticket ${id} is revoked already.`);
  if (expiresAt !== null && expiresAt <= command.at)
    return reject('stale', `Ticket ${id} has expired; nothing to revoke.`);
  if (known === undefined && slice.revoked.size - gone.length >= REVOKED_MAX)
    return reject('buffer-full', `${REVOKED_MAX} revocations are kept.`);
  const revocation = { at: command.at, entry: command.seq, by: command.who.subject, reason, expiresAt };
  return accept({
    changes: [
      ...gone.map(forget),
      { capability: 'sessions', change: { kind: 'revoke', id, revocation } },
      policyChange({ kind: 'void', ticketId: id, at: command.at }),
      voidWindows(id),
      voidHostTickets(state, { ticketId: id, at: command.at }),
      voidLeases(state, { ticketId: id, at: command.at }),
      voidJobs(state, { ticketId: id, at: command.at }),
    ],
    effects: [{ kind: 'sessions.close', ticketId: id, reason, entry: command.seq }],
    log: [`ticket revoked id=${id} by=${logField(command.who.subject)} reason=${logField(reason)}`],
    reply: { id },
  });
}

/** Whether a revocation until `expiresAt` outlasts one until `known`; null is for ever. */
function isLater(expiresAt: number | null, known: number | null): boolean {
  return known !== null && (expiresAt === null || expiresAt > known);
}

function expired({ revoked }: Readonly<SessionsSlice>, at: number): string[] {
  return [...revoked]
    .filter(([, { expiresAt }]) => expiresAt !== null && expiresAt <= at)
    .map(([id]) => id)
    .sort(compareText)
    .slice(0, FORGOTTEN_MAX);
}

function forget(id: string): Change {
  return { capability: 'sessions', change: { kind: 'forget', id } };
}

const revokedView: View<SessionsSlice> = {
  pattern: '/proc/tickets/revoked',
  summary: 'One line per revoked ticket, oldest first: `id= entry= at_ms= expires_ms= by= reason=`.',
  boundBytes: 32_768,
  render: ({ revoked }) =>
    [...revoked]
      .sort(([, left], [, right]) => left.entry - right.entry)
      .map(([id, item]) => revokedText(id, item))
      .join(''),
};

function revokedText(id: string, item: Revocation): string {
  const expires = item.expiresAt ?? 'none';
  const by = logField(item.by);
  return `id=${id} entry=${item.entry} at_ms=${item.at} expires_ms=${expires} by=${by} reason=${logField(item.reason)}\n`;
}

/** Revocation and ends of sessions: `/queen/ticket/ctl`, `/queen/session/ctl`, `/proc/tickets/revoked`. */
export const sessionsCapability: Capability<SessionsSlice> = {
  name: 'sessions',
  controls: [ticketCtl, sessionCtl],
  views: [revokedView],
  names: [],
  initial: () => ({ revoked: new Map() }),
  evolve({ revoked }, change: SessionsChange) {
    if (change.kind === 'revoke') revoked.set(change.id, change.revocation);
    else revoked.delete(change.id);
  },
  invariants: ({ revoked }) => (revoked.size <= REVOKED_MAX ? [] : [`sessions: ${revoked.size} revocations kept`]),
  deadline({ revoked }) {
    let earliest: number | undefined;
    for (const { expiresAt } of revoked.values()) {
      if (expiresAt !== null && (earliest === undefined || expiresAt < earliest)) earliest = expiresAt;
    }
    return earliest;
  },
  tick: (slice, { at }) => accept({ changes: expired(slice, at).map(forget) }),
};
