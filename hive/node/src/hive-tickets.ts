// The tickets of one hive: verified against its keys, its name and its revocations, and made for its own workers and
// for the two local users of the first start.

import { assert } from '@cohesix/check';
import type { Manifest } from '@cohesix/manifest';
import {
  activeKey,
  ID_BYTES,
  type KeyRing,
  limitsOfManifest,
  mint,
  type Role,
  type Scope,
  type VerifiedTicket,
  verify,
} from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';

/** What a new ticket says; no scopes: all that its role may do. */
export interface NewTicket {
  readonly role: Role;
  readonly subject: string;
  readonly scopes?: readonly Scope[];
}

/** What the local approver may do: read everything, decide about actions. */
export const APPROVER_SCOPES: readonly Scope[] = [
  { path: '/', verbs: 'read', ratePerS: 0 },
  { path: '/actions', verbs: 'both', ratePerS: 0 },
];

export class HiveTickets {
  readonly #manifest: Manifest;
  readonly #keys: KeyRing;
  readonly #randomBytes: (count: number) => Uint8Array;

  constructor(manifest: Manifest, keys: KeyRing, randomBytes: (count: number) => Uint8Array) {
    this.#manifest = manifest;
    this.#keys = keys;
    this.#randomBytes = randomBytes;
  }

  /** The hive id tickets are for. */
  get audience(): string {
    return this.#manifest.hive.audience;
  }

  /**
   * Verifies a token at `at`, the journal's time in ms: revocations are forgotten by that time, so a wall clock that went
   * back must not bring a forgotten ticket to life. `revoked` says whether a ticket id no longer counts.
   */
  verify(token: string, { at, revoked }: { at: number; revoked: (id: string) => boolean }): Result<VerifiedTicket> {
    return verify(nodeTicketCrypto, this.#keys, token, {
      audience: this.audience,
      nowMs: at,
      limits: limitsOfManifest(this.#manifest.tickets),
      revoked,
    });
  }

  /** Makes a ticket of this hive that never expires; it ends by revocation or with the keys. */
  mint(claims: NewTicket): string {
    const token = mint(nodeTicketCrypto, activeKey(this.#keys), {
      id: this.#randomBytes(ID_BYTES),
      audience: this.audience,
      ...claims,
    });
    assert(token.ok, 'the hive makes valid tickets');
    return token.value;
  }
}
