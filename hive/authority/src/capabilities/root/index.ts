// The root of authority: `/proc/root/{reachable,cut_reason}` (contracts-1 4.3 "Root rules", m21e). Only NineDoor knows of
// sessions; through the hive it says here when the first of a queen begins after a boot or a cut, when the last is cut off
// and how, and when a queen is turned away meanwhile. One line for each turn of events: sessions that begin and end in
// order while the hive is held cost no record.
//
// Reachable: a queen attached since the last boot and nobody was cut off after her. An attach clears everything.

import { unreachable } from '@cohesix/check';
import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import type { Capability, Control, Decision, ParsedCommand, View } from '../../types.ts';
import { CUTS, cutReason, ROOT_PATH, type RootChange, type RootSlice, rootChange } from './queries.ts';

const closed = { additionalProperties: false } as const;
const nothing = Type.Object({}, closed);

const rootLine = Type.Union([
  Type.Object({ active: nothing }, { ...closed, description: 'A queen attached: the first since the boot or a cut.' }),
  Type.Object(
    {
      ended: Type.Object(
        {
          how: Type.Union(
            CUTS.map((how) => Type.Literal(how)),
            { description: 'An end in order is no cut and is not written.' },
          ),
        },
        closed,
      ),
    },
    { ...closed, description: 'The last session of a queen was cut off.' },
  ),
  Type.Object(
    { refused: nothing },
    { ...closed, description: 'The attach of a queen was refused while the hive is cut; written once.' },
  ),
]);

type RootLine = Static<typeof rootLine>;

const control: Control<RootSlice, RootLine> = {
  pattern: ROOT_PATH,
  summary: "The hive's word about its queens: one attached, the last was cut off, one was turned away.",
  schema: rootLine,
  writers: ['system'],
  examples: ['{"active":{}}', '{"ended":{"how":"eof"}}', '{"refused":{}}'],
  decide: decideRoot,
};

function decideRoot(slice: Readonly<RootSlice>, { value }: ParsedCommand<RootLine>): Decision {
  if ('active' in value) {
    if (slice.isRooted) return reject('invalid-transition', 'A queen holds the hive already.');
    return accepted({ kind: 'active' }, 'root reachable');
  }
  if ('refused' in value) {
    if (slice.isRooted)
      return reject('invalid-transition', 'A queen holds the hive; one that is refused cuts nothing.');
    if (slice.isRefused) return reject('invalid-transition', 'That a queen was refused is noted already.');
    return accepted({ kind: 'refused' }, 'root refused');
  }
  if (!slice.isRooted) return reject('invalid-transition', 'No queen holds the hive; there is nothing to cut.');
  const { how } = value.ended;
  return accepted({ kind: 'ended', how }, `root cut how=${how}`);
}

function accepted(change: RootChange, line: string): Decision {
  return accept({ changes: [rootChange(change)], log: [line] });
}

function evolve(slice: RootSlice, change: RootChange): void {
  switch (change.kind) {
    case 'boot':
      Object.assign(slice, { isRooted: false, isRevoked: false, isRefused: false });
      return;
    case 'active':
      Object.assign(slice, { isRooted: true, isRevoked: false, isRefused: false });
      return;
    case 'ended':
      slice.isRooted = false;
      slice.isRevoked = change.how === 'revoked';
      return;
    case 'refused':
      slice.isRefused = true;
      return;
    default:
      unreachable(change);
  }
}

const views: readonly View<RootSlice>[] = [
  {
    pattern: '/proc/root/reachable',
    summary: '`reachable=yes|no`: whether a queen holds this hive; while not, workers cannot act.',
    boundBytes: 32,
    render: (_slice, _params, state) => `reachable=${cutReason(state) === 'none' ? 'yes' : 'no'}\n`,
  },
  {
    pattern: '/proc/root/cut_reason',
    summary:
      '`cut_reason=<none|network_unreachable|session_revoked|policy_denied|lifecycle_offline>`: the gravest, while not reachable.',
    boundBytes: 64,
    render: (_slice, _params, state) => `cut_reason=${cutReason(state)}\n`,
  },
];

function invariants({ isRooted, isRevoked, isRefused }: Readonly<RootSlice>): string[] {
  return isRooted && (isRevoked || isRefused) ? ['root: held by a queen, and cut'] : [];
}

/** The root of authority: `/sys/root/ctl`, `/proc/root/{reachable,cut_reason}`. */
export const rootCapability: Capability<RootSlice> = {
  name: 'root',
  controls: [control],
  views,
  names: [],
  initial: () => ({ isRooted: false, isRevoked: false, isRefused: false }),
  evolve,
  invariants,
};
