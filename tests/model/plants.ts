// Authorities that are wrong on purpose, one defect each, of the kind that the models must find: a check that is skipped, a change
// that is forgotten, a number that is given twice. Made by lying to the real authority about its state or its line, or by losing a
// change, so that nothing of its code is here.

import type { Authority, Command, Outcome, State } from '@cohesix/authority';

/** A defect, and what a run must say about it. */
export interface Plant {
  readonly name: string;
  readonly says: RegExp;
  readonly wrap: (authority: Authority) => Authority;
}

const LEASES = '/queen/lease/ctl';
const SPEC = '/host/tickets/spec';
const STATUS = '/host/tickets/status';

type Fields = Readonly<Record<string, unknown>>;

/** A state with other fields in one slice. */
function lie(state: Readonly<State>, name: string, change: (slice: never) => Fields): Readonly<State> {
  const slice = state.get(name) as Fields;
  return new Map(state).set(name, { ...slice, ...change(slice as never) });
}

/** A map with other values. */
function mapped<T>(map: ReadonlyMap<string, T>, change: (item: T) => T): Map<string, T> {
  return new Map([...map].map(([key, item]) => [key, change(item)]));
}

/** Decides the lines of a file, or all, on a state that is not the true one. */
function deceived(
  path: string | undefined,
  liar: (state: Readonly<State>, command: Command) => Readonly<State>,
): Plant['wrap'] {
  return (authority) => ({
    ...authority,
    decide(state, command) {
      const isLied = path === undefined || path === command.path;
      return authority.decide(isLied ? liar(state, command) : state, command);
    },
  });
}

/** Decides other lines than were written. */
function misread(paths: readonly string[], other: (line: Fields, state: Readonly<State>) => Fields): Plant['wrap'] {
  return (authority) => ({
    ...authority,
    decide(state, command) {
      if (!paths.includes(command.path)) return authority.decide(state, command);
      return authority.decide(state, { ...command, line: JSON.stringify(other(parsed(command.line), state)) });
    },
  });
}

function parsed(line: string): Fields {
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return {};
  }
}

function without(line: Fields, name: string): Fields {
  const { [name]: _gone, ...rest } = line;
  return rest;
}

/** Applies what was decided, but for the changes of a kind. */
function forgetful(room: string, kind: string): Plant['wrap'] {
  return (authority) => ({
    ...authority,
    evolve: (state, command, outcome) => authority.evolve(state, command, thinned(outcome, room, kind)),
  });
}

function thinned(outcome: Outcome, room: string, kind: string): Outcome {
  if (!outcome.ok) return outcome;
  const changes = outcome.changes.filter((one) => one.capability !== room || (one.change as Fields).kind !== kind);
  return { ...outcome, changes };
}

/** After what was decided is applied, does one thing more to the host tickets for each change of a kind. */
function meddling(kind: string, meddle: (tickets: Tickets, key: string) => void): Plant['wrap'] {
  return (authority) => ({
    ...authority,
    evolve(state, command, outcome) {
      authority.evolve(state, command, outcome);
      for (const { capability, change } of outcome.ok ? outcome.changes : []) {
        const { kind: is, key } = change as { readonly kind: string; readonly key: string };
        if (capability === 'host-tickets' && is === kind) meddle(state.get('host-tickets') as Tickets, key);
      }
    },
  });
}

interface Tickets {
  readonly active: Map<string, Fields>;
  readonly ended: Map<string, Fields>;
}

interface Leases {
  readonly active: ReadonlyMap<string, { readonly expiresAt: number | null }>;
  readonly nextFence: number;
}

interface Actions {
  readonly actions: ReadonlyMap<string, Fields>;
}

/** Every defect that is planted. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'the fence of a lease line is not checked',
    says: /under the stale fence/,
    wrap: misread([LEASES], (line) => without(line, 'fence')),
  },
  {
    name: 'a lease is renewed although its time is up',
    says: /which was over/,
    wrap: deceived(LEASES, (state, { at }) =>
      lie(state, 'leases', ({ active }: Leases) => ({
        active: mapped(active, (lease) => ({
          ...lease,
          expiresAt: lease.expiresAt === null ? null : Math.max(lease.expiresAt, at + 1),
        })),
      })),
    ),
  },
  {
    name: 'a resource that is held counts as free',
    says: /double grant/,
    wrap: deceived(LEASES, (state) => lie(state, 'leases', () => ({ held: new Map() }))),
  },
  {
    name: 'a fence is given twice',
    says: /is not new/,
    wrap: deceived(LEASES, (state) =>
      lie(state, 'leases', ({ nextFence }: Leases) => ({ nextFence: Math.max(1, nextFence - 1) })),
    ),
  },
  {
    name: 'the end of a lease is lost',
    says: /is over at|still due|is of a job that is not there/,
    wrap: forgetful('leases', 'end'),
  },
  { name: 'an approval is not used up', says: /used twice|is not given back/, wrap: forgetful('policy', 'consume') },
  {
    name: 'an approval is good for every line of its file',
    says: /an approval of another line/,
    wrap: deceived('/queen/ctl', (state, { line }) =>
      lie(state, 'policy', ({ actions }: Actions) => ({ actions: mapped(actions, (action) => ({ ...action, line })) })),
    ),
  },
  {
    name: 'an approval has no end',
    says: /an approval that had expired/,
    wrap: deceived('/queen/ctl', (state, { at }) =>
      lie(state, 'policy', ({ actions }: Actions) => ({
        actions: mapped(actions, (action) => ({ ...action, expiresAt: at + 1 })),
      })),
    ),
  },
  {
    name: 'an approval is good for the file as it was',
    says: /an approval of the file as it was/,
    wrap: deceived(undefined, (state) =>
      lie(state, 'policy', ({ actions }: Actions) => ({
        actions: mapped(actions, (action) => ({ ...action, generation: null })),
      })),
    ),
  },
  {
    name: 'one approval is enough where two are asked for',
    says: /too few approved|what is no approval/,
    wrap: deceived(undefined, (state) =>
      lie(state, 'policy', ({ actions }: Actions) => ({
        actions: mapped(actions, (action) => {
          const approvedBy = action.approvedBy as readonly unknown[];
          const isHalf = action.state === 'requested' && approvedBy.length === 1;
          return isHalf ? { ...action, state: 'queued', approvedBy: [...approvedBy, ...approvedBy] } : action;
        }),
      })),
    ),
  },
  { name: 'a grant is not used up', says: /lets through what it is not for/, wrap: forgetful('policy', 'use') },
  { name: 'an approval that is given back is lost', says: /is lost/, wrap: forgetful('policy', 'refund') },
  {
    name: 'the epoch of a line is not checked',
    says: /of epoch/,
    wrap: deceived(SPEC, (state, { line }) =>
      lie(state, 'lifecycle', ({ epoch }: { readonly epoch: number }) => ({
        epoch: parsed(line).writer_epoch ?? epoch,
      })),
    ),
  },
  {
    name: 'receipts of an older start count',
    says: /stale receipt/,
    wrap: misread(['/sys/workers/ctl'], (line, state) => {
      const [[kind = '', receipt] = []] = Object.entries(line as Record<string, Fields>);
      const { workers } = state.get('workers') as { readonly workers: ReadonlyMap<string, Fields> };
      const { fence, epoch } = workers.get(String(receipt?.worker)) ?? {};
      return { [kind]: { ...receipt, fence, epoch } };
    }),
  },
  { name: 'intents are not remembered', says: /carried out twice|is refused/, wrap: forgetful('intents', 'know') },
  {
    name: 'somebody else takes a ticket that is claimed',
    says: /double claim/,
    wrap: deceived(STATUS, (state) =>
      lie(state, 'host-tickets', ({ active }: Tickets) => ({
        active: mapped(active, (one) => ({ ...one, claim: null })),
      })),
    ),
  },
  {
    name: 'a ticket whose claim ran out is lost',
    says: /is lost|host tickets are|did not end or wait/,
    wrap: meddling('requeue', ({ active }, key) => void active.delete(key)),
  },
  {
    name: 'a ticket that ended can be asked for again',
    says: /is resurrected|is lost/,
    wrap: meddling('end', ({ ended }, key) => void ended.delete(key)),
  },
  {
    name: 'a revoked ticket still writes',
    says: /a line of a revoked ticket/,
    wrap: deceived(LEASES, (state) => lie(state, 'sessions', () => ({ revoked: new Map() }))),
  },
];
