// `/host/<host>/…` of a running hive: status files that publishers append to, the stream of orders they follow, and how long ago
// each was heard. Which hosts there are and which orders wait is decided by the authority (`capabilities/hosts`).

import {
  checkGate,
  type HostView,
  hasMember,
  hostAt,
  hostFileOf,
  hostOf,
  hostPath,
  logField,
  openOrders,
  PROVIDERS,
  type ProviderFiles,
  publisherProblem,
  showsProvider,
} from '@cohesix/authority';
import { assert } from '@cohesix/check';
import type { NodeDefinition, Params, Session, StreamNode, ViewNode } from '@cohesix/ninedoor';
import { Ring } from '@cohesix/telemetry';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { streamTextProblem } from '../notes.ts';
import { HostDenials } from './denials.ts';
import { HostStreams } from './streams.ts';

const UTF8 = new TextEncoder();

/** Polls that a publisher may miss before what it said is called stale. */
const POLLS_MISSED_MAX = 3;

/** Orders that the stream of a host retains, bytes: several of the longest. */
const ORDERS_BYTES = 8192;

/** Nothing of hosts is on disk. */
export function openHostProviders({ manifest }: DataOptions): Promise<Result<OpenedStore>> {
  return Promise.resolve(ok((hive: DataHive) => (manifest.host.enabled ? hostPart(hive) : { nodes: [] })));
}

function hostPart(hive: DataHive): DataPart {
  const streams = new HostStreams(hive.manifest.host);
  const orders = new Orders();
  const denials = new HostDenials(hive.audit, hive.host.now);
  return {
    nodes: [
      { pattern: '/host/:host/status', file: statusView(hive, streams) },
      { pattern: '/host/:host/orders', file: ordersStream(hive, orders) },
      ...shownProviders(hive).flatMap((files) => providerNodes(hive, streams, files)),
    ],
    executors: {
      'host.order': (effect) => orders.give(effect as unknown as GivenOrder),
      'host.changed': () => {
        streams.forget((path) => !isThere(hive, path));
        orders.forget((host) => hostOf(hive.shown(), host) === undefined);
      },
    },
    turnedAway: (event) => denials.turnedAway(event),
    begin: () => {
      for (const order of openOrders(hive.shown())) orders.give(order);
    },
  };
}

interface GivenOrder {
  readonly host: string;
  readonly entry: number;
  readonly line: string;
}

/**
 * The streams of orders that publishers follow. Each order is told once: they come in the order of their entries. They are as many
 * as there are hosts, and no flood of status lines takes their memory.
 */
class Orders {
  readonly #rings = new Map<string, Ring>();
  #lastEntry = 0;

  /** The stream of a host that is there. */
  of(host: string): Ring {
    const known = this.#rings.get(host);
    if (known !== undefined) return known;
    const ring = new Ring({ capacity: ORDERS_BYTES });
    this.#rings.set(host, ring);
    return ring;
  }

  give({ host, entry, line }: GivenOrder): void {
    if (entry <= this.#lastEntry) return;
    this.#lastEntry = entry;
    const told = this.of(host).append(UTF8.encode(`${line}\n`));
    assert(told.ok, 'a line of an order fits into the stream of orders');
  }

  /** Forgets the streams of hosts that are gone. */
  forget(isGone: (host: string) => boolean): void {
    for (const host of this.#rings.keys()) if (isGone(host)) this.#rings.delete(host);
  }
}

/** Whether the status file at a path, which names its host, is still there. */
function isThere(hive: DataHive, path: string): boolean {
  const file = hostFileOf(path);
  const host = hostOf(hive.shown(), file?.host ?? '');
  return host !== undefined && file !== undefined && hasMember(host, file.files, file.member);
}

function shownProviders({ manifest }: DataHive): readonly ProviderFiles[] {
  return PROVIDERS.filter(({ provider }) => showsProvider(manifest, provider));
}

/** The files of a provider below a host and, the same ones, directly below `/host`. */
function providerNodes(hive: DataHive, streams: HostStreams, files: ProviderFiles): NodeDefinition[] {
  return ['/host/:host', '/host'].flatMap((root) =>
    files.streams.map((name) => ({
      pattern: `${root}/${files.at}/${name}`,
      file: statusStream(hive, streams, { files, name }),
    })),
  );
}

interface Status {
  readonly files: ProviderFiles;
  readonly name: string;
}

function statusStream(hive: DataHive, streams: HostStreams, { files, name }: Status): StreamNode {
  const member = parameterOf(files);
  /** Path of the file with its host; undefined when it is gone. */
  const pathOf = (params: Params): { host: string; path: string } | undefined => {
    const view = hostAt(hive.shown(), params);
    const given = member === undefined ? undefined : params[member];
    if (view === undefined || !hasMember(view, files, given)) return undefined;
    return { host: view.host, path: `${hostPath(view.host, files, given)}/${name}` };
  };
  return {
    kind: 'stream',
    ring: (params) => {
      const found = pathOf(params);
      return found === undefined ? undefined : streams.status(found.path);
    },
    append: (params, bytes, session) => {
      const found = pathOf(params);
      if (found === undefined) return refuse('invalid-path');
      const may = mayPublish(hive, found.host, session);
      if (!may.ok) return may;
      const problem = streamTextProblem(bytes);
      if (problem !== undefined) return refuse('invalid-payload', problem);
      return streams.append(found.path, bytes, hive.host.now());
    },
  };
}

function parameterOf({ at }: ProviderFiles): string | undefined {
  const at0 = at.indexOf(':');
  return at0 < 0 ? undefined : at.slice(at0 + 1);
}

/** Queens only, as for control files; of a host that somebody publishes only with that root ticket. */
function mayPublish({ shown }: DataHive, host: string, { principal }: Session): Result<void> {
  if (principal.role !== 'queen') return refuse('denied', `Status files are written by queen, not ${principal.role}.`);
  const gate = checkGate(shown(), 'host-publish');
  if (!gate.ok) return gate;
  const problem = publisherProblem(shown(), host, principal);
  return problem === undefined ? ok(undefined) : refuse(problem.code, problem.detail);
}

function ordersStream({ shown }: DataHive, orders: Orders): StreamNode {
  const ring = ({ host = '' }: Params): Ring | undefined =>
    hostOf(shown(), host) === undefined ? undefined : orders.of(host);
  return { kind: 'stream', ring, append: undefined };
}

/** Longest `/host/:host/status`: two files of each of 256 names, with room for the longest of them. */
const STATUS_BYTES_MAX = 262_144;

/** Made from what was heard when: nothing of it is in the journal. */
function statusView(hive: DataHive, streams: HostStreams): ViewNode {
  return {
    kind: 'view',
    boundBytes: STATUS_BYTES_MAX,
    version: undefined,
    render: ({ host = '' }) => {
      const view = hostOf(hive.shown(), host);
      assert(view !== undefined, 'a directory of a host that is gone has no files');
      return UTF8.encode(statusText(hive, streams, view));
    },
  };
}

function statusText(hive: DataHive, streams: HostStreams, view: HostView): string {
  const { host, record } = view;
  const at = hive.host.now();
  const head = `host=${host} publisher=${logField(record?.publisher.subject ?? 'none')} fence=${record?.fence ?? 'none'}\n`;
  const lines = shownProviders(hive).flatMap((files) =>
    membersOf(view, files).flatMap((member) =>
      files.streams.map((name) => {
        const path = `${hostPath(host, files, member)}/${name}`;
        return fileText(path.slice(`/host/${host}/`.length), streams.heardAt(path), { at, pollMs: files.pollMs });
      }),
    ),
  );
  return head + lines.join('');
}

function membersOf({ members }: HostView, files: ProviderFiles): readonly (string | undefined)[] {
  return files.members === undefined ? [undefined] : members[files.members];
}

function fileText(
  file: string,
  heardAt: number | undefined,
  now: { readonly at: number; readonly pollMs: number },
): string {
  if (heardAt === undefined) return `file=${file} state=never heard_ms=none age_ms=none\n`;
  // The wall clock may have gone back.
  const age = Math.max(0, now.at - heardAt);
  const state = age > POLLS_MISSED_MAX * now.pollMs ? 'stale' : 'fresh';
  return `file=${file} state=${state} heard_ms=${heardAt} age_ms=${age}\n`;
}
