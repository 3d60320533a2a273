// What a refusal says of the session itself, and in which words the page tells it.

import type { Refusal, RefusalCode } from '@cohesix/wire';

/** Answers to an attach after which asking again with the same ticket is of no use. */
const FOR_GOOD: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'denied',
  'unauthenticated',
  'invalid-claims',
  'invalid-role',
  'revoked',
  'expired',
  'too-big',
  'not-found',
]);
/** Answers to anything that say that the ticket is not good any more. */
const TICKET_OVER: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['revoked', 'expired', 'unauthenticated']);
/** Answers that say nothing of what was asked: the connection is over, or nobody answers on it. */
const CONNECTION_OVER: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'unreachable',
  'closed',
  'timeout',
  'cancelled',
  'invalid-frame',
]);

/** Whether an attach was refused for good. */
export function isForGood({ code }: Refusal): boolean {
  return FOR_GOOD.has(code);
}

/** Whether the ticket has ended. */
export function isTicketOver({ code }: Refusal): boolean {
  return TICKET_OVER.has(code);
}

/** Whether nobody knows what the hive did, or would have done, with the request. */
export function isUnanswered({ code }: Refusal): boolean {
  return CONNECTION_OVER.has(code);
}

const WORDS: Partial<Record<RefusalCode, string>> = {
  denied:
    'This hive does not take the ticket with this role and subject: it may be of another hive, or damaged. Get a link for this one with coh ui.',
  'invalid-claims': 'That is no ticket, or a damaged one. Paste the whole text of a ticket file.',
  unauthenticated: 'The hive wants a ticket. Get a link with coh ui.',
  'invalid-role': 'The hive has no such role. coh ticket inspect says which one a ticket has.',
  'too-big': 'That is too long for a ticket.',
  'not-found':
    'The worker that the ticket is of does not live, or not any more. Sign in with another ticket: coh ui makes a link.',
  revoked: 'The ticket was revoked. Ask for another one; coh ui makes a link for it.',
  expired: 'The ticket is not valid at this time: it has ended, or has not begun. Get another link with coh ui.',
};

/** Why nobody is signed in, and what to do. */
export function whyOut(refusal: Refusal): string {
  return WORDS[refusal.code] ?? refusal.detail;
}

/** Whose eyes a session has, in words: the role, and who it is when that says more. */
export function whoText({ role, subject }: { readonly role: string; readonly subject: string | undefined }): string {
  return subject === undefined || subject === role ? role : `${role} ${subject}`;
}
