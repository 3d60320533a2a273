// What only NineDoor knows of a line is looked at before it is decided. Of `bind` and `mount`: does the source exist for that
// session, is there room; so a line that is accepted can be carried out. Of a line about a session: is there one of that id. Of
// a line that an intent carries: may the ticket write to the file it is for, and how often; so an intent is no way around a scope. Of
// a line about a host: may the ticket write below that host; so the ticket of a publisher is for its own.

import { carriedLine, HOST_CTL, INTENTS_PATH, mountTarget, SESSION_CTL } from '@cohesix/authority';
import type { Bind, CommandPort, NineDoor } from '@cohesix/ninedoor';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Ledger } from './ledger.ts';

const QUEEN_CTL = '/queen/ctl';

/** Submits lines to the ledger, after a look at what they carry and after making room for the binds among them. */
export function submitChecked(door: NineDoor, ledger: Ledger, ...command: Parameters<CommandPort['submit']>): void {
  const [who, path, lines, done] = command;
  const carried = path === INTENTS_PATH ? lines.flatMap((line) => carriedLine(line) ?? []) : [];
  const forbidden = carried.find((each) => !door.mayWrite(who.session, each.path));
  if (forbidden !== undefined) return done(refuse('denied', `Your ticket may not write ${forbidden.path}.`));
  const charged = chargeCarried(door, who.session, carried);
  if (!charged.ok) return done(charged);
  const all = [...lines.map((line) => ({ path, line })), ...carried];
  const elsewhere = all.find((each) => !mayWriteHost(door, who.session, each));
  if (elsewhere !== undefined) return done(refuse('denied', 'Your ticket may not write below the host of this line.'));
  for (const line of path === SESSION_CTL ? lines : []) {
    const known = sessionKnown(door, parsed(line));
    if (!known.ok) return done(known);
  }
  const own = path === QUEEN_CTL ? lines : [];
  const orders = [...own, ...carried.filter((each) => each.path === QUEEN_CTL).map(({ line }) => line)];
  const binds = orders.flatMap((line) => bindsOf(door, line));
  if (binds.length === 0) return ledger.submit(who, path, lines, done);
  const promised = door.promiseBinds(who.session, binds);
  if (!promised.ok) return done(promised);
  ledger.submit(who, path, lines, (result, known) => {
    // What an intent carried was not carried out again if it was a repeat; a bind that was made has taken its promise.
    if (!result.ok || carried.length > 0) queueMicrotask(() => door.unpromiseBinds(who.session, binds));
    done(result, known);
  });
}

/** What intents carry costs what it costs by itself: for each file one operation, and the rates that the ticket has there. */
function chargeCarried(door: NineDoor, session: string, carried: readonly { readonly path: string }[]): Result<void> {
  for (const path of new Set(carried.map((each) => each.path))) {
    const charged = door.charge(session, path);
    if (!charged.ok) return charged;
  }
  return ok(undefined);
}

/** Whether a ticket may write below the host that a line is about; yes for any other line, which the authority will judge. */
function mayWriteHost(
  door: NineDoor,
  session: string,
  { path, line }: { readonly path: string; readonly line: string },
): boolean {
  const host = path === HOST_CTL ? parsed(line)?.host : undefined;
  return typeof host !== 'string' || door.mayWrite(session, `/host/${host}`);
}

/** Whether a line about a session names one that can be ended; any other line the authority will judge. */
function sessionKnown(door: NineDoor, value: Asked | null): Result<void> {
  const id = (value?.close ?? value?.drain)?.session;
  if (typeof id !== 'string') return ok(undefined);
  const session = door.sessions.get(id);
  if (session === undefined) return refuse('not-found', `No session ${id}; /proc/9p/session lists them.`);
  const { role, subject } = session.principal;
  if (session.door !== 'in-process' || !role.startsWith('worker-')) return ok(undefined);
  return refuse('denied', `Session ${id} is the hive's own, of ${subject}: end the worker instead.`);
}

/** The bind a line asks for; none for any other line, which the authority will judge. */
function bindsOf({ manifest }: NineDoor, line: string): Bind[] {
  const value = parsed(line);
  const { bind, mount } = value ?? {};
  if (typeof bind?.from === 'string' && typeof bind.to === 'string') return [{ from: bind.from, to: bind.to }];
  const from = typeof mount?.service === 'string' ? mountTarget(manifest, mount.service) : undefined;
  return from !== undefined && typeof mount?.at === 'string' ? [{ from, to: mount.at }] : [];
}

interface Asked {
  readonly host?: unknown;
  readonly bind?: { readonly from?: unknown; readonly to?: unknown } | null;
  readonly mount?: { readonly service?: unknown; readonly at?: unknown } | null;
  readonly close?: { readonly session?: unknown } | null;
  readonly drain?: { readonly session?: unknown } | null;
}

function parsed(line: string): Asked | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? (value as Asked | null) : null;
  } catch {
    return null;
  }
}
