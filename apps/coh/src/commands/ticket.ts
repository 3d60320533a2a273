// ticket mint, attenuate, inspect, revoke. Minting and inspecting need no running hive, only its keys; attenuating needs
// nothing but the ticket. A token leaves only to stdout or into a file of mode 0600.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  activeKey,
  attenuate,
  DEFAULT_TICKET_LIMITS,
  formatClaims,
  limitsOfManifest,
  mint,
  parseQuota,
  parseRole,
  parseScope,
  type Quotas,
  ROLES,
  type Scope,
  type TicketFacts,
  type TicketLimits,
  unverifiedTicket,
  verify,
} from '@cohesix/ticket';
import { nodeTicketCrypto as crypto } from '@cohesix/ticket/node';
import { ok, type Refusal, type Result } from '@cohesix/wire';
import { answer, type Context, note, sayJson } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { parseMoment } from '../duration.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { type LocalKeys, localKeys } from '../local-keys.ts';
import { DONE, sessionToken, withHive } from '../session.ts';
import { errorText, readToken } from '../token.ts';

const TICKET_CTL = '/queen/ticket/ctl';

/** What limits a ticket, as text. */
export interface LimitOptions {
  readonly scope?: readonly string[];
  readonly quota?: readonly string[];
  /** A duration, a moment or `never`. */
  readonly ttl?: string;
  readonly notBefore?: string;
  readonly out?: string;
}

/** What `coh ticket mint` is told. */
export interface MintOptions extends LimitOptions {
  readonly role: string;
  readonly subject: string;
  readonly audience?: string;
}

/** Expiry of a minted ticket nobody gave one. */
export const TTL_DEFAULT = '8h';

/** `coh ticket mint`: a new ticket. JSON: `{ticket: {...facts}, file}` with `--out`, else `{ticket, token}`. */
export async function mintTicket(context: Context, options: MintOptions): Promise<number> {
  const role = parseRole(options.role);
  if (role === undefined) return misused(context, 'cannot mint', `Roles are ${ROLES.join(', ')}.`);
  const limits = limitsOf({ ttl: TTL_DEFAULT, ...options });
  if (!limits.ok) return misused(context, 'cannot mint', limits.refusal.detail);
  const local = await keysOf(context);
  if (!local.ok) return refused(context, 'cannot mint', local.refusal);
  const { ring, audience } = local.value;
  const claims = {
    id: randomBytes(16),
    audience: options.audience ?? audience,
    role,
    subject: options.subject,
    ...limits.value,
  };
  const token = mint(crypto, activeKey(ring), claims, await limitsOfHive(context));
  return token.ok ? handOut(context, token.value, options.out) : misused(context, 'cannot mint', token.refusal.detail);
}

/** What `coh ticket attenuate` is told. */
export interface AttenuateOptions extends LimitOptions {
  /** Name of the new holder; appended to the subject. */
  readonly name?: string;
}

/** `coh ticket attenuate`: a narrower ticket, offline. JSON as for mint. */
export async function attenuateTicket(
  context: Context,
  source: string | undefined,
  options: AttenuateOptions,
): Promise<number> {
  const parent = await tokenFrom(context, source);
  if (!parent.ok) return unreadable(context, parent.refusal);
  const limits = limitsOf(options);
  if (!limits.ok) return misused(context, 'cannot attenuate', limits.refusal.detail, 'attenuate');
  const suffix = options.name === undefined ? {} : { subjectSuffix: options.name };
  const restriction = { nonce: randomBytes(16), ...limits.value, ...suffix };
  const child = attenuate(crypto, parent.value, restriction, await limitsOfHive(context));
  return child.ok ? handOut(context, child.value, options.out) : refused(context, 'cannot attenuate', child.refusal);
}

/**
 * `coh ticket inspect`: what a ticket says, and whether this data directory's keys made it. JSON: `{ticket, verified,
 * reason}`; `verified` is null when there are no keys here.
 */
export async function inspectTicket(context: Context, source: string | undefined): Promise<number> {
  const token = await tokenFrom(context, source);
  if (!token.ok) return unreadable(context, token.refusal);
  const facts = unverifiedTicket(crypto, token.value, LOOKING);
  if (!facts.ok)
    return fail(context, { ...failureOf('this is no ticket that can be shown', facts.refusal), advice: ANOTHER });
  const { verified, reason } = await verdict(context, token.value);
  const word = verified === null ? 'unknown' : verified ? 'yes' : 'no';
  const lines = [
    ...formatClaims(facts.value).trimEnd().split('\n'),
    `verified ${word}${reason === '' ? '' : ` (${reason})`}`,
  ];
  answer(context, { ticket: factsJson(facts.value), verified, reason }, lines);
  return DONE;
}

async function verdict(
  context: Context,
  token: string,
): Promise<{ readonly verified: boolean | null; readonly reason: string }> {
  const local = await keysOf(context);
  if (!local.ok) return { verified: null, reason: local.refusal.detail };
  const { ring, audience } = local.value;
  const limits = await limitsOfHive(context);
  const checked = verify(crypto, ring, token, { audience, nowMs: Date.now(), limits });
  // Whether it was revoked only the running hive knows.
  return checked.ok ? { verified: true, reason: '' } : { verified: false, reason: checked.refusal.detail };
}

/** `coh ticket revoke`: ends a ticket and all made from it, through the running hive. JSON: `{id}`. */
export async function revokeTicket(
  context: Context,
  source: string,
  options: { readonly reason?: string; readonly wait?: number },
): Promise<number> {
  const target = await revocable(context, source);
  if (!target.ok) return refused(context, 'cannot tell which ticket to revoke', target.refusal);
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const control = { path: TICKET_CTL, line: JSON.stringify({ revoke: { ...target.value, ...reason } }) };
  const { id } = target.value;
  return withHive(context, async (client) => {
    const sent = await submit(context, client, control, options.wait);
    if (!sent.ok) return failLine(context, client, { what: `cannot revoke ${id}`, refusal: sent.refusal, control });
    answer(context, { id }, [`revoked ${id}`]);
    return DONE;
  });
}

/** The id of a ticket: given as such, or of the newest block of a token, so that its siblings go on. */
async function revocable(
  context: Context,
  source: string,
): Promise<Result<{ readonly id: string; readonly expires_ms?: number }>> {
  if (/^[0-9a-f]{32}$/.test(source)) return ok({ id: source });
  const token = await readToken(context, source);
  if (!token.ok) return token;
  const facts = unverifiedTicket(crypto, token.value, LOOKING);
  if (!facts.ok) return facts;
  const { ids, expiresMs } = facts.value;
  return ok({ id: ids.at(-1) ?? '', ...(expiresMs === 0 ? {} : { expires_ms: expiresMs }) });
}

async function keysOf({ places }: Context): Promise<Result<LocalKeys>> {
  return places.ok ? localKeys(places.value) : places;
}

/** For tickets to show or to revoke: more than any manifest allows, since no hive may take them any more. */
const LOOKING: TicketLimits = {
  ...DEFAULT_TICKET_LIMITS,
  tokenLengthMax: 65_535,
  depthMax: 32,
  scopesMax: 32,
  scopePathBytesMax: 512,
};

/**
 * The limits of the hive in the data directory, so that nobody is handed a ticket that it refuses; the defaults where
 * there is no manifest that reads, as for somebody who only holds a ticket of a hive elsewhere.
 */
export async function limitsOfHive({ places }: Context): Promise<TicketLimits> {
  if (!places.ok || !existsSync(places.value.manifest)) return DEFAULT_TICKET_LIMITS;
  const { parseManifest } = await import('@cohesix/manifest');
  try {
    const parsed = parseManifest(readFileSync(places.value.manifest));
    return parsed.ok ? limitsOfManifest(parsed.manifest.tickets) : DEFAULT_TICKET_LIMITS;
  } catch {
    return DEFAULT_TICKET_LIMITS; // Not readable: what is wrong with it, `coh manifest check` and `coh doctor` say.
  }
}

function tokenFrom(context: Context, source: string | undefined): Promise<Result<string>> {
  return source === undefined ? sessionToken(context, 'queen') : readToken(context, source);
}

interface Limits {
  readonly scopes?: readonly Scope[];
  readonly quotas?: Quotas;
  readonly notBeforeMs?: number;
  readonly expiresMs?: number;
}

function limitsOf({ scope = [], quota = [], ttl, notBefore }: LimitOptions): Result<Limits> {
  const scopes: Scope[] = [];
  for (const text of scope) {
    const parsed = parseScope(text);
    if (!parsed.ok) return parsed;
    scopes.push(parsed.value);
  }
  let quotas: Quotas = {};
  for (const text of quota) {
    const parsed = parseQuota(text);
    if (!parsed.ok) return parsed;
    quotas = { ...quotas, ...parsed.value };
  }
  const times = timesOf(ttl, notBefore);
  if (!times.ok) return times;
  return ok({ ...(scopes.length === 0 ? {} : { scopes }), ...(quota.length === 0 ? {} : { quotas }), ...times.value });
}

function timesOf(
  ttl: string | undefined,
  notBefore: string | undefined,
): Result<Pick<Limits, 'notBeforeMs' | 'expiresMs'>> {
  const now = Date.now();
  const from = notBefore === undefined ? undefined : parseMoment(notBefore, now);
  if (from?.ok === false) return from;
  const until = ttl === undefined || ttl === 'never' ? undefined : parseMoment(ttl, from?.value ?? now);
  if (until?.ok === false) return until;
  const start = from === undefined ? {} : { notBeforeMs: from.value };
  return ok({ ...start, ...(until === undefined ? {} : { expiresMs: until.value }) });
}

/** Gives a fresh token to its maker: to stdout, or into a new file that only they can read. */
function handOut(context: Context, token: string, out: string | undefined): number {
  const facts = unverifiedTicket(crypto, token, LOOKING);
  if (!facts.ok) return refused(context, 'the new ticket does not parse', facts.refusal);
  const ticket = factsJson(facts.value);
  if (out === undefined) {
    if (context.json) sayJson(context, { ticket, token });
    else context.io.stdout.write(`${token}\n`);
    return DONE;
  }
  const file = resolve(context.io.cwd, out);
  try {
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const sentence = `${file}: ${errorText(error)}.`;
    return fail(context, {
      what: 'cannot write the ticket',
      code: 'failed',
      sentence,
      advice: ['Choose another file with --out FILE'],
    });
  }
  if (context.json) sayJson(context, { ticket, file });
  else note(context, `ticket ${facts.value.fingerprint} written to ${file}`);
  return DONE;
}

function factsJson(facts: TicketFacts): Record<string, unknown> {
  const { form, fingerprint, ids, keyId, role, subject, audience, notBeforeMs, expiresMs, blocks } = facts;
  const span = {
    not_before_ms: notBeforeMs === 0 ? null : notBeforeMs,
    expires_ms: expiresMs === 0 ? null : expiresMs,
  };
  const limits = blocks.map(({ id, scopes, quotas }) => ({ id, scopes, quotas }));
  return { form, fingerprint, ids, key: keyId, role, subject, audience, ...span, blocks: limits };
}

function refused(context: Context, what: string, refusal: Refusal): number {
  return fail(context, failureOf(what, refusal));
}

const ANOTHER = [`Name another file, or make a ticket: ${COMMAND} ticket mint --help`];

/** No ticket to look at: inspecting it is no advice. */
function unreadable(context: Context, refusal: Refusal): number {
  return fail(context, { ...failureOf('cannot read the ticket', refusal), advice: ANOTHER });
}

function misused(context: Context, what: string, sentence: string, verb: 'mint' | 'attenuate' = 'mint'): number {
  return fail(context, { what, code: 'usage', sentence, advice: [`Help: ${COMMAND} ticket ${verb} --help`] });
}
