// One OTLP request over HTTP, and what its answer means (OTLP 1.x, "OTLP/HTTP Response"): 2xx is taken, 429, 502, 503 and 504 may be tried
// again, everything else is refused.

import type { Timers } from '@cohesix/client';

/** What came of one request. */
export type Sent =
  | { readonly kind: 'taken'; readonly rejectedPoints: number; readonly detail: string }
  | { readonly kind: 'later'; readonly retryAfterMs: number | undefined; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string };

/** Bounds of a request. */
export interface SendOptions {
  /** Aborted when the exporter closes. */
  readonly signal: AbortController['signal'];
  readonly answerMs: number;
  readonly timers: Timers;
}

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Bytes of an answer that are read; it holds a count and a sentence. */
const ANSWER_BYTES_MAX = 16_384;

/** Why a URL cannot be exported to; undefined when it can. */
export function otlpUrlProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return 'it is no URL';
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return 'it is not http:// or https://';
  return username === '' && password === '' ? undefined : 'it holds a name or a password';
}

/** Sends a body. Never throws; `detail` holds no part of the body. */
export async function sendOnce(url: string, body: string, { signal, answerMs, timers }: SendOptions): Promise<Sent> {
  const problem = otlpUrlProblem(url);
  if (problem !== undefined) return { kind: 'refused', detail: `The URL of the collector is not fit: ${problem}.` };
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  const cancel = timers.after(answerMs, abort);
  signal.addEventListener('abort', abort);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal: aborter.signal,
    });
    return await meaningOf(response);
  } catch (error) {
    return { kind: 'later', retryAfterMs: undefined, detail: `The collector cannot be reached: ${reasonOf(error)}.` };
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
  }
}

async function meaningOf(response: Response): Promise<Sent> {
  const { status, headers } = response;
  if (status >= 200 && status < 300) {
    const rejectedPoints = rejectedIn(await boundedText(response));
    return { kind: 'taken', rejectedPoints, detail: '' };
  }
  await response.body?.cancel();
  const detail = `The collector answered ${status}.`;
  if (!RETRYABLE.has(status)) return { kind: 'refused', detail };
  return { kind: 'later', retryAfterMs: retryAfterMs(headers.get('retry-after')), detail };
}

async function boundedText({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX) return '';
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** `partialSuccess.rejectedDataPoints`, a 64-bit integer as text; 0 when the answer does not say. */
function rejectedIn(text: string): number {
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedDataPoints?: unknown } } | null;
    const count = Number(answer?.partialSuccess?.rejectedDataPoints ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  } catch {
    return 0; // An empty body, or protobuf: it took everything.
  }
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? ('code' in cause && String(cause.code)) || cause.name : 'unknown';
}
