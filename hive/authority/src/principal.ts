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
 * Whether two parties certainly are two persons: another root subject and another root ticket. Whoever holds a ticket
 * can attenuate it under a name of their own, `<root subject>/<name>`, so what follows the first `/` makes nobody
 * another person. A party without ticket ids has no root and differs from nobody.
 */
export function areTwoPersons(left: Party, right: Party): boolean {
  const [leftRoot] = left.ticketIds;
  const [rightRoot] = right.ticketIds;
  if (leftRoot === undefined || rightRoot === undefined || leftRoot === rightRoot) return false;
  return rootSubjectOf(left) !== rootSubjectOf(right);
}

/** Whom the root ticket was made for; a root subject has no `/` (ticket grammar). */
function rootSubjectOf({ subject }: Party): string {
  return subject.split('/', 1)[0] ?? '';
}

/** Whether two parties certainly are one holder: same subject and same root ticket. */
export function isSamePerson(left: Party, right: Party): boolean {
  return left.subject === right.subject && left.ticketIds[0] !== undefined && left.ticketIds[0] === right.ticketIds[0];
}
