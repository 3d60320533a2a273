// `/host/ctl`: who publishes which host, what it has, and what became of its orders. One publisher a host: a second one with
// another root ticket is refused until the first is released, and each declaration has a fence, so that what is left of an earlier
// one of the same publisher is told apart.
//
// Writers are queens, as for host tickets; the ticket of a publisher has role queen and the scopes `/host/ctl:rw`, `/host/<host>:rw`.

import { HOST_PATTERN, MEMBER_PATTERN } from '@cohesix/manifest';
import Type, { type Static, type TArray, type TOptional, type TString } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Control, Decision, ParsedCommand, Rejection, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { type HostsSlice, hostsChange, type Members } from './host.ts';
import { MEMBER_KINDS, type MemberKind, PROVIDERS } from './providers.ts';
import { HOST_CTL, hostNameProblem, hostOf, isPublisher, showsProvider } from './queries.ts';
import { decideResult, type ResultLine } from './results.ts';

const host = Type.String({ pattern: HOST_PATTERN, description: 'Name of the host.' });

/** Most names that any manifest allows. */
const NAMES_MAX = 256;

function names(what: string): TOptional<TArray<TString>> {
  const name = Type.String({ pattern: MEMBER_PATTERN });
  const description = `Its ${what}; without the list they stay as they are.`;
  return Type.Optional(Type.Array(name, { maxItems: NAMES_MAX, description }));
}

const declareLine = Type.Object(
  {
    op: Type.Literal('declare'),
    host,
    units: names('units of systemd'),
    nodes: names('nodes of Kubernetes'),
    gpus: names('GPUs'),
    interfaces: names('network interfaces'),
  },
  { additionalProperties: false, description: 'Publishes a host from now on; says what it has.' },
);

const releaseLine = Type.Object(
  {
    op: Type.Literal('release'),
    host,
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Why; in the log.' })),
  },
  { additionalProperties: false, description: 'Publishes it no more, or takes it from who does.' },
);

const resultLine = Type.Object(
  {
    op: Type.Literal('result'),
    host,
    order: Type.String({ pattern: '^o[0-9]{1,16}$', description: 'Id of the order.' }),
    fence: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Fence of the declaration; an earlier one is `stale`.',
    }),
    state: Type.Union([Type.Literal('taken'), Type.Literal('done'), Type.Literal('failed')]),
    message: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'For people.' })),
  },
  { additionalProperties: false, description: 'Takes up an order of a host, or says what became of it.' },
);

type DeclareLine = Static<typeof declareLine>;
type ReleaseLine = Static<typeof releaseLine>;
type CtlLine = DeclareLine | ReleaseLine | ResultLine;

/** Longest line: as many of the longest names as fit beside the change they make into a journal record. */
const CTL_BYTES_MAX = 8192;

const control: Control<HostsSlice, CtlLine> = {
  pattern: HOST_CTL,
  summary:
    'Declares and releases hosts, and says what became of orders. A ticket for a publisher: role queen, scopes `/host/ctl:rw` and `/host/<host>:rw`.',
  schema: Type.Union([declareLine, releaseLine, resultLine]),
  writers: ['queen', 'system'],
  // Beginning is publishing; the word about what was done, and the end, are never refused.
  gate: (line) =>
    line.op === 'declare' || (line.op === 'result' && line.state === 'taken') ? 'host-publish' : undefined,
  lineBytesMax: CTL_BYTES_MAX,
  examples: [
    '{"op":"declare","host":"web-1","units":["nginx.service","ssh.service"],"gpus":["0"],"interfaces":["eth0"]}',
    '{"op":"release","host":"web-1","reason":"moved"}',
    '{"op":"result","host":"web-1","order":"o12","fence":1,"state":"taken"}',
    '{"op":"result","host":"web-1","order":"o12","fence":1,"state":"done","message":"active"}',
  ],
  decide(slice, command, state) {
    const { value } = command;
    if (!manifestIn(state).host.enabled) return reject('invalid-path', 'This hive shows no hosts (host.enabled).');
    if (value.op === 'declare') return decideDeclare(slice, { ...command, value }, state);
    if (value.op === 'release') return decideRelease(slice, { ...command, value });
    return decideResult(slice, { ...command, value }, state);
  },
};

/** The control file. */
export const hostCtl: Control<HostsSlice, never> = control;

function decideDeclare(
  slice: Readonly<HostsSlice>,
  { value, at, who }: ParsedCommand<DeclareLine>,
  state: Readonly<State>,
): Decision {
  const { host: name } = value;
  const before = slice.hosts.get(name);
  if (before !== undefined && !isPublisher(before, who) && !isRevoked(state, before.publisher.ticketIds))
    return reject(
      'busy',
      `${before.publisher.subject} publishes host ${name}, under fence ${before.fence}; it must be released first.`,
    );
  const { hosts_max: max } = manifestIn(state).host;
  if (before === undefined && slice.hosts.size >= max)
    return reject('buffer-full', `${max} hosts are published; release one.`);
  const problem = nameProblem(name) ?? listsProblem(value, state);
  if (problem !== undefined) return problem;
  const members = membersOf(value, state);
  const count = MEMBER_KINDS.reduce((sum, kind) => sum + members[kind].length, 0);
  const { members_max: most } = manifestIn(state).host;
  if (count > most) return reject('limit', `Host ${name} would have ${count} names; host.members_max is ${most}.`);
  const { nextFence: fence } = slice;
  return accept({
    changes: [
      hostsChange({ kind: 'declare', record: { host: name, publisher: partyOf(who), fence, since: at, members } }),
    ],
    effects: [{ kind: 'host.changed', host: name }],
    log: [`host declared host=${name} fence=${fence} by=${logField(who.subject)} names=${count}`],
    reply: { host: name, fence },
  });
}

function nameProblem(name: string): Rejection | undefined {
  const problem = hostNameProblem(name);
  return problem === undefined ? undefined : reject('invalid-payload', `$.host: ${JSON.stringify(name)} ${problem}`);
}

/** Why the lists of a line are not taken: a provider that is off, or a name twice. */
function listsProblem(value: DeclareLine, state: Readonly<State>): Rejection | undefined {
  for (const { members: kind, provider } of PROVIDERS) {
    const list = kind === undefined ? undefined : value[kind];
    if (list === undefined) continue;
    if (list.length > 0 && !showsProvider(manifestIn(state), provider))
      return reject('unsupported', `$.${kind}: host.providers of this hive has no ${provider}.`);
    const twice = list.find((one, index) => list.indexOf(one) < index);
    if (twice !== undefined) return reject('invalid-payload', `$.${kind}: has ${twice} twice`);
  }
  return undefined;
}

function membersOf(value: DeclareLine, state: Readonly<State>): Members {
  const before = hostOf(state, value.host)?.members;
  const listed = (kind: MemberKind): readonly string[] => value[kind] ?? before?.[kind] ?? [];
  return { units: listed('units'), nodes: listed('nodes'), gpus: listed('gpus'), interfaces: listed('interfaces') };
}

/** Any queen whose ticket reaches this file may: a publisher that is gone releases nothing. The log says whose it was. */
function decideRelease(slice: Readonly<HostsSlice>, { value, at, who }: ParsedCommand<ReleaseLine>): Decision {
  const { host: name, reason } = value;
  const record = slice.hosts.get(name);
  if (record === undefined) return reject('not-found', `Nobody publishes host ${name}; see /proc/hosts/list.`);
  const why = reason === undefined ? '' : ` reason=${logField(reason)}`;
  const of = logField(record.publisher.subject);
  return accept({
    changes: [hostsChange({ kind: 'release', host: name, at })],
    effects: [{ kind: 'host.changed', host: name }],
    log: [`host released host=${name} fence=${record.fence} of=${of} by=${logField(who.subject)}${why}`],
    reply: { host: name },
  });
}
