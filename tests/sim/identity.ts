// Who writes, and what became of it: the client's side of the story, to be compared with the journal's.

import { attenuate, type KeyRing, mint, type Scope, unverifiedTicket } from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import type { Random } from './random.ts';

/** What the client knows of an append. `unknown`: no answer, or one that leaves it open. */
export type Fate = 'acknowledged' | 'refused' | 'unknown';

/** One append as its client sent it. */
export interface Sent {
  readonly path: string;
  readonly text: string;
  /** Appends with one number were sent together, in no order; those with a higher one after all of these were answered. */
  readonly batch: number;
  fate: Fate;
}

/** A holder of one ticket. */
export interface Identity {
  readonly name: string;
  readonly token: string;
  /** As records name it. */
  readonly fingerprint: string;
  /** Ids of the ticket and of those it was made from, root first. */
  readonly ids: readonly string[];
  readonly sent: Sent[];
}

/** What a new ticket says. */
export interface Wanted {
  readonly name: string;
  readonly scopes?: readonly Scope[];
  /** First moment at which it is not valid any more, ms; 0 for never. */
  readonly expiresMs?: number;
}

/** Makes a ticket of role queen. */
export function identity(random: Random, keys: KeyRing, { name, scopes, expiresMs = 0 }: Wanted): Identity {
  const key = keys.keys.get(keys.activeId);
  if (key === undefined) throw new Error('a key ring without its key');
  const claims = { id: random.bytes(16), audience: 'sim', role: 'queen', subject: name, expiresMs } as const;
  const token = mint(nodeTicketCrypto, key, scopes === undefined ? claims : { ...claims, scopes });
  if (!token.ok) throw new Error(token.refusal.detail);
  return withToken(name, token.value);
}

/** Makes a narrower ticket out of one, as its holder can. */
export function childOf(random: Random, parent: Identity, name: string): Identity {
  const token = attenuate(nodeTicketCrypto, parent.token, { nonce: random.bytes(16), subjectSuffix: name });
  if (!token.ok) throw new Error(token.refusal.detail);
  return withToken(`${parent.name}/${name}`, token.value);
}

function withToken(name: string, token: string): Identity {
  const facts = unverifiedTicket(nodeTicketCrypto, token);
  if (!facts.ok) throw new Error(facts.refusal.detail);
  return { name, token, fingerprint: facts.value.fingerprint, ids: facts.value.ids, sent: [] };
}
