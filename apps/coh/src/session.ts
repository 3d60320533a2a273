// A session with the hive: which door, which ticket, and what to say when it cannot be had.

import { existsSync } from 'node:fs';
import type { ConnectOptions, HiveClient } from '@cohesix/client';
import { EXIT, ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { type Context, detail } from './context.ts';
import { adviceFor, fail, failureOf } from './failure.ts';
import { hostPort, type Places, readAddresses } from './places.ts';
import { clientTlsOf } from './tls-files.ts';
import { readConsoleToken, readToken, readTokenFile } from './token.ts';

/** Longest path of a unix socket on Linux, `sun_path` less its NUL (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;

/** Milliseconds to connect, and for each answer. */
const DEADLINE_MS = 10_000;

/** What a command wants of its session. */
export interface SessionWish {
  /** Which ticket to use when none is named; default the Queen's. */
  readonly fallback?: 'queen' | 'approver';
  /** A ticket for this session alone, as `readToken` takes it; comes before everything else. */
  readonly ticket?: string | undefined;
  /** Whether the client must know its role; else only what the door needs is looked up. */
  readonly needsRole?: boolean;
  /** A recorder below the session. */
  readonly wrap?: ConnectOptions['wrap'] | undefined;
  /** msize to ask for, where much is moved; the hive gives what its manifest allows. */
  readonly msize?: number;
  /** Requests in flight, where much is moved; default: what any hive takes. */
  readonly requestsMax?: number;
}

/** Opens a session. The caller closes it. */
export async function openSession(context: Context, wish: SessionWish = {}): Promise<Result<HiveClient>> {
  const url = doorUrl(context);
  if (!url.ok) return url;
  const ticket = await (wish.ticket === undefined
    ? sessionToken(context, wish.fallback ?? 'queen')
    : readToken(context, wish.ticket));
  if (!ticket.ok) return ticket;
  detail(context, `door ${url.value}`);
  const role = isConsole(url.value) || wish.needsRole === true ? await roleOf(ticket.value) : '';
  const { wrap, msize, requestsMax } = wish;
  return connectTo(context, {
    url: url.value,
    role,
    ticket: ticket.value,
    wrap,
    ...(msize === undefined ? {} : { msize }),
    ...(requestsMax === undefined ? {} : { requestsMax }),
  });
}

/** Who is to be what at which door. */
export interface Attachment {
  readonly url: string;
  /** May be empty where the door does not need it. */
  readonly role: string;
  /** The token itself. */
  readonly ticket: string;
  readonly wrap?: ConnectOptions['wrap'] | undefined;
  readonly msize?: number;
  readonly requestsMax?: number;
}

/** Connects as exactly this, with the console's secret where the door wants it. The caller closes the session. */
export async function connectTo(context: Context, attachment: Attachment): Promise<Result<HiveClient>> {
  const token = isConsole(attachment.url) ? consoleToken(context) : undefined;
  if (token?.ok === false) return token;
  const tls = clientTlsOf(context);
  if (!tls.ok) return tls;
  const { connect } = await import('@cohesix/client');
  const { wrap, ...who } = attachment;
  return connect({
    ...who,
    ...(wrap === undefined ? {} : { wrap }),
    ...(token === undefined ? {} : { consoleToken: token.value }),
    ...(tls.value === undefined ? {} : { tls: tls.value }),
    deadlineMs: DEADLINE_MS,
    // A person at a terminal wants to know now; nothing was changed by a failed attempt.
    retry: { attempts: 1, backoffMs: 0, ceilingMs: 0, timeoutMs: DEADLINE_MS },
  });
}

/** Opens the session of a second person beside the command's own; undefined when there is no ticket for it. */
export async function openApprover(
  context: Context,
  ticket: string | undefined,
  wrap?: ConnectOptions['wrap'],
): Promise<Result<HiveClient> | undefined> {
  const local = context.places.ok ? context.places.value.approverTicket : undefined;
  const source = ticket ?? (local !== undefined && existsSync(local) ? local : undefined);
  return source === undefined ? undefined : openSession(context, { ticket: source, needsRole: true, wrap });
}

/** Runs `use` with a session and closes it; tells why there is none. Value: the exit status. */
export async function withHive(
  context: Context,
  use: (client: HiveClient) => Promise<number>,
  wish: SessionWish = {},
): Promise<number> {
  const session = await openSession(context, wish);
  if (!session.ok) return failSession(context, session.refusal);
  try {
    return await use(session.value);
  } finally {
    await session.value.close();
  }
}

/** Tells why there is no session. */
export function failSession(context: Context, refusal: Refusal): number {
  const what = refusal.code === 'unreachable' ? 'no hive answers' : 'cannot start a session';
  return fail(context, failureOf(what, refusal));
}

/** Tells a refusal of the hive, with the sentence it keeps for this session. */
export async function failAt(
  context: Context,
  client: HiveClient,
  { what, refusal, advice }: { readonly what: string; readonly refusal: Refusal; readonly advice?: readonly string[] },
): Promise<number> {
  const sentence = (await client.explain()) ?? refusal.detail;
  return fail(context, { what, code: refusal.code, sentence, advice: advice ?? adviceFor(refusal.code) });
}

/** The exit status of a good end, for commands that say nothing else. */
export const DONE: number = EXIT.ok;

/**
 * Where the hive's door is: `--to` or `--url`, else the environment unless `--data` names a hive, else what the hive of the data
 * directory wrote down.
 */
export function doorUrl(context: Context): Result<string> {
  const named = namedDoor(context);
  if (!named.ok) return named;
  if (named.value !== undefined) return ok(named.value);
  return context.places.ok ? localDoor(context.places.value) : context.places;
}

/** Where the hive's HTTP door is: as `doorUrl`, for commands that need HTTP. */
export function httpUrl(context: Context): Result<string> {
  const named = namedDoor(context);
  if (!named.ok) return named;
  if (named.value !== undefined) {
    if (/^https?:\/\//.test(named.value)) return ok(named.value);
    return refuse('invalid-payload', `This needs the HTTP door of the hive, http://host:port; got ${named.value}.`);
  }
  if (!context.places.ok) return context.places;
  const { root } = context.places.value;
  const known = readAddresses(context.places.value);
  if (known === undefined) return refuse('unreachable', `No hive runs in ${root}.`);
  return known.http === undefined
    ? refuse('unreachable', `The hive in ${root} has no HTTP door; start it with --listen-http 127.0.0.1:5641.`)
    : ok(known.http);
}

/** The door that was named, by an option or the environment; undefined when none was. */
export function namedDoor({ globals, io }: Context): Result<string | undefined> {
  const { to, url, data } = globals;
  if (to !== undefined && url !== undefined && to !== url) {
    return refuse('invalid-payload', '--to and --url name two doors; give one of them.');
  }
  return ok(to ?? url ?? (data === undefined ? doorOfEnvironment(io.env) : undefined));
}

/** Variables that name a door, the first that is set: ours, then those of the source's tools (contracts-2, 8.2). */
const URL_VARIABLES = ['COH_URL', 'COH_REST_URL', 'COHSH_REST_URL', 'HIVE_GATEWAY_URL'] as const;

function doorOfEnvironment(env: Context['io']['env']): string | undefined {
  return URL_VARIABLES.map((name) => env[name]).find((value) => value !== undefined && value !== '');
}

function isConsole(url: string): boolean {
  return url.startsWith('console');
}

function localDoor(places: Places): Result<string> {
  const known = readAddresses(places);
  const socket = known === undefined && existsSync(places.socket) ? places.socket : known?.socket;
  if (socket !== undefined && Buffer.byteLength(socket) <= SOCKET_PATH_BYTES_MAX) return ok(`unix:${socket}`);
  const isTls = (door: string): boolean => known?.tls?.includes(door) === true;
  if (known?.secure9p !== undefined) return ok(`${isTls('secure9p') ? '9ps' : '9p'}://${hostPort(known.secure9p)}`);
  if (known?.console !== undefined) return ok(`console${isTls('console') ? 's' : ''}://${hostPort(known.console)}`);
  return refuse('unreachable', `No hive runs in ${places.root}.`);
}

/** The ticket: `--ticket`, `COH_TICKET` (a path), else the local one. */
export async function sessionToken(context: Context, fallback: 'queen' | 'approver'): Promise<Result<string>> {
  const named = context.globals.ticket ?? context.io.env.COH_TICKET;
  if (named !== undefined && named !== '') return readToken(context, named);
  const { places } = context;
  if (!places.ok) return places;
  const file = fallback === 'queen' ? places.value.queenTicket : places.value.approverTicket;
  if (existsSync(file)) return readTokenFile(context, file);
  return refuse('not-found', `There is no ticket ${file}; name one with --ticket FILE.`);
}

function consoleToken(context: Context): Result<string> {
  const named = context.globals.consoleToken;
  if (named !== undefined) return readConsoleToken(context, named);
  return context.places.ok
    ? readTokenFile(context, context.places.value.consoleToken, 'console token')
    : context.places;
}

/** The role a ticket names; the hive checks it. A form that does not tell is taken for the Queen's. */
async function roleOf(token: string): Promise<string> {
  const [{ unverifiedTicket }, { nodeTicketCrypto }] = await Promise.all([
    import('@cohesix/ticket'),
    import('@cohesix/ticket/node'),
  ]);
  const facts = unverifiedTicket(nodeTicketCrypto, token);
  return facts.ok ? facts.value.role : 'queen';
}
