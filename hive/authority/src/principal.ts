// Who acts, and when two that act are one person.

import type { Principal } from './types.ts';

/** The role of the hive itself; no ticket has it. */
export const SYSTEM_ROLE = 'system';

/** The hive itself: writes `/sys/...`, is under no policy and has no ticket. */
export const SYSTEM: Principal = {
  subject: 'hive',
  role: SYSTEM_ROLE,
  ticket: 'none',
  ticketIds: [],
  session: 'system',
};

/** What is kept of a principal in state and in records: no session, no ticket, only its fingerprint and ids. */
export interface Party {
  readonly subject: string;
  readonly role: string;
  readonly ticket: string;
  readonly ticketIds: readonly string[];
}

/** The lasting part of a principal. */
export function partyOf(who: Principal): Party {
  return { subject: who.subject, role: who.role, ticket: who.ticket, ticketIds: [...who.ticketIds] };
}

/**
 * Whether two parties certainly are two persons: another subject and another root ticket. An attenuated ticket has
 * the root id of the ticket it was made from; a party without ticket ids has no root and differs from nobody.
 */
export function areTwoPersons(left: Party, right: Party): boolean {
  const [leftRoot] = left.ticketIds;
  const [rightRoot] = right.ticketIds;
  return left.subject !== right.subject && leftRoot !== undefined && rightRoot !== undefined && leftRoot !== rightRoot;
}

/** Whether two parties certainly are the same person: same subject and same root ticket. */
export function isSamePerson(left: Party, right: Party): boolean {
  return left.subject === right.subject && left.ticketIds[0] !== undefined && left.ticketIds[0] === right.ticketIds[0];
}
