// Open sessions by what may end many at once: a ticket that is revoked, a worker that ends. Looking for them among all would
// cost a walk over ten thousand sessions for each of ten thousand workers.

import type { Principal } from '@cohesix/authority';
import type { Session } from './session.ts';

export class SessionIndex {
  readonly #byTicket = new Map<string, Set<Session>>();
  readonly #byWorker = new Map<string, Set<Session>>();

  /** Adds a session that was opened. */
  add(session: Session): void {
    for (const id of session.principal.ticketIds) put(this.#byTicket, id, session);
    const worker = workerOf(session.principal);
    if (worker !== undefined) put(this.#byWorker, worker, session);
  }

  /** Takes away a session that was closed. */
  delete(session: Session): void {
    for (const id of session.principal.ticketIds) take(this.#byTicket, id, session);
    const worker = workerOf(session.principal);
    if (worker !== undefined) take(this.#byWorker, worker, session);
  }

  /** Sessions of a ticket and of those made from it, oldest first; a list of its own. */
  ofTicket(id: string): readonly Session[] {
    return [...(this.#byTicket.get(id) ?? [])];
  }

  /** Sessions that act as a worker, also with a narrowed ticket; oldest first, a list of its own. */
  ofWorker(worker: string): readonly Session[] {
    return [...(this.#byWorker.get(worker) ?? [])];
  }
}

/** Whom somebody with the role of a worker acts as: the root subject of the ticket, before what narrowing added. */
export function workerOf({ role, subject }: Pick<Principal, 'role' | 'subject'>): string | undefined {
  return role.startsWith('worker-') ? subject.split('/', 1)[0] : undefined;
}

function put(index: Map<string, Set<Session>>, key: string, session: Session): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([session]));
  else known.add(session);
}

function take(index: Map<string, Set<Session>>, key: string, session: Session): void {
  const known = index.get(key);
  known?.delete(session);
  if (known?.size === 0) index.delete(key);
}
