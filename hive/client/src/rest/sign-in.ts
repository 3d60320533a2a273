// Signing a page in with a code instead of a ticket: `POST /v1/signin/code` where the ticket is, the code in a link, and
// `POST /v1/signin/redeem` in the page. The ticket is never in a URL, and the code is in the part of one that no server sees.

import { type Result, refuse } from '@cohesix/wire';
import type { Timers } from '../timers.ts';
import { fetchSender, type HttpAnswer, type HttpSender } from './http-sender.ts';
import { answerOf, type Fields } from './rest-answer.ts';
import { bodyOf } from './rest-link.ts';

/** Which gateway, and how it is reached. */
export interface SignInOptions {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly timers: Timers;
  /** Milliseconds for the answer. Default 5000. */
  readonly deadlineMs?: number;
  /** How requests leave. Default: `fetch`. */
  readonly send?: HttpSender;
}

/** A code, and how long it is good. */
export interface SignInCode {
  readonly code: string;
  readonly expiresInMs: number;
}

/** Who a page is from now on. */
export interface SignedIn {
  readonly ticket: string;
  /** The role of the ticket. */
  readonly role: string;
  /** Its subject: of a worker its id. Absent when the hive does not tell. */
  readonly subject?: string;
}

/** Bytes of an answer. */
const ANSWER_BYTES_MAX = 65_536;

/** Where a page finds the code in the part of its URL behind the `#`. */
const FRAGMENT = '#/sign-in/';

/** The link that signs a page in. An address that means every address is named as this machine's. */
export function signInLink(url: string, code: string): string {
  const base = url.replace(/\/+$/, '').replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  return `${base}/${FRAGMENT}${code}`;
}

/** The code in `location.hash`; undefined when it is another place of the page. */
export function signInCodeOf(hash: string): string | undefined {
  return hash.startsWith(FRAGMENT) ? hash.slice(FRAGMENT.length) : undefined;
}

/** Makes a code for a ticket. Refuses as the hive does about the ticket, or `unreachable`, `timeout`. */
export async function makeSignInCode(ticket: string, options: SignInOptions): Promise<Result<SignInCode>> {
  const answer = await post('/v1/signin/code', {}, { ...options, authorization: `Bearer ${ticket}` });
  if (!answer.ok) return answer;
  const { code, expires_in_ms: expiresInMs } = answer.value;
  if (typeof code !== 'string' || typeof expiresInMs !== 'number') return broken();
  return { ok: true, value: { code, expiresInMs } };
}

/** The ticket of a code. `denied` when it is wrong, used or too old: it is good once, whatever became of the answer. */
export async function redeemSignInCode(code: string, options: SignInOptions): Promise<Result<SignedIn>> {
  const answer = await post('/v1/signin/redeem', { code }, options);
  if (!answer.ok) return answer;
  const { ticket, role, subject } = answer.value;
  if (typeof ticket !== 'string' || typeof role !== 'string') return broken();
  const isTold = typeof subject === 'string' && subject !== '';
  return { ok: true, value: { ticket, role, ...(isTold ? { subject } : {}) } };
}

function broken(): Result<never> {
  return refuse('invalid-frame', 'What answered is no gateway of a hive: a field of its answer is missing.');
}

/** Sends once: a code whose answer was lost is used up, or waits for nobody until it ends. */
async function post(
  route: string,
  json: Fields,
  { url, timers, authorization, deadlineMs = 5000, send = fetchSender() }: SignInOptions & { authorization?: string },
): Promise<Result<Fields>> {
  const giveUp = new AbortController();
  const cancel = timers.after(deadlineMs, () => giveUp.abort());
  const headers = {
    'content-type': 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
  };
  try {
    const body = JSON.stringify(json);
    const target = `${url.replace(/\/+$/, '')}${route}`;
    const answer = await send({ method: 'POST', url: target, headers, body, signal: giveUp.signal });
    if (answer.kind === 'answer') return await fieldsIn(answer);
    return giveUp.signal.aborted ? refuse('timeout') : refuse('unreachable', `No answer from ${url}: ${answer.why}.`);
  } catch {
    return giveUp.signal.aborted ? refuse('timeout') : refuse('unreachable', `The answer of ${url} broke off.`);
  } finally {
    cancel();
  }
}

/** @throws when the connection breaks. */
async function fieldsIn(answer: HttpAnswer): Promise<Result<Fields>> {
  const bytes = await bodyOf(answer, ANSWER_BYTES_MAX);
  return bytes === undefined ? refuse('too-big') : answerOf(answer.status, new TextDecoder().decode(bytes));
}
