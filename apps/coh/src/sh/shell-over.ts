// A shell over sessions, live or replayed.

import { createShell, type HiveClient, type Shell } from '@cohesix/client';
import { type Result, refuse } from '@cohesix/wire';

/** Makes a session with a ticket that was typed. */
export type Attach = (role: string, ticket: string) => Promise<Result<HiveClient>>;

/**
 * The shell of the first of `opened`; the second, if there is one, approves. `attach` makes the sessions of the shell's
 * own verb; they are added to `opened`, so that the caller closes all.
 */
export function shellOver(opened: HiveClient[], attach: Attach): Shell {
  const [client, approver] = opened;
  return createShell({
    ...(client === undefined ? {} : { client }),
    ...(approver === undefined ? {} : { approver }),
    connect: async (role, ticket) => {
      if (ticket === undefined) return refuse('unauthenticated', 'A ticket is needed behind the role.');
      const session = await attach(role, ticket);
      if (session.ok) opened.push(session.value);
      return session;
    },
  });
}
