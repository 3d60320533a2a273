// A hive of this process with its HTTP door on a free port, and what tests ask it. The next test of a file gets another one.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHttp } from '@cohesix/coh';
import type { Manifest } from '@cohesix/manifest';
import { type Hive, type Host, loadKeyRing, startHive } from '@cohesix/node';
import { activeKey, type Claims, mint } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { afterEach } from 'vitest';

/** An answer that was read. */
export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; `{}` when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What goes with a request. */
export interface AskOptions {
  /** Default: the queen's. Empty: none. */
  readonly ticket?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A hive with a gateway. */
export interface Stand {
  readonly hive: Hive;
  readonly url: string;
  ask(method: string, target: string, how?: AskOptions): Promise<Answered>;
  get(target: string, ticket?: string): Promise<Answered>;
  post(target: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>;
  /** A ticket of this hive. */
  ticketOf(claims: Partial<Claims>): Promise<string>;
}

/** Starts stands that end with the test. Called at the top of the file; `change`: of a manifest in which nothing needs approval. */
export function stands(): (change?: (manifest: Manifest) => Manifest, host?: Partial<Host>) => Promise<Stand> {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  return async (change = (manifest) => manifest, host = {}) => {
    const directory = mkdtempSync(join(tmpdir(), 'cohesix-gateway-'));
    closers.push(async () => rmSync(directory, { recursive: true, force: true }));
    const adjust = (manifest: Manifest): Manifest =>
      change({
        ...manifest,
        listen: { ...manifest.listen, secure9p: '', console: '', http: '127.0.0.1:0' },
        policy: { ...manifest.policy, enabled: false },
        workers: { ...manifest.workers, start: [] },
      });
    const hive = given(await startHive({ directory, adjust, openHttp, host }));
    closers.unshift(() => hive.stop());
    return standOf(hive);
  };
}

function standOf(hive: Hive): Stand {
  const url = hive.addresses.http ?? '';
  const queen = readFileSync(hive.paths.queenTicket, 'utf8').trim();
  const ask: Stand['ask'] = (method, target, how = {}) => asked(`${url}${target}`, method, { ticket: queen, ...how });
  return {
    hive,
    url,
    ask,
    get: (target, ticket = queen) => ask('GET', target, { ticket }),
    post: (target, body, headers = {}) => ask('POST', target, { body: JSON.stringify(body), headers }),
    ticketOf: (claims) => ticketOf(hive, claims),
  };
}

async function asked(url: string, method: string, { ticket = '', body, headers = {} }: AskOptions): Promise<Answered> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(ticket === '' ? {} : { authorization: `Bearer ${ticket}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const json = type.includes('json') ? (JSON.parse(text) as Answered['json']) : {};
  return { status: response.status, type, headers: response.headers, text, json };
}

async function ticketOf(hive: Hive, claims: Partial<Claims>): Promise<string> {
  const keys = given(await loadKeyRing(hive.paths, hive.manifest.tickets));
  const { audience } = hive.manifest.hive;
  const made = { id: randomTicketId(), audience, role: 'queen', subject: 'tester', ...claims } as const;
  return given(mint(nodeTicketCrypto, activeKey(keys), made));
}

/** The value. @throws Error when it was refused. */
export function given<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}
