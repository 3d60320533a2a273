// Who may talk to this gateway at all, before any work is done: a `Host` that is ours (against DNS rebinding), an `Origin` that is
// ours or listed (against other pages in the same browser), and no header twice that two readers could take differently.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type Refusal, refusal } from '@cohesix/wire';
import { type ProblemReply, problem } from './problem.ts';

/** What a guard lets in. */
export interface GuardOptions {
  /** The address that is listened on. */
  readonly listen: string;
  /** `http` or `https`: what an own origin begins with. */
  readonly scheme: 'http' | 'https';
  /** More names under which the gateway is reached, without port. */
  readonly hosts: readonly string[];
  /** Other origins whose pages may ask: `https://panel.example`. */
  readonly origins: readonly string[];
  readonly headersMax: number;
}

/** A request that is let in; `origin` is that of a page from elsewhere that is listed. */
export interface Admitted {
  readonly origin: string | undefined;
}

/** Headers of which a second one is refused: the parser takes the first or the last, another reader may not. */
const SINGLE = new Set(['host', 'origin', 'authorization', 'x-cohesix-ticket', 'x-cohesix-session']);
const SINGLE_TOO = ['content-type', 'content-encoding', 'idempotency-key', 'last-event-id'];
for (const name of SINGLE_TOO) SINGLE.add(name);

/** `Host` headers that were found to be ours; a bounded cache of spellings. */
const KNOWN_MAX = 64;

const NOT_LISTED: Admitted = { origin: undefined };

/** Checks the head of every request and of every upgrade. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #known = new Set<string>();

  constructor(options: GuardOptions) {
    this.#options = options;
    const { listen, hosts, origins } = options;
    this.#hosts = new Set(['localhost', '127.0.0.1', '::1', listen, ...hosts].map((host) => host.toLowerCase()));
    this.#origins = new Set(origins);
  }

  /** Lets a request in, or says what to answer: 400, 403, 421, 431 or 505. */
  check(request: IncomingMessage): Admitted | ProblemReply {
    const { headers, rawHeaders } = request;
    if (request.httpVersionMajor !== 1) return problem(OLD_HTTP, { status: 505 });
    if (rawHeaders.length > 2 * this.#options.headersMax) return problem(refusal('too-big', TOO_MANY), { status: 431 });
    if (rawHeaders.length !== 2 * Object.keys(headers).length) {
      const twice = repeated(rawHeaders);
      if (twice !== undefined) return problem(refusal('invalid-frame', `The header ${twice} is there twice.`));
    }
    const { host, origin } = headers;
    if (host === undefined || !this.#isOurs(host)) return problem(foreignHost(), { status: 421 });
    if (origin === undefined) return isCrossSite(request) ? problem(FOREIGN_ORIGIN) : NOT_LISTED;
    if (origin === `${this.#options.scheme}://${host}`) return NOT_LISTED;
    return this.#origins.has(origin) ? { origin } : problem(FOREIGN_ORIGIN);
  }

  #isOurs(host: string): boolean {
    if (this.#known.has(host)) return true;
    const name = hostName(host);
    if (name === undefined || !(this.#hosts.has(name) || this.#isReachableAddress(name))) return false;
    if (this.#known.size < KNOWN_MAX) this.#known.add(host);
    return true;
  }

  /** An address is no name that somebody could let point here; beyond loopback it is how a machine is reached. */
  #isReachableAddress(name: string): boolean {
    const { listen } = this.#options;
    const isRemote = listen === '0.0.0.0' || listen === '::';
    return (isRemote && isIP(name) !== 0) || (isIP(name) === 4 && name.startsWith('127.'));
  }
}

const OLD_HTTP = refusal('invalid-frame', 'This is HTTP/1.1.');

const TOO_MANY = 'The request has too many headers.';

const FOREIGN_ORIGIN: Refusal = refusal(
  'denied',
  'Pages of this origin may not ask; gateway.origins in hive.toml lists those that may.',
);

function foreignHost(): Refusal {
  return refusal('denied', 'This gateway is not known by that name; gateway.hosts in hive.toml lists its names.');
}

/** The host of a `Host` header in lower case, without port and brackets; undefined when it is malformed. */
function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::[0-9]{1,5})?$/.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** A browser says so itself when another site's page asks without an `Origin`; a person who follows a link may come in. */
function isCrossSite({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const isLink = headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD');
  return !isLink;
}

function repeated(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (SINGLE.has(name) && seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
