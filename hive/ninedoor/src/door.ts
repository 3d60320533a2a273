// NineDoor: the sessions of a hive and the namespace they look at. Protocol servers (9P, console) and the in-process
// client attach here and then work on a `Session`; nothing in this file knows a protocol.

import { asciiJson, type Gate, type Principal } from '@cohesix/authority';
import type { AttachFailures, Manifest } from '@cohesix/manifest';
import {
  BucketTable,
  compileScopes,
  parseRole,
  ROLES,
  roleCeiling,
  type Scope,
  type ScopeNode,
  type VerifiedTicket,
} from '@cohesix/ticket';
import type { NextTurn } from '@cohesix/time';
import { ok, type Refusal, type RefusalCode, type Result, refusal, refuse } from '@cohesix/wire';
import { AttachLimiter } from './attach-limiter.ts';
import { doorNodes } from './door-nodes.ts';
import { Follows } from './follows.ts';
import type { LinesKnown } from './line-results.ts';
import { type Budget, createMeter } from './meter.ts';
import { createNamespace, type Entry } from './namespace.ts';
import type { NodeDefinition } from './node.ts';
import { WRITE } from './open-file.ts';
import { Pressure } from './pressure.ts';
import { type Ending, QUEEN_ROLE, type QueenEvent, Queens } from './queens.ts';
import { type DoorKind, readyBelow, Session, type Spot, scopeAt, step } from './session.ts';
import { SessionIndex } from './session-index.ts';
import { Traffic } from './traffic.ts';

/** Told once what became of the lines of an append; `known`: what more can be said of each. */
export type Submitted = (result: Result<void>, known?: LinesKnown) => void;

/** Where accepted lines go: decided at once, `done` called when durable or refused. */
export interface CommandPort {
  submit(who: Principal, path: string, lines: readonly string[], done: Submitted): void;
}

/** What NineDoor needs from the composition root. */
export interface DoorPorts extends CommandPort {
  /** Limits of failed attaches, as set now. */
  readonly attachLimits: () => AttachFailures;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  /** Monotonic time, ms: how long a connection has kept others waiting. */
  readonly monotonicMs: () => number;
  /** Later in the event loop: when a connection goes on that gave others their turn. */
  readonly nextTurn: NextTurn;
  /** Appends a line (without LF) to `/log/queen.log`. */
  readonly audit: (line: string) => void;
  /** Verifies a ticket against keys, audience, time and revocations. */
  readonly verify: (token: string) => Result<VerifiedTicket>;
  /** Whether a lifecycle gate is open. */
  readonly gate: (gate: Gate) => Result<void>;
  /** Whether the node drains: its sessions show as DRAINING. */
  readonly isDraining: () => boolean;
  /** Whether a worker of that id lives; a worker's ticket attaches only then. */
  readonly hasWorker: (worker: string) => boolean;
  /** Shard label of a worker id (two hex digits or fewer). */
  readonly shardLabel: (worker: string) => string;
  /** Charges one operation to a worker's budget; a refusal means it is used up. */
  readonly chargeWorker: (worker: string) => Result<void>;
  /** What is left of that budget; undefined when it has no end. */
  readonly workerBudget: (worker: string) => Budget | undefined;
  /** Told when the first session of a queen begins, when the last ends, and when one is turned away meanwhile. */
  readonly onQueen: (event: QueenEvent) => void;
  /** GPUs of which a worker holds a part, as `<host>/<gpu>`: what a session of it sees of `/gpu`. Absent: none. */
  readonly gpus?: (worker: string) => readonly string[];
  /** Told of each refusal of a session's operation, after it was counted. */
  readonly onRefused?: (event: TurnedAway) => void;
  /** Runs the hive's own tests through a session and tells what it answers, the acknowledgement last. Absent: it cannot. */
  readonly selfTest?: (session: Session, flags: string, tell: (line: string) => void) => Promise<void>;
}

/** What was turned away before there were lines to decide, or by what decides them. */
export interface TurnedAway {
  readonly who: Principal;
  readonly code: RefusalCode;
  /** As the session wrote it. */
  readonly path: string;
}

/** What a client says when it attaches. Role and subject are claims to compare with the ticket, not authority. */
export interface AttachRequest {
  readonly role: string | undefined;
  readonly subject: string | undefined;
  readonly token: string;
  readonly door: DoorKind;
  /** Who to slow down when this fails: an address or a connection. */
  readonly peer: string;
}

/** `to` leads to `from` in one session; both absolute. */
export interface Bind {
  readonly from: string;
  readonly to: string;
}

export class NineDoor {
  readonly ports: DoorPorts;
  readonly manifest: Manifest;
  readonly pressure: Pressure;
  readonly follows: Follows = new Follows();
  readonly queens: Queens;
  readonly sessions: Map<string, Session> = new Map();
  /** When this door opened, seconds since the epoch: the times `stat` reports. */
  readonly bootSec: bigint;
  /** Requests waiting for the journal or for data, over all connections; kept by the protocol servers. */
  outstanding = 0;
  /** Counted by the protocol servers and the nodes. */
  readonly traffic: Traffic = new Traffic();
  readonly #limiter: AttachLimiter;
  readonly #buckets: BucketTable;
  readonly #index = new SessionIndex();
  readonly #root: Entry;
  /** Patterns of trees of which something may have to be made before it is looked at. */
  readonly #lazyTrees: readonly string[];
  #nextSession = 1;
  /** Sessions that came over a protocol. */
  #remoteCount = 0;

  constructor(manifest: Manifest, ports: DoorPorts, nodes: readonly NodeDefinition[]) {
    this.manifest = manifest;
    this.ports = ports;
    this.pressure = new Pressure(ports.audit, ports.now);
    this.queens = new Queens(ports.now, ports.onQueen);
    this.#limiter = new AttachLimiter(ports.attachLimits);
    this.bootSec = BigInt(Math.floor(ports.now() / 1000));
    this.#buckets = new BucketTable();
    this.#root = createNamespace([...nodes, ...doorNodes(this)]);
    this.#lazyTrees = nodes.flatMap((node) => ('tree' in node && node.tree.ready !== undefined ? [node.pattern] : []));
  }

  /** Opens a session for a ticket. Order of checks: `contracts-1.md` 2.2. Every refusal is counted and audited. */
  attach(request: AttachRequest): Result<Session> {
    const now = this.ports.now();
    const result = this.#admit(request, now);
    if (result.ok) {
      this.#limiter.succeeded(request.peer);
      this.#audit(
        `audit session.attach sid=${result.value.id} ${whoText(result.value.principal)} door=${request.door}`,
      );
      return result;
    }
    if (COUNTS_AS_FAILURE.has(result.refusal.code)) this.#limiter.failed(request.peer, now);
    if (request.role === QUEEN_ROLE && TURNS_AWAY.has(result.refusal.code)) this.queens.refused();
    this.pressure.count(result.refusal, `op=attach door=${request.door}`);
    return result;
  }

  /** How long attaches of a peer are refused because of failures before, in ms; 0 when they are not. */
  attachWaitMs(peer: string): number {
    return this.#limiter.waitMs(peer, this.ports.now());
  }

  #admit(request: AttachRequest, now: number): Result<Session> {
    const free = this.#limiter.check(request.peer, now);
    if (!free.ok) return free;
    if (request.role !== undefined && parseRole(request.role) === undefined) {
      return refuse('invalid-role', `Roles are ${ROLES.join(', ')}.`);
    }
    const gate = isWorkerRole(request.role ?? '') ? this.ports.gate('worker-attach') : ALIVE;
    if (!gate.ok) return gate;
    // The hive's own workers are bounded by workers.max; they must not take the places of clients, nor the reverse.
    if (request.door !== 'in-process' && this.#remoteCount >= this.manifest.secure9p.sessions_max) {
      return refuse('limit', `All ${this.manifest.secure9p.sessions_max} sessions are in use.`);
    }
    if (request.token === '')
      return refuse('denied', 'A ticket is needed to attach; give it as aname or after the role.');
    const ticket = this.ports.verify(request.token);
    if (!ticket.ok) return ticket;
    const matching = this.#matches(request, ticket.value);
    return matching.ok ? this.#open(request.door, ticket.value, now) : matching;
  }

  #matches(request: AttachRequest, ticket: VerifiedTicket): Result<void> {
    if (request.role !== undefined && request.role !== ticket.role) {
      return refuse('denied', `The ticket is for role ${ticket.role}, not ${request.role}.`);
    }
    if (request.subject !== undefined && request.subject !== ticket.subject && request.subject !== ticket.rootSubject) {
      return refuse('denied', 'The ticket is for another subject.');
    }
    if (!isWorkerRole(ticket.role)) return ok(undefined);
    const gate = this.ports.gate('worker-attach');
    if (!gate.ok) return gate;
    return this.ports.hasWorker(ticket.rootSubject)
      ? ok(undefined)
      : refuse('not-found', `No worker ${ticket.rootSubject}.`);
  }

  #open(door: DoorKind, ticket: VerifiedTicket, now: number): Result<Session> {
    const principal: Principal = {
      subject: ticket.subject,
      role: ticket.role,
      ticket: ticket.fingerprint,
      ticketIds: ticket.ids,
      session: String(this.#nextSession++),
    };
    const { rootSubject, blocks } = ticket;
    const ceiling = roleCeiling(ticket.role, rootSubject, {
      shardLabel: this.ports.shardLabel(rootSubject),
      gpus: this.ports.gpus?.(rootSubject) ?? [],
    });
    const compiled = compileScopes(
      ceiling,
      blocks.map(({ scopes }) => [...scopes, SELF]),
    );
    const account = this.#buckets.open(ticket, compiled.rates, now);
    if (!account.ok) return account;
    const isLimited = compiled.rates.length > 0 || blocks.some(({ quotas }) => Object.keys(quotas).length > 0);
    const isWorker = isWorkerRole(ticket.role);
    const metering = {
      ticket: account.value,
      now: this.ports.now,
      chargeWorker: isWorker ? () => this.ports.chargeWorker(rootSubject) : undefined,
      workerBudget: () => (isWorker ? this.ports.workerBudget(rootSubject) : undefined),
      scopePath: (id: string, scope: number) => blocks[ticket.ids.indexOf(id)]?.scopes?.[scope]?.path,
    };
    const session = new Session({
      id: principal.session,
      door,
      principal,
      root: { entry: this.#root, scope: compiled.root(), visible: '/' },
      meter: createMeter(metering, isLimited),
      openedAt: now,
      expiresAt: ticket.expiresMs,
    });
    session.onClose.add(() => account.value.close());
    this.sessions.set(session.id, session);
    this.#index.add(session);
    if (door !== 'in-process') this.#remoteCount += 1;
    if (isQueen(session)) this.queens.opened();
    return ok(session);
  }

  /**
   * Ends a session; its open follows end and its fids answer `reason`. Idempotent. `how`: whether that is in order; unless
   * told it is not.
   */
  close(session: Session, reason: Refusal = refusal('closed'), how: Ending = endingOf(reason)): void {
    if (session.state === 'CLOSED') return;
    session.state = 'CLOSED';
    session.closedBy = reason;
    this.sessions.delete(session.id);
    this.#index.delete(session);
    if (session.door !== 'in-process') this.#remoteCount -= 1;
    for (const listener of session.onClose) listener();
    session.onClose.clear();
    if (isQueen(session)) this.queens.closed(how);
    this.#audit(`audit session.detach sid=${session.id} reason=${reason.code} how=${how}`);
  }

  /** Whether operations of a session are served: it is open and its ticket has not run out; else why not. */
  check(session: Session): Result<void> {
    if (session.expiresAt !== 0 && session.state !== 'CLOSED' && this.ports.now() >= session.expiresAt) {
      this.close(session, refusal('expired'));
    }
    if (session.state === 'CLOSED') return { ok: false, refusal: session.closedBy ?? refusal('closed') };
    if (isQueen(session)) this.queens.heard();
    return ALIVE;
  }

  /** Lets a session finish what it has open, and then ends it. Nothing when there is no such session. */
  drain(sessionId: string): void {
    const session = this.sessions.get(sessionId);
    session?.drain(() => this.close(session, refusal('closed', 'The session was drained.')));
  }

  /** Ends every session for which `which` holds. Value: how many. */
  closeWhere(which: (session: Session) => boolean, reason: Refusal): number {
    const ending = [...this.sessions.values()].filter(which);
    for (const session of ending) this.close(session, reason);
    return ending.length;
  }

  /** A ticket was revoked: ends its sessions and those of its children, and frees what they had used of its quotas. */
  revoke(ticketId: string): void {
    for (const session of this.#index.ofTicket(ticketId)) this.close(session, refusal('revoked'));
    this.#buckets.forget(ticketId);
  }

  /** A worker ended: ends its sessions, also those of clients that attached as it. */
  closeWorker(worker: string, reason: Refusal): void {
    for (const session of this.#index.ofWorker(worker)) this.close(session, reason);
  }

  /** Ends the sessions whose ticket has run out. Called by the hive's clock. */
  closeExpired(now: number): void {
    this.closeWhere((session) => session.expiresAt !== 0 && now >= session.expiresAt, refusal('expired'));
  }

  /** Remembers a refusal for `/proc/self/refusal`, counts it and audits it: under its real path, not a session's alias. */
  refused(session: Session, reason: Refusal, op: string, path: string): void {
    session.lastRefusal = { refusal: reason, path };
    if (path.endsWith('.cbor')) this.traffic.twinDenies += 1;
    this.pressure.count(reason, `sid=${session.id} op=${op} path=${asciiJson(realPath(session, path))}`);
    this.ports.onRefused?.({ who: session.principal, code: reason.code, path });
  }

  /** Walks an absolute, `/`-separated path from the session's root. `invalid-path` when it is not there for it. */
  resolve(session: Session, path: string): Result<Spot> {
    if (!path.startsWith('/')) return refuse('invalid-path', 'Paths are absolute: they start with /.');
    const components = path === '/' ? [] : path.slice(1).split('/');
    const depthMax = this.manifest.secure9p.walk_depth;
    const isDeep = components.length > depthMax;
    let depth = 0;
    let spot: Spot | undefined = session.root;
    for (const component of components) {
      const isName = component !== '' && component !== '.' && component !== '..' && depth < depthMax;
      spot = isName ? step(session, spot, component) : undefined;
      if (spot === undefined) return isDeep ? tooDeep(depthMax) : refuse('invalid-path');
      depth = spot.entry.isRootOfTree ? 0 : depth + 1;
    }
    return ok(spot);
  }

  /** What has to be made before a path can be resolved; undefined: nothing, as nearly always. */
  ready(session: Session, path: string): Promise<Result<void>> | undefined {
    // Only a bind makes another path lead there.
    if (session.mounts === undefined && !this.#lazyTrees.some((tree) => path.startsWith(tree))) return undefined;
    let spot: Spot | undefined = session.root;
    for (const name of path.split('/').slice(1)) {
      const ready = readyBelow(session, spot, name);
      if (ready !== undefined) return ready;
      spot = step(session, spot, name);
      if (spot === undefined) return undefined;
    }
    return spot.entry.ready();
  }

  /** Whether the ticket of a session may write at a path of the hive, whatever the session's binds make of that path. */
  mayWrite(sessionId: string, path: string): boolean {
    const scope = this.#scopeAt(sessionId, path);
    return scope !== undefined && (scope.mask & WRITE) !== 0;
  }

  /** Charges a session for a line to a path of the hive that another line carries, as if it had been written there. */
  charge(sessionId: string, path: string): Result<void> {
    const meter = this.sessions.get(sessionId)?.meter;
    const scope = this.#scopeAt(sessionId, path);
    return meter === undefined || scope === undefined ? ok(undefined) : meter.operation(scope, WRITE);
  }

  #scopeAt(sessionId: string, path: string): ScopeNode | undefined {
    const session = this.sessions.get(sessionId);
    return session === undefined ? undefined : scopeAt(session, path);
  }

  /**
   * Promises a session room for binds that are about to be decided: `invalid-path` or `limit` when they could not be
   * made. Each promise ends with `bind` or `unpromise`.
   */
  promiseBinds(sessionId: string, binds: readonly Bind[]): Result<void> {
    const session = this.sessions.get(sessionId);
    if (session === undefined) return refuse('closed');
    for (const { from } of binds) {
      const source = this.resolve(session, from);
      if (!source.ok) return source;
    }
    const targets = binds.map(({ to }) => to);
    const all = new Set([...(session.mounts?.keys() ?? []), ...session.promisedBinds, ...targets]);
    if (all.size > BINDS_MAX) return refuse('limit', `At most ${BINDS_MAX} binds a session.`);
    session.promisedBinds.push(...targets);
    return ok(undefined);
  }

  /** Takes back promises whose lines were refused. */
  unpromiseBinds(sessionId: string, binds: readonly Bind[]): void {
    const session = this.sessions.get(sessionId);
    for (const { to } of session === undefined ? [] : binds) removeOne(session?.promisedBinds ?? [], to);
  }

  /** Makes `to` in this session's view lead to `from`; both absolute. At most 8 binds a session. */
  bind(sessionId: string, from: string, to: string): Result<void> {
    const session = this.sessions.get(sessionId);
    if (session === undefined) return refuse('closed');
    removeOne(session.promisedBinds, to);
    const source = this.resolve(session, from);
    if (!source.ok) return source;
    const mounts = session.mounts ?? new Map<string, Spot>();
    if (mounts.size >= BINDS_MAX && !mounts.has(to)) return refuse('limit', `At most ${BINDS_MAX} binds a session.`);
    mounts.set(to, source.value);
    session.mounts = mounts;
    return ok(undefined);
  }

  #audit(line: string): void {
    this.ports.audit(line);
  }
}

const ALIVE: Result<void> = ok(undefined);

const BINDS_MAX = 8;

function tooDeep(depthMax: number): Result<never> {
  return refuse('invalid-path', `At most ${depthMax} components in a path.`);
}

function removeOne(texts: string[], text: string): void {
  const index = texts.indexOf(text);
  if (index >= 0) texts.splice(index, 1);
}

/** Where a path that the session typed leads, below whatever bind it goes through. */
function realPath({ mounts }: Session, path: string): string {
  let [real, longest] = [path, 0];
  for (const [target, { entry }] of mounts ?? []) {
    const isBelow = path === target || path.startsWith(`${target}/`);
    if (!isBelow || target.length <= longest) continue;
    longest = target.length;
    real = `${entry.path === '/' ? '' : entry.path}${path.slice(target.length)}` || '/';
  }
  return real;
}

/** Refusals that an honest client does not get twice: they slow the peer down. */
const COUNTS_AS_FAILURE: ReadonlySet<string> = new Set(['denied', 'invalid-claims', 'revoked']);

/** Refusals that say that this queen is none here, and not that the hive is busy or the peer too eager. */
const TURNS_AWAY: ReadonlySet<string> = new Set(['denied', 'invalid-claims', 'expired', 'revoked']);

/** How a session ends for a reason that says nothing else. */
function endingOf({ code }: Refusal): Ending {
  return code === 'expired' || code === 'revoked' ? code : 'closed';
}

function isQueen({ principal }: Session): boolean {
  return principal.role === QUEEN_ROLE;
}

/** What every session may read whatever its ticket says: about itself. */
const SELF: Scope = { path: '/proc/self', verbs: 'read', ratePerS: 0 };

/** Whether sessions of this role belong to a worker record. */
function isWorkerRole(role: string): boolean {
  return role.startsWith('worker-');
}

/** `role= subject= ticket=` of an audit line; the ticket is a fingerprint. */
function whoText(who: Principal): string {
  return `role=${who.role} subject=${who.subject} ticket=${who.ticket}`;
}
