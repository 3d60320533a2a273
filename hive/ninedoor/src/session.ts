// A session: one attached ticket on one door. It holds who acts, what the ticket lets them see (a compiled scope
// trie), what it may still spend (a meter), the binds of its private view of the namespace, and its last refusal.
// States of `/proc/9p/session/<id>/state`: SETUP lasts until attach and is never seen; ACTIVE; DRAINING opens nothing new
// and orders nothing, and ends with the last thing that is open (shown for every active session while the node drains);
// CLOSED.

import type { Principal } from '@cohesix/authority';
import { READ, type ScopeNode } from '@cohesix/ticket';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import type { LastAppend } from './line-results.ts';
import type { Entry } from './namespace.ts';

export type SessionState = 'ACTIVE' | 'DRAINING' | 'CLOSED';

/** Which protocol the session came through. */
export type DoorKind = '9p' | 'console' | 'rest' | 'websocket' | 'mcp' | 'sign-in' | 'in-process';

/** Charges what a ticket's quotas and a worker's budget allow; undefined on a session where nothing is limited. */
export interface Meter {
  /** Charges one operation on a place; refusals carry `exhausted`, `rate-limited` or `closed`. */
  operation(scope: ScopeNode, verb: number): Result<void>;
  /** Charges bytes read or appended. */
  bytes(count: number): Result<void>;
  /** Most bytes `bytes` would allow now; Infinity when unlimited. */
  bytesAllowed(): number;
  /** Charges one cursor move on a stream; `isResume`: to before the end of the move before. */
  cursor(isResume: boolean): Result<void>;
  /** Text of `/proc/self/quotas`. */
  text(): string;
}

/** Where a walk stands: an entry, and what the ticket says of it. */
export interface Spot {
  readonly entry: Entry;
  readonly scope: ScopeNode;
  /** The path as this session sees it; differs from `entry.path` below a bind. */
  readonly visible: string;
}

/** What makes a session; see the fields of `Session`. */
export interface SessionOptions {
  readonly id: string;
  readonly door: DoorKind;
  readonly principal: Principal;
  readonly root: Spot;
  readonly meter: Meter | undefined;
  readonly openedAt: number;
  /** Ms since the epoch at which the ticket ends; 0 = never. */
  readonly expiresAt: number;
}

/** Streams of which a session remembers how far it read; of the one it read longest ago it forgets. */
const READ_ENDS_MAX = 64;

export class Session {
  readonly id: string;
  readonly door: DoorKind;
  readonly principal: Principal;
  readonly root: Spot;
  readonly meter: Meter | undefined;
  readonly openedAt: number;
  readonly expiresAt: number;
  state: SessionState = 'ACTIVE';
  /** Why it is CLOSED: what later operations are answered. */
  closedBy: Refusal | undefined;
  /** On 9P: the fid of its attach, and whether that was clunked. */
  rootFid: number | undefined;
  isRootGone = false;
  lastRefusal: { readonly refusal: Refusal; readonly path: string } | undefined;
  /** Its append to a control file that was answered last, for `/proc/self/results`; undefined when it had no lines to decide. */
  lastAppend: LastAppend | undefined;
  /** Visible path → where it leads; undefined while there are no binds (the usual case, checked on every step). */
  mounts: Map<string, Spot> | undefined;
  /** Targets of binds that are being decided. */
  readonly promisedBinds: string[] = [];
  /** Called once when the session closes: connections end follows and drop fids. */
  readonly onClose: Set<() => void> = new Set();
  /** Files that are open, follows, and appends that are not answered yet. */
  #heldCount = 0;
  /** Called when nothing is open any more; set while the session drains. */
  #whenIdle: (() => void) | undefined;

  /** Stream → cursor after the last read of it: a read that begins below is a resume. Kept on metered sessions. */
  readonly #readEnds = new Map<Entry, bigint>();

  /** Whether a read of a stream from `cursor` begins below where the last one ended. */
  isResume(entry: Entry, cursor: bigint): boolean {
    return cursor < (this.#readEnds.get(entry) ?? 0n);
  }

  /** Remembers how far a stream was read. */
  cursorAt(entry: Entry, end: bigint): void {
    this.#readEnds.delete(entry);
    this.#readEnds.set(entry, end);
    if (this.#readEnds.size <= READ_ENDS_MAX) return;
    const [oldest] = this.#readEnds.keys();
    if (oldest !== undefined) this.#readEnds.delete(oldest);
  }

  /** Something was opened or begun; each call is matched by one of `release`. */
  hold(): void {
    this.#heldCount += 1;
  }

  /** Something that was held has ended. */
  release(): void {
    this.#heldCount -= 1;
    if (this.#heldCount === 0 && this.state === 'DRAINING') this.#whenIdle?.();
  }

  /** From now on opens nothing new; calls `whenIdle` when what is open has ended, at once when nothing is. */
  drain(whenIdle: () => void): void {
    if (this.state !== 'ACTIVE') return;
    this.state = 'DRAINING';
    this.#whenIdle = whenIdle;
    if (this.#heldCount === 0) whenIdle();
  }

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.door = options.door;
    this.principal = options.principal;
    this.root = options.root;
    this.meter = options.meter;
    this.openedAt = options.openedAt;
    this.expiresAt = options.expiresAt;
  }
}

/** Whether a session may open files and write control lines: not while it drains. */
export function mayBegin(session: Session): Result<void> {
  return session.state === 'DRAINING' ? DRAINS : BEGINS;
}

const BEGINS: Result<void> = ok(undefined);
const DRAINS: Result<void> = refuse('closed', 'The session drains: it finishes what is open and begins nothing new.');

/** The meter that what happens at a spot is charged to; undefined when nothing is. */
export function meterAt(session: Session, spot: Spot): Meter | undefined {
  return spot.entry.isFree ? undefined : session.meter;
}

/** What the ticket of a session says of a path of the hive, whatever the session's binds make of that path. */
export function scopeAt({ root }: Session, path: string): ScopeNode {
  let scope = root.scope;
  for (const name of path.split('/')) if (name !== '') scope = scope.child(name);
  return scope;
}

/** Whether the ticket of a session lets it read a path of the hive, and so everything below. */
export function mayRead(session: Session, path: string): boolean {
  return (scopeAt(session, path).mask & READ) !== 0;
}

/** One component down, or undefined when there is nothing of that name this session can see. */
export function step(session: Session, spot: Spot, name: string): Spot | undefined {
  if (session.mounts !== undefined) return stepThroughMounts(session, session.mounts, spot, name);
  const scope = scopeBelow(session, spot, name);
  if (scope === undefined) return undefined;
  const entry = spot.entry.child(name);
  return entry === undefined ? undefined : { entry, scope, visible: entry.path };
}

/** What has to be made before `step` can go there; undefined: nothing, or this session sees nothing of that name. */
export function readyBelow(session: Session, spot: Spot, name: string): Promise<Result<void>> | undefined {
  const isSeen = spot.entry.isLazy && scopeBelow(session, spot, name) !== undefined;
  return isSeen ? spot.entry.ready(name) : undefined;
}

/**
 * What the ticket says of a name in a directory; undefined when the session cannot see it. Of a tree that looks like the whole
 * namespace it says what it says of the namespace.
 */
function scopeBelow({ root }: Session, { entry, scope: at }: Spot, name: string): ScopeNode | undefined {
  if (entry.isRootOfTree && (at.mask & READ) === 0) return undefined;
  const scope = entry.isRootOfTree ? root.scope.child(name) : at.child(name);
  return scope.visible ? scope : undefined;
}

function stepThroughMounts(session: Session, mounts: Map<string, Spot>, spot: Spot, name: string): Spot | undefined {
  const visible = spot.visible === '/' ? `/${name}` : `${spot.visible}/${name}`;
  const mounted = mounts.get(visible);
  if (mounted !== undefined) return { ...mounted, visible };
  const scope = scopeBelow(session, spot, name);
  if (scope === undefined) return undefined;
  const entry = spot.entry.child(name);
  return entry === undefined ? undefined : { entry, scope, visible };
}

/** Names this session sees in a directory, in byte order, binds included. */
export function listNames(session: Session, spot: Spot): string[] {
  const names = spot.entry.list().filter((name) => scopeBelow(session, spot, name) !== undefined);
  if (session.mounts === undefined) return names;
  const prefix = spot.visible === '/' ? '/' : `${spot.visible}/`;
  for (const target of session.mounts.keys()) {
    const name = target.startsWith(prefix) ? target.slice(prefix.length) : '';
    if (name !== '' && !name.includes('/') && !names.includes(name)) names.push(name);
  }
  return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
