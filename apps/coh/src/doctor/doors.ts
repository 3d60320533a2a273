// The doors of a running hive, the tickets to go through them, and what the hive says about itself.

import { existsSync, readFileSync } from 'node:fs';
import { type ClientTls, connect, type HiveClient } from '@cohesix/client';
import { type KeyRing, type TicketFacts, unverifiedTicket, verify } from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { formatSpan } from '../duration.ts';
import { COMMAND } from '../io.ts';
import { type Addresses, hostPort, type Places } from '../places.ts';
import { bad, type Finding, good, SEALED_ADVICE, warn } from './finding.ts';

const DEADLINE_MS = 3000;

/** Tickets that end sooner than this are told. */
const SOON_MS = 3_600_000;

/** A ticket file: whether it parses, was made by these keys, and how long it holds. */
export function ticketFinding(
  check: string,
  file: string,
  keys: { readonly ring: KeyRing; readonly audience: string } | undefined,
): Finding {
  const advice = `remove it and restart the hive to get a new one, or mint one: ${COMMAND} ticket mint`;
  if (!existsSync(file)) return warn(check, `${file} is not there`, 'the first start writes it');
  const token = readSecret(file);
  if (token === undefined) return bad(check, `cannot read ${file}`, 'let its owner read it');
  const facts = unverifiedTicket(nodeTicketCrypto, token);
  if (!facts.ok) return bad(check, facts.refusal.detail, advice);
  if (keys !== undefined) {
    const verified = verify(nodeTicketCrypto, keys.ring, token, { audience: keys.audience, nowMs: Date.now() });
    if (!verified.ok) return bad(check, verified.refusal.detail, advice);
  }
  return spanFinding(check, facts.value);
}

function spanFinding(check: string, { role, subject, fingerprint, expiresMs }: TicketFacts): Finding {
  const who = `${role}:${subject} ${fingerprint}`;
  if (expiresMs === 0) return good(check, `${who}, for ever`);
  const leftMs = expiresMs - Date.now();
  const left = `${who}, ${formatSpan(leftMs)} left`;
  return leftMs < SOON_MS ? warn(check, left, `mint another soon: ${COMMAND} ticket mint`) : good(check, left);
}

/** The secret of the console. */
export function consoleTokenFinding(places: Places): Finding {
  if (!existsSync(places.consoleToken)) return warn('console token', 'there is none yet', 'the first start writes it');
  const token = readSecret(places.consoleToken) ?? '';
  if (/^\S{16,128}$/.test(token)) return good('console token', places.consoleToken);
  return bad('console token', `${places.consoleToken} holds no token`, 'remove it and restart the hive');
}

/** Tries every door of a hive that runs, and reads its health through the first that opens. `tls`: for those behind TLS. */
export async function doorFindings(
  places: Places,
  addresses: Addresses | undefined,
  tls?: ClientTls,
): Promise<readonly Finding[]> {
  if (addresses === undefined) {
    return [bad('doors', 'the hive that runs here wrote no addresses', 'restart it')];
  }
  const ticket = readSecret(places.queenTicket) ?? '';
  const consoleToken = readSecret(places.consoleToken) ?? '';
  const findings: Finding[] = [];
  let health: readonly Finding[] | undefined;
  for (const [check, url] of doorsOf(addresses)) {
    if (isTls(url) && tls === undefined) {
      findings.push(warn(check, `${url}: speaks TLS, not tried`, 'name who signed its certificate: --tls-ca FILE'));
      continue;
    }
    const session = await open({ url, ticket, consoleToken, ...(tls === undefined ? {} : { tls }) });
    findings.push(
      session.ok ? good(check, url) : bad(check, `${url}: ${session.refusal.detail}`, 'restart the hive; see its log'),
    );
    if (!session.ok) continue;
    health ??= await healthFindings(session.value);
    await session.value.close();
  }
  if (findings.length === 0) return [warn('doors', 'all doors are off', 'see [listen] in hive.toml')];
  return [...findings, ...(health ?? [])];
}

function isTls(url: string): boolean {
  return /^(?:9ps|consoles):/.test(url);
}

function doorsOf({
  socket,
  secure9p,
  console,
  tls = [],
}: Addresses): readonly (readonly [check: string, url: string])[] {
  return [
    ...(socket === undefined ? [] : [['socket', `unix:${socket}`] as const]),
    ...(secure9p === undefined
      ? []
      : [['9p', `9p${tls.includes('secure9p') ? 's' : ''}://${hostPort(secure9p)}`] as const]),
    ...(console === undefined
      ? []
      : [['console', `console${tls.includes('console') ? 's' : ''}://${hostPort(console)}`] as const]),
  ];
}

interface Wanted {
  readonly url: string;
  readonly ticket: string;
  readonly consoleToken: string;
  readonly tls?: ClientTls;
}

function open(wanted: Wanted): Promise<Result<HiveClient>> {
  const retry = { attempts: 1, backoffMs: 0, ceilingMs: 0, timeoutMs: DEADLINE_MS };
  return connect({ ...wanted, role: 'queen', deadlineMs: DEADLINE_MS, retry });
}

/** What a hive says about itself. */
export async function healthFindings(client: Pick<HiveClient, 'read'>): Promise<readonly Finding[]> {
  const [state, journal] = await Promise.all([
    textAt(client, '/proc/lifecycle/state'),
    textAt(client, '/proc/journal'),
  ]);
  const isOnline = state.includes('ONLINE');
  const isSealed = journal.includes('state=sealed');
  return [
    isOnline
      ? good('lifecycle', state)
      : warn('lifecycle', state, isSealed ? SEALED_ADVICE : `bring it back: ${COMMAND} lifecycle resume`),
    isSealed ? bad('journal', journal, SEALED_ADVICE) : good('journal', journal.split(' state_sha256=')[0] ?? journal),
  ];
}

async function textAt(client: Pick<HiveClient, 'read'>, path: string): Promise<string> {
  const text = await client.read(path);
  return text.ok ? new TextDecoder().decode(text.value).trim() : `cannot read ${path}: ${text.refusal.detail}`;
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined; // Each caller says what it could not read.
  }
}
