// Acts about approvals, intents and host tickets: lines about other lines, and lines that are sent again.

import type { Principal } from '@cohesix/authority';
import { ALICE, BOB, CAROL } from '../people.ts';
import { INTENTS } from '../reference/intents.ts';
import { POLICY_CTL } from '../reference/policy.ts';
import { type Act, act, type Deck, maybe, someKey, someone } from './act.ts';

const QUEUE = '/actions/queue';
const ACTIONS = ['x', 'y', 'z', 'v', 'w'];

/** Asks for, gives or denies the approval of a line that was refused lately, or answers a request. */
export function approval(deck: Deck): Act | undefined {
  const { random, reference, memory, at } = deck;
  const requests = [...reference.approvals.actions].filter(([, { kind }]) => kind === 'request');
  const open = random.chance(1, 8) ? requests : requests.filter(([, { until }]) => until > at);
  if (open.length > 0 && random.chance(1, 2)) {
    const [id, { entry, target }] = random.pick(open);
    return act(deck, QUEUE, {
      id,
      entry: random.chance(7, 8) ? entry : entry - 1,
      decision: verdict(deck),
      ...terms(deck, target),
    });
  }
  if (memory.wishes.length === 0) return undefined;
  const wish = (random.chance(1, 2) ? memory.wishes.at(-1) : undefined) ?? random.pick(memory.wishes);
  const line = { id: random.pick(ACTIONS), target: wish.path, line: wish.line, ...terms(deck, wish.path) };
  if (random.chance(1, 2)) return { ...act(deck, QUEUE, { ...line, decision: 'request' }), who: wish.who };
  return act(deck, QUEUE, { ...line, decision: verdict(deck) });
}

function verdict({ random }: Deck): string {
  return random.chance(5, 6) ? 'approve' : 'deny';
}

/** How long it holds, and for which newest line of the file; mostly neither. */
function terms({ random, reference }: Deck, path: string): object {
  const version = reference.approvals.version(path);
  const generation = random.chance(1, 3)
    ? { generation: random.chance(3, 4) ? version : Math.max(0, version - 1) }
    : {};
  return { ...maybe(random, { ttl_s: random.between(1, 9) }), ...generation };
}

/** Writes a line that has an approval, or wrote one before: the same person, or another. */
export function approved(deck: Deck): Act | undefined {
  const { random, reference, memory, at } = deck;
  const decided = [...reference.approvals.actions.values()].filter(({ kind }) => kind !== 'request');
  const fresh = decided.filter(({ usedBy, until }) => usedBy === undefined && until > at);
  const given = fresh.length > 0 && random.chance(3, 4) ? fresh : decided;
  if (given.length > 0 && random.chance(3, 4)) {
    const { target: path, line, askedBy } = random.pick(given);
    return { who: askedBy !== undefined && random.chance(3, 4) ? askedBy : someone(deck), path, line };
  }
  return memory.wishes.length === 0 ? undefined : random.pick(memory.wishes);
}

/** Carries a line for another file. */
export function intent(deck: Deck, inner: Act): Act {
  const { random, reference, step, at } = deck;
  const { epoch } = reference.scene;
  const target = inner.path === '/queen/ctl' ? {} : { target: inner.path };
  return act(deck, INTENTS, {
    schema: 'queen-intent/v1',
    id: `i${step}`,
    idempotency_key: random.pick(['k', 'l']),
    issued_unix_ms: at - random.below(3),
    ...maybe(random, { writer_epoch: Math.max(0, epoch + random.pick([0, 0, 0, -1, 1])) }),
    ...target,
    cmd: inner.line,
  });
}

/** Sends again what was accepted: the same bytes, by somebody else, or with one field changed. */
export function again(deck: Deck): Act | undefined {
  const { random, memory } = deck;
  if (memory.sent.length === 0) return undefined;
  const sent = random.pick(memory.sent);
  return random.weighted<() => Act>([
    [5, () => sent],
    [1, () => ({ ...sent, who: someone(deck) })],
    [1, () => ({ ...sent, line: JSON.stringify({ ...(JSON.parse(sent.line) as object), writer_epoch: 1 }) })],
  ])();
}

/** Files that rules are about. */
const RULED = ['/queen/ctl', '/queen/lease/ctl', '/queen/intents/ctl', '/queen/schedule/ctl', '/host/tickets/spec'];

/** Loads a document, makes one hold, or goes back to the rules of the manifest. */
export function policy(deck: Deck): Act {
  const { random, reference } = deck;
  const id = someKey(deck, reference.policy.documents);
  if (id === undefined || random.chance(1, 5)) return act(deck, POLICY_CTL, loadLine(deck));
  const back = random.pick(['manifest', id]);
  const line = random.chance(2, 3) ? { op: 'apply', id, sha256: HASH } : { op: 'rollback', id: back };
  return act(deck, POLICY_CTL, line);
}

/** A hash as the hive would have checked it; the authority takes any. */
const HASH = '0'.repeat(64);

function loadLine({ random, step, at }: Deck): object {
  const targets = RULED.filter(() => random.chance(1, 2));
  const rules = targets.map((target, index) => ({
    id: `r${index}`,
    target,
    effect: 'approve',
    approvals: random.between(1, 2),
  }));
  const grants = RULED.filter(() => random.chance(2, 3)).map((target, index) => ({
    id: `g${index}`,
    subject: random.pick(['alice', 'bob', 'carol']),
    target,
    uses: random.between(1, 4),
    expires_ms: at + random.pick([2000, 60_000, 600_000]),
  }));
  const who = { role: 'queen', subject: 'alice' };
  const tests = [
    { name: 't', who, path: '/queen/export/ctl', line: '{"op":"close","id":"w","reason":"r"}', expect: 'allow' },
  ];
  const document = { schema: 'cohesix-policy/v1', id: `d${step}`, version: step + 1, rules, grants, tests };
  return { op: 'load', document, sha256: HASH, signature: `— hive/policy ${'A'.repeat(91)}=` };
}

const SPEC = '/host/tickets/spec';
/** Few, so that tickets that ended are asked for again. */
const TICKETS = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7'];
const AGENTS: readonly Principal[] = [ALICE, BOB, CAROL];

function ticket(id: string): object {
  return { id, idempotency_key: 'k', action: 'docker.stop' };
}

/** Asks for an action. */
export function spec(deck: Deck): Act {
  const { random, reference, at } = deck;
  return act(deck, SPEC, {
    schema: 'host-ticket/v1',
    ...ticket(random.pick(TICKETS)),
    ...maybe(random, {
      expires_unix_ms: at + random.between(-500, 6000),
      writer_epoch: Math.max(0, reference.scene.epoch - random.below(2)),
      target: random.pick(['/host/a', '/host/b']),
    }),
  });
}

/** Takes a request back. */
export function cancel(deck: Deck): Act {
  const id = someKey(deck, deck.reference.hostTickets.tickets) ?? 't0';
  return act(deck, SPEC, { schema: 'host-ticket-cancel/v1', ...ticket(id), reason: 'test' });
}

/** Claims a ticket or reports on it: with its fence, with none, with one that is over. */
export function report(deck: Deck): Act {
  const { random, reference } = deck;
  const { tickets } = reference.hostTickets;
  const open = new Map([...tickets].filter(([, { forgetAt }]) => forgetAt === undefined));
  const id = someKey(deck, random.chance(4, 5) && open.size > 0 ? open : tickets) ?? 't0';
  const claim = tickets.get(id)?.claim;
  const state = random.weighted([
    [claim === undefined ? 6 : 1, 'claimed'],
    [2, 'running'],
    [2, 'succeeded'],
    [1, 'failed'],
    [1, 'expired'],
  ]);
  const fence = claim?.fence ?? 1;
  const fields = random.weighted<object>([
    [3, claim === undefined ? {} : { fence }],
    [2, {}],
    [1, { fence: Math.max(1, fence - random.between(1, 3)) }],
  ]);
  const holder = AGENTS.find(({ subject }) => subject === claim?.by);
  const who = holder !== undefined && random.chance(3, 4) ? holder : random.pick(AGENTS);
  const path = state === 'failed' || state === 'expired' ? '/host/tickets/deadletter' : '/host/tickets/status';
  const time = path.endsWith('status') ? maybe(random, { claim_ttl_s: random.between(1, 3) }) : {};
  const line = JSON.stringify({ schema: 'host-ticket-result/v1', ...ticket(id), state, ...fields, ...time });
  return { who, path, line };
}
