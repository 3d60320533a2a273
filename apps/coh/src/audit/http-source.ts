// A log behind `http://` or `https://`: a pack that somebody serves as plain files, or any host of the C2SP tlog-tiles layout.
// The host is nobody's friend: every answer has a time limit and a size limit, and a redirect stays with its scheme.

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

/** The log below a URL. `invalid-payload` when the URL is not one of a folder; files refuse with `unreachable` or `timeout`. */
export function httpSource(text: string, timeoutMs: number = TIMEOUT_MS): Result<LogSource> {
  const base = URL.canParse(text) ? new URL(text) : undefined;
  const isFolder = base !== undefined && base.search === '' && base.hash === '';
  if (!isFolder || base.username !== '' || base.password !== '')
    return refuse('invalid-payload', 'A log is at a URL like https://host/path, without user, query or fragment.');
  const root = base.href.replace(/\/*$/, '/');
  return ok({ name: root, read: (path, sizeMax) => readFile(new URL(path, root), { sizeMax, timeoutMs }) });
}

interface Limits {
  readonly sizeMax: number;
  readonly timeoutMs: number;
}

async function readFile(url: URL, { sizeMax, timeoutMs }: Limits): Promise<Result<Uint8Array | undefined>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    const answer = await follow(url, late.signal);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    if (status === 200) return ok(await firstBytes(body, sizeMax));
    await body?.cancel();
    return MISSING.has(status) ? ok(undefined) : refuse('unreachable', `${url.href}: HTTP status ${status}.`);
  } catch (error) {
    if (late.signal.aborted) return refuse('timeout', `${url.href}: not answered within ${timeoutMs} ms.`);
    return refuse('unreachable', `${url.href}: ${errorText(error instanceof Error ? (error.cause ?? error) : error)}.`);
  } finally {
    clearTimeout(timer);
  }
}

async function follow(url: URL, signal: AbortSignal): Promise<Result<Response>> {
  let at = url;
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const response = await fetch(at.href, { redirect: 'manual', signal, headers: { 'user-agent': 'coh-audit' } });
    if (!REDIRECTS.has(response.status)) return ok(response);
    await response.body?.cancel();
    const target = response.headers.get('location') ?? '';
    const next = target !== '' && URL.canParse(target, at.href) ? new URL(target, at) : undefined;
    if (next?.protocol !== at.protocol)
      return refuse('unreachable', `${at.href} leads to ${target || 'nowhere'}: another scheme is not followed.`);
    at = next;
  }
  return refuse('unreachable', `${url.href}: more than ${REDIRECTS_MAX} redirects.`);
}

/** At most so many bytes; what comes after them is not waited for. */
async function firstBytes(body: ReadableStream<Uint8Array> | null, sizeMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= sizeMax) break; // Leaving the loop cancels the stream.
  }
  return Buffer.concat(chunks).subarray(0, sizeMax);
}
