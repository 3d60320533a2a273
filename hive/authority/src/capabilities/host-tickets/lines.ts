// What the lines of host tickets have in common (contracts-1, 5.10), with `writer_epoch` (the source's later addition) as an
// optional field.

import Type, { type TInteger, type TOptional, type TString } from 'typebox';

/** Longest line, bytes. */
export const TICKET_BYTES_MAX = 2048;

/** A token of the source: `[A-Za-z0-9._:-]`, at most 128. */
function token(description: string): TString {
  return Type.String({ pattern: '^[A-Za-z0-9._:-]{1,128}$', description });
}

/** The fields that name a ticket. */
interface IdentityFields {
  readonly id: TString;
  readonly idempotency_key: TString;
  readonly action: TString;
}

/** Schemas of the fields that name a ticket. */
export const identity: IdentityFields = {
  id: token('Name of the ticket.'),
  idempotency_key: token('The same for every repeat of the request.'),
  action: token('What to do; one of `host_tickets.actions`.'),
};

/** The fields that say how a line came. */
interface WayFields {
  readonly source_hive: TOptional<TString>;
  readonly target_hive: TOptional<TString>;
  readonly relay_hop: TOptional<TInteger>;
  readonly relay_correlation_id: TOptional<TString>;
  readonly writer_epoch: TOptional<TInteger>;
}

/** Schemas of the fields that say how a line came. */
export const way: WayFields = {
  source_hive: Type.Optional(token('Hive that asks; with `target_hive` or not at all.')),
  target_hive: Type.Optional(token('Hive that is asked; with `source_hive` or not at all.')),
  relay_hop: Type.Optional(Type.Integer({ minimum: 1, maximum: 32, description: 'Hives it came through.' })),
  relay_correlation_id: Type.Optional(token('What the relays call it.')),
  writer_epoch: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Writer epoch it is meant for; another one is `stale`.',
    }),
  ),
};

/** How a line came, as it says. */
export interface Way {
  readonly source_hive?: string;
  readonly target_hive?: string;
  readonly relay_hop?: number;
  readonly relay_correlation_id?: string;
  readonly writer_epoch?: number;
}

/** What is wrong with the hives a line names; undefined when it names both or neither. */
export function hivesProblem(line: Way): string | undefined {
  if ((line.source_hive === undefined) === (line.target_hive === undefined)) return undefined;
  const missing = line.source_hive === undefined ? 'source_hive' : 'target_hive';
  return `$.${missing}: missing; a ticket between hives names both`;
}
