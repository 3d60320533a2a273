// The files NineDoor itself has something to say in: its sessions, its counters, and what a session may know of
// itself under `/proc/self` (visible to every ticket). Formats: `contracts-1.md` 4.3; bounds: `[observability]` of the
// manifest, and constants here for `/proc/self`. Every text is cut at its bound.

import { boundedText } from './bounded-text.ts';
import type { NineDoor } from './door.ts';
import { resultsText } from './line-results.ts';
import { ninepNodes } from './ninep-nodes.ts';
import type { NodeDefinition, Params, ViewNode } from './node.ts';
import type { Session } from './session.ts';

/** A refusal names a path, which may be as long as a default message. */
const REFUSAL_BYTES = 8192;
/** The results of an append of the most lines (16), each with its path and a reply or a refusal. */
const RESULTS_BYTES = 65_536;

const LAST_SEEN_BYTES = 64;
/** Ten thousand sessions of a hundred bytes. */
const ALL_BYTES = 1_048_576;

function text(render: (session: Session, params: Params) => string, boundBytes: number): ViewNode {
  return {
    kind: 'view',
    boundBytes,
    version: undefined,
    render: (params, session) => boundedText(render(session, params), boundBytes),
  };
}

/** Nodes under `/proc/9p`, `/proc/pressure`, `/proc/self` and `/proc/root`. */
export function doorNodes(door: NineDoor): readonly NodeDefinition[] {
  return [...pressureNodes(door), ...sessionNodes(door), ...selfNodes(door), lastSeenNode(door)];
}

/** What is seen of the queens; whether they hold the hive is the authority's to say. */
function lastSeenNode(door: NineDoor): NodeDefinition {
  return {
    pattern: '/proc/root/last_seen_ms',
    file: text(() => `last_seen_ms=${door.queens.seenMs}\n`, LAST_SEEN_BYTES),
  };
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
    ...ninepNodes(door),
    { pattern: '/proc/9p/session/active', file: text(() => activeText(door), bounds.session_active_bytes) },
    { pattern: '/proc/9p/session/all', file: text(() => allText(door), ALL_BYTES) },
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

/** A live session is DRAINING while it or the node drains. */
function stateOf(door: NineDoor, session: Session): string {
  return session.state === 'ACTIVE' && door.ports.isDraining() ? 'DRAINING' : session.state;
}

function activeText(door: NineDoor): string {
  const all = [...door.sessions.values()];
  const draining = all.filter((session) => stateOf(door, session) === 'DRAINING').length;
  return `active=${all.length - draining} draining=${draining}\n`;
}

/** A line a session, oldest first: `id= role= subject= door= state= since_ms= expires_ms= ticket=`. */
function allText(door: NineDoor): string {
  const lines = [...door.sessions.values()].map((session) => {
    const { role, subject, ticket } = session.principal;
    const expires = session.expiresAt === 0 ? 'none' : session.expiresAt;
    return `id=${session.id} role=${role} subject=${subject} door=${session.door} state=${stateOf(door, session)} since_ms=${session.openedAt} expires_ms=${expires} ticket=${ticket}\n`;
  });
  return lines.join('');
}

function selfNodes(door: NineDoor): NodeDefinition[] {
  return [
    { pattern: '/proc/self/session', file: text((session) => selfText(door, session), 1024) },
    { pattern: '/proc/self/refusal', file: text(refusalText, REFUSAL_BYTES) },
    { pattern: '/proc/self/results', file: text(({ lastAppend }) => resultsText(lastAppend), RESULTS_BYTES) },
    { pattern: '/proc/self/quotas', file: text((session) => session.meter?.text() ?? 'unlimited\n', 4096) },
  ];
}

/** With the hive's own time, by which its deadlines are: a client counts down to them whatever its clock says. */
function selfText(door: NineDoor, session: Session): string {
  const { principal } = session;
  const expires = session.expiresAt === 0 ? 'never' : String(session.expiresAt);
  return `sid=${session.id} role=${principal.role} subject=${principal.subject} ticket=${principal.ticket} door=${session.door} state=${stateOf(door, session)} hive=${door.manifest.hive.name} expires_ms=${expires} now_ms=${door.ports.now()}\n`;
}

function refusalText(session: Session): string {
  const last = session.lastRefusal;
  return last === undefined ? 'none\n' : `code=${last.refusal.code} path=${last.path} detail=${last.refusal.detail}\n`;
}
