// The files NineDoor itself has something to say in: its sessions, its counters, and what a session may know of
// itself under `/proc/self` (visible to every ticket). Formats: `contracts-1.md` 4.3; bounds: `[observability]` of the
// manifest, and constants here for `/proc/self`. Every text is cut at its bound.

import { boundedText } from './bounded-text.ts';
import type { NineDoor } from './door.ts';
import { resultsText } from './line-results.ts';
import type { NodeDefinition, Params, ViewNode } from './node.ts';
import type { Session } from './session.ts';

/** A refusal names a path, which may be as long as a default message. */
const REFUSAL_BYTES = 8192;
/** The results of an append of the most lines (16), each with its path and a reply or a refusal. */
const RESULTS_BYTES = 65_536;

function text(render: (session: Session, params: Params) => string, boundBytes: number): ViewNode {
  return {
    kind: 'view',
    boundBytes,
    version: undefined,
    render: (params, session) => boundedText(render(session, params), boundBytes),
  };
}

/** Nodes under `/proc/9p`, `/proc/pressure` and `/proc/self`. */
export function doorNodes(door: NineDoor): readonly NodeDefinition[] {
  return [...pressureNodes(door), ...sessionNodes(door), ...selfNodes(door)];
}

function pressureNodes(door: NineDoor): NodeDefinition[] {
  return (['busy', 'quota', 'cut', 'policy'] as const).map((tag) => ({
    pattern: `/proc/pressure/${tag}`,
    file: text(() => `${tag}=${door.pressure.counts[tag]}\n`, door.manifest.observability.pressure_bytes),
  }));
}

function sessionNodes(door: NineDoor): NodeDefinition[] {
  const bounds = door.manifest.observability;
  const view = (name: string, boundBytes: number, render: (session: Session) => string): NodeDefinition => ({
    pattern: `/proc/9p/session/:session/${name}`,
    file: text((_, params) => renderOf(door, params, render), boundBytes),
  });
  return [
    { pattern: '/proc/9p/sessions', file: text(() => sessionsText(door), bounds.sessions_bytes) },
    { pattern: '/proc/9p/outstanding', file: text(() => outstandingText(door), bounds.outstanding_bytes) },
    {
      pattern: '/proc/9p/short_writes',
      file: text(() => 'short_writes total=0 retries=0\n', bounds.short_writes_bytes),
    },
    { pattern: '/proc/9p/session/active', file: text(() => activeText(door), bounds.session_active_bytes) },
    {
      pattern: '/proc/9p/session/:session',
      names: { list: () => door.sessions.keys(), has: (name) => door.sessions.has(name) },
    },
    view('state', bounds.session_state_bytes, (session) => `state=${stateOf(door, session)}\n`),
    view('since_ms', bounds.session_since_bytes, (session) => `since_ms=${session.openedAt}\n`),
    view(
      'owner',
      bounds.session_owner_bytes,
      (session) => `owner=${session.principal.role}:${session.principal.subject}\n`,
    ),
  ];
}

function renderOf(door: NineDoor, params: Params, render: (session: Session) => string): string {
  const session = door.sessions.get(params.session ?? '');
  return session === undefined ? '' : render(session);
}

/** `sessions total= worker= shard_bits= shard_count=`, then the shards that have workers attached. */
function sessionsText(door: NineDoor): string {
  const { enabled, shard_bits: bits } = door.manifest.sharding;
  const workers = [...door.sessions.values()].filter((session) => session.principal.role.startsWith('worker-'));
  const perShard = new Map<string, number>();
  for (const { principal } of workers) {
    // An attenuated ticket acts as `<worker>/<name>`; it is the same worker.
    const label = door.ports.shardLabel(principal.subject.split('/', 1)[0] ?? '');
    perShard.set(label, (perShard.get(label) ?? 0) + 1);
  }
  const head = `sessions total=${door.sessions.size} worker=${workers.length} shard_bits=${enabled ? bits : 0} shard_count=${enabled ? 2 ** bits : 0}\n`;
  const shards = [...perShard].sort(([a], [b]) => (a < b ? -1 : 1));
  return head + shards.map(([label, count]) => `shard ${label} ${count}\n`).join('');
}

/** A live session is DRAINING while the node drains. */
function stateOf(door: NineDoor, session: Session): string {
  return session.state === 'ACTIVE' && door.ports.isDraining() ? 'DRAINING' : session.state;
}

function activeText(door: NineDoor): string {
  const isDraining = door.ports.isDraining();
  return `active=${isDraining ? 0 : door.sessions.size} draining=${isDraining ? door.sessions.size : 0}\n`;
}

function outstandingText(door: NineDoor): string {
  return `outstanding current=${door.outstanding} limit=${door.manifest.secure9p.tags_per_session}\n`;
}

function selfNodes(door: NineDoor): NodeDefinition[] {
  return [
    { pattern: '/proc/self/session', file: text((session) => selfText(door, session), 1024) },
    { pattern: '/proc/self/refusal', file: text(refusalText, REFUSAL_BYTES) },
    { pattern: '/proc/self/results', file: text(({ lastAppend }) => resultsText(lastAppend), RESULTS_BYTES) },
    { pattern: '/proc/self/quotas', file: text((session) => session.meter?.text() ?? 'unlimited\n', 4096) },
  ];
}

function selfText(door: NineDoor, session: Session): string {
  const { principal } = session;
  const expires = session.expiresAt === 0 ? 'never' : String(session.expiresAt);
  return `sid=${session.id} role=${principal.role} subject=${principal.subject} ticket=${principal.ticket} door=${session.door} state=${stateOf(door, session)} hive=${door.manifest.hive.name} expires_ms=${expires}\n`;
}

function refusalText(session: Session): string {
  const last = session.lastRefusal;
  return last === undefined ? 'none\n' : `code=${last.refusal.code} path=${last.path} detail=${last.refusal.detail}\n`;
}
