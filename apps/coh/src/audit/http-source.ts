// A log behind `http://` or `https://`: a pack that somebody serves as plain files, or any host of the C2SP tlog-tiles layout.
// The host is nobody's friend: every answer has a time limit and a size limit, a redirect stays with its scheme, and a ticket
// stays with its host.

import type { ClientTls, HttpAnswer, HttpSender } from '@cohesix/client';
import type { LogSource } from '@cohesix/journal';
import { ok, type Result, refuse } from '@cohesix/wire';
import { errorText } from '../token.ts';

/** Milliseconds for one file, to its last byte. */
const TIMEOUT_MS = 30_000;
const REDIRECTS_MAX = 3;
/** Not there, and gone. Anything else that is no success says nothing about the log. */
const MISSING: ReadonlySet<number> = new Set([404, 410]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether a place is one for `httpSource`. */
export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** What a host is shown, and whom of it is believed. */
export interface HttpAccess {
  /** The ticket for a hive whose log is not public; sent to this host and to no other. */
  readonly ticket?: string | undefined;
  readonly tls?: ClientTls | undefined;
}

/** The log below a URL. `invalid-payload` when the URL is not one of a folder; files refuse with `unreachable` or `timeout`. */
export function httpSource(
  text: string,
  timeoutMs: number = TIMEOUT_MS,
  { ticket, tls }: HttpAccess = {},
): Result<LogSource> {
  const base = URL.canParse(text) ? new URL(text) : undefined;
  const isFolder = base !== undefined && base.search === '' && base.hash === '';
  if (!isFolder || base.username !== '' || base.password !== '')
    return refuse('invalid-payload', 'A log is at a URL like https://host/path, without user, query or fragment.');
  const root = base.href.replace(/\/*$/, '/');
  const host = new URL(root).origin;
  const headersFor = (url: URL): Readonly<Record<string, string>> => ({
    'user-agent': 'coh-audit',
    ...(ticket === undefined || url.origin !== host ? {} : { authorization: `Bearer ${ticket}` }),
  });
  let sender: Promise<HttpSender> | undefined;
  const read: LogSource['read'] = async (path, sizeMax) => {
    sender ??= import('@cohesix/client').then(({ nodeSender }) => nodeSender(tls ?? {}));
    return readFile(new URL(path, root), { sizeMax, timeoutMs, headersFor, send: await sender });
  };
  return ok({ name: root, read });
}

interface Reading {
  readonly sizeMax: number;
  readonly timeoutMs: number;
  readonly headersFor: (url: URL) => Readonly<Record<string, string>>;
  readonly send: HttpSender;
}

async function readFile(url: URL, reading: Reading): Promise<Result<Uint8Array | undefined>> {
  const { sizeMax, timeoutMs } = reading;
  const giveUp = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    giveUp.abort();
  }, timeoutMs);
  try {
    const answer = await follow(url, reading, giveUp.signal);
    if (isLate) return refuse('timeout', `${url.href}: not answered within ${timeoutMs} ms.`);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    if (status === 200) return ok(await firstBytes(body, sizeMax));
    return MISSING.has(status) ? ok(undefined) : refuse('unreachable', `${url.href}: HTTP status ${status}.`);
  } catch (error) {
    if (isLate) return refuse('timeout', `${url.href}: not answered within ${timeoutMs} ms.`);
    return refuse('unreachable', `${url.href}: ${errorText(error)}.`);
  } finally {
    clearTimeout(timer);
    // What of an answer is not read is not wanted.
    giveUp.abort();
  }
}

async function follow(url: URL, { send, headersFor }: Reading, signal: AbortSignal): Promise<Result<HttpAnswer>> {
  let at = url;
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const answer = await send({ method: 'GET', url: at.href, headers: headersFor(at), signal });
    if (answer.kind !== 'answer') return refuse('unreachable', `${at.href}: ${answer.why}.`);
    if (!REDIRECTS.has(answer.status)) return ok(answer);
    for await (const _ of answer.body) break;
    const target = answer.header('location') ?? '';
    const next = target !== '' && URL.canParse(target, at.href) ? new URL(target, at) : undefined;
    if (next?.protocol !== at.protocol)
      return refuse('unreachable', `${at.href} leads to ${target || 'nowhere'}: another scheme is not followed.`);
    at = next;
  }
  return refuse('unreachable', `${url.href}: more than ${REDIRECTS_MAX} redirects.`);
}

/** At most so many bytes; what comes after them is not waited for. */
async function firstBytes(body: AsyncIterable<Uint8Array>, sizeMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= sizeMax) break;
  }
  return Buffer.concat(chunks).subarray(0, sizeMax);
}
