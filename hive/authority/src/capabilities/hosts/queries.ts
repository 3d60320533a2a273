// What others may ask of the hosts: which there are, what they have, who may speak for them, and which paths are one file.

import { HOST_PROVIDERS, type HostProvider, type Manifest, RESERVED_HOSTS } from '@cohesix/manifest';
import type { RefusalCode } from '@cohesix/wire';
import { sliceOf } from '../../kernel/slice.ts';
import type { Principal, State } from '../../types.ts';
import { isRevoked } from '../sessions/queries.ts';
import { manifestIn } from '../settings/queries.ts';
import { type HostRecord, type HostsSlice, inOrder, type Members } from './host.ts';
import { otherPath, type ProviderFiles } from './providers.ts';
import { orderLine } from './views.ts';

/** Path of the control file of hosts. */
export const HOST_CTL = '/host/ctl';

/** A host as everybody sees it. */
export interface HostView {
  readonly host: string;
  readonly members: Members;
  /** Undefined: nobody publishes it. */
  readonly record: HostRecord | undefined;
}

/** The hosts there are, by name: those that are published, and the default one. */
export function hostNames(state: Readonly<State>): readonly string[] {
  const { enabled, default_host: own } = manifestIn(state).host;
  if (!enabled) return [];
  const names = [...hostsSlice(state).hosts.keys()].filter((name) => name !== own);
  return own === '' ? names : [own, ...names];
}

/** A host, or undefined when there is none of that name. */
export function hostOf(state: Readonly<State>, host: string): HostView | undefined {
  const { enabled, default_host: own, units, nodes, gpus } = manifestIn(state).host;
  if (!enabled) return undefined;
  const record = hostsSlice(state).hosts.get(host);
  if (record !== undefined) return { host, members: record.members, record };
  return host === own && own !== '' ? { host, members: { units, nodes, gpus, interfaces: [] }, record } : undefined;
}

/** The host that `/host/systemd` and the like lead to; undefined when no host is the only one. */
export function defaultHost(state: Readonly<State>): string | undefined {
  const { default_host: own } = manifestIn(state).host;
  if (own !== '') return own;
  const [only, other] = hostNames(state);
  return other === undefined ? only : undefined;
}

/** The host that a path is about: the one it names, or the default one. */
export function hostAt(state: Readonly<State>, { host }: Readonly<Record<string, string>>): HostView | undefined {
  const name = host ?? defaultHost(state);
  return name === undefined ? undefined : hostOf(state, name);
}

/** Whether a host has the thing that a path is about. */
export function hasMember(view: HostView, { members }: ProviderFiles, member: string | undefined): boolean {
  return members === undefined ? member === undefined : view.members[members].includes(member ?? '');
}

/** Whether this hive shows a provider. */
export function showsProvider({ host }: Pick<Manifest, 'host'>, provider: HostProvider): boolean {
  return host.enabled && host.providers.includes(provider);
}

/** Whether a file or directory of the authority is there in a hive with this manifest; only those of hosts may be missing. */
export function isHostFileShown(manifest: Pick<Manifest, 'host'>, pattern: string): boolean {
  const [, root, top, below] = pattern.split('/');
  if (root === 'proc') return top !== 'hosts' || manifest.host.enabled;
  if (root !== 'host' || top === 'tickets') return true;
  const name = top === ':host' ? below : top;
  const found = HOST_PROVIDERS.find((provider) => provider === name);
  return found === undefined ? manifest.host.enabled : showsProvider(manifest, found);
}

/** Why somebody may not speak for a host, if so; undefined when they may. Where nobody publishes, any queen may. */
export function publisherProblem(
  state: Readonly<State>,
  host: string,
  who: Principal,
): { readonly code: RefusalCode; readonly detail: string } | undefined {
  const record = hostsSlice(state).hosts.get(host);
  if (record === undefined || isPublisher(record, who)) return undefined;
  if (isRevoked(state, record.publisher.ticketIds)) return undefined;
  return { code: 'denied', detail: `${record.publisher.subject} publishes host ${host}, with another root ticket.` };
}

/** Whether a ticket is of the root that a host was declared with. */
export function isPublisher({ publisher }: HostRecord, { ticketIds }: Pick<Principal, 'ticketIds'>): boolean {
  return publisher.ticketIds[0] !== undefined && publisher.ticketIds[0] === ticketIds[0];
}

/**
 * The other path of a file below `/host`: a rule about one of the two is about the file. What a short path leads to may change, so
 * a rule about a short path is about that file of every host.
 */
export function otherHostPath(state: Readonly<State>, path: string): string | undefined {
  return path.startsWith('/host/') ? otherPath(path, defaultHost(state)) : undefined;
}

/** What is wrong with a name for a host, beside its letters; undefined when nothing is. */
export function hostNameProblem(host: string): string | undefined {
  return RESERVED_HOSTS.has(host) ? 'is a name of /host itself' : undefined;
}

/** The lines of the orders that nobody has taken up, oldest first, with their hosts and journal entries. */
export function openOrders(state: Readonly<State>): readonly { host: string; entry: number; line: string }[] {
  return inOrder(hostsSlice(state).orders.values())
    .filter(({ state: is }) => is === 'queued')
    .map((order) => ({ host: order.host, entry: order.entry, line: orderLine(order) }));
}

function hostsSlice(state: Readonly<State>): HostsSlice {
  return sliceOf<HostsSlice>(state, 'hosts');
}

export { type HostFile, hostFileOf, hostPath, PROVIDERS, type ProviderFiles } from './providers.ts';
