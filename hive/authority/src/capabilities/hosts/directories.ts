// Which directories there are below `/host`: the hosts, and of each host what it has; directly below `/host` what the default host has.

import type { Names } from '../../types.ts';
import type { HostsSlice } from './host.ts';
import { type MemberKind, PROVIDERS } from './providers.ts';
import { hostAt, hostNames, hostOf } from './queries.ts';

const hosts: Names<HostsSlice> = {
  pattern: '/host/:host',
  list: (_slice, _params, state) => hostNames(state),
  has: (_slice, name, _params, state) => hostOf(state, name) !== undefined,
};

/** The directories whose names come and go. */
export const hostDirectories: readonly Names<HostsSlice>[] = [
  hosts,
  ...PROVIDERS.flatMap(({ at, members }) =>
    members === undefined ? [] : [membersAt(`/host/:host/${at}`, members), membersAt(`/host/${at}`, members)],
  ),
];

function membersAt(pattern: string, kind: MemberKind): Names<HostsSlice> {
  return {
    pattern,
    list: (_slice, params, state) => hostAt(state, params)?.members[kind] ?? [],
    has: (_slice, name, params, state) => hostAt(state, params)?.members[kind].includes(name) ?? false,
  };
}
