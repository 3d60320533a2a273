// Acknowledgements of the line console: one `OK` or `ERR` line per command, `END` after a stream.
//
//   OK ECHO path=/queen/ctl bytes=53
//   ERR CAT reason=policy detail=invalid-path path=/nope error=ENOENT
//
// Everything after the verb of an ERR line follows from the refusal's row in refusal.ts, so every client can print
// the same line. Four fixed lines of the transport (AUTH, FRAME, CONSOLE, PARSE) have a shape of their own. Source:
// cohesix contracts, sections 2.1, 2.2 and 2.4; ADR 0001.

import { utf8Length } from '@cohesix/bytes';
import { codeOfErrno, REFUSALS, type Refusal, type RefusalCode, type RefusalTag, refusal } from './refusal.ts';

/** Ends a stream of data lines. */
export const END_LINE = 'END';
/** Answers a frame over the limit. */
export const FRAME_ERROR_LINE = 'ERR FRAME reason=invalid-length';
/** Says that the session was idle too long. */
export const CONSOLE_TIMEOUT_LINE = 'ERR CONSOLE reason=timeout';
/** Answers a command whose acknowledgement is longer than a line may be. */
export const ACK_TRUNCATED_LINE = 'ERR PARSE reason=policy detail=ack-truncated';

/** Why AUTH failed, in its answer. */
export type AuthFailure = 'invalid-length' | 'expected-token' | 'invalid-token' | 'timeout';

/** What an ERR line tells beside the refusal. */
export interface AckContext {
  /** The path the command named. Left out of the line when it holds control characters. */
  readonly path?: string;
  /** When to try again, in milliseconds. */
  readonly delayMs?: number;
}

/** `OK <VERB>[ detail]`. `verb` in any case. */
export function formatOk(verb: string, detail = ''): string {
  return detail === '' ? `OK ${verb.toUpperCase()}` : `OK ${verb.toUpperCase()} ${detail}`;
}

/** `ERR <VERB> reason=<tag> detail=<code>[ delay_ms=<n>][ path=<p>] error=<ERRNO NAME>`. */
export function formatErr(verb: string, code: RefusalCode, context: AckContext = {}): string {
  const { tag, errnoName } = REFUSALS[code];
  const delay = context.delayMs === undefined ? '' : ` delay_ms=${Math.max(0, Math.ceil(context.delayMs))}`;
  const path = context.path === undefined || CONTROLS.test(context.path) ? '' : ` path=${context.path}`;
  return `ERR ${verb.toUpperCase()} reason=${tag} detail=${code}${delay}${path} error=${errnoName}`;
}

/** `ERR PARSE reason=policy detail=<text>`; the text is the detail of what `parseConsoleLine` refused. */
export function formatParseError(text: string): string {
  return `ERR PARSE reason=policy detail=${text}`;
}

/** `ERR AUTH reason=<failure>`. */
export function formatAuthError(failure: AuthFailure): string {
  return `ERR AUTH reason=${failure}`;
}

/** `line`, or `ACK_TRUNCATED_LINE` when it has more than `lineBytesMax` bytes. */
export function boundAck(line: string, lineBytesMax: number): string {
  return utf8Length(line) <= lineBytesMax ? line : ACK_TRUNCATED_LINE;
}

/** A line that a console server sent. `data` is a line of a stream, or of output before an OK. */
export type ConsoleAnswer =
  | { readonly kind: 'ok'; readonly verb: string; readonly detail: string }
  | { readonly kind: 'err'; readonly verb: string; readonly refusal: Refusal; readonly context: AckContext }
  | { readonly kind: 'end' }
  | { readonly kind: 'data'; readonly line: string };

/**
 * Reads a line from a server. Never fails: what is no acknowledgement is data. An ERR line with words of another
 * server's becomes the nearest code, at worst `internal` with the whole line as detail. A bare `PONG` is read as
 * `OK PING reply=pong`.
 */
export function parseAnswer(line: string): ConsoleAnswer {
  if (line === END_LINE) return { kind: 'end' };
  if (line === 'PONG') return { kind: 'ok', verb: 'PING', detail: 'reply=pong' };
  const match = ACK.exec(line);
  if (match === null) return { kind: 'data', line };
  const [, status, verb = '', detail = ''] = match;
  return status === 'OK' ? { kind: 'ok', verb, detail } : parseErr(line, verb, detail);
}

/** The value of `key=` in the detail of an OK line, up to the next ` word=` or the end; undefined when absent. */
export function ackField(detail: string, key: string): string | undefined {
  for (const field of detail.split(/ (?=[a-z_]+=)/)) {
    if (field.startsWith(`${key}=`)) return field.slice(key.length + 1);
  }
  return undefined;
}

const CONTROLS = /\p{Cc}/u;
const ACK = /^(OK|ERR) ([A-Z][A-Z0-9_-]*)(?: (.*))?$/su;
const ERR_DETAIL =
  /^reason=([a-z-]+)(?: detail=([a-z-]+))?(?: delay_ms=([0-9]{1,15}))?(?: path=(.*?))?(?: error=([A-Za-z0-9 ]+))?$/su;
const PARSE_DETAIL = /^reason=policy detail=(.+)$/su;

const ERRNO_BY_NAME: ReadonlyMap<string, number> = new Map(
  Object.values(REFUSALS).map(({ errnoName, errno }) => [errnoName, errno]),
);

/** Reasons of the transport lines, and the tags when a line has neither detail nor error of ours. */
const CODE_BY_REASON: Readonly<Record<string, RefusalCode>> = {
  'invalid-length': 'too-big',
  'expected-token': 'unauthenticated',
  'invalid-token': 'unauthenticated',
  timeout: 'timeout',
  policy: 'denied',
  quota: 'exhausted',
  busy: 'busy',
  cut: 'closed',
} satisfies Record<AuthFailure | RefusalTag, RefusalCode>;

function parseErr(line: string, verb: string, detail: string): ConsoleAnswer {
  const text = verb === 'PARSE' ? PARSE_DETAIL.exec(detail)?.[1] : undefined;
  if (text !== undefined) return { kind: 'err', verb, refusal: refusal('invalid-payload', text), context: {} };
  const match = ERR_DETAIL.exec(detail);
  if (match === null) return { kind: 'err', verb, refusal: refusal('internal', line), context: {} };
  const [, reason = '', word, delay, path, errnoName] = match;
  const context = {
    ...(path === undefined ? {} : { path }),
    ...(delay === undefined ? {} : { delayMs: Number(delay) }),
  };
  return { kind: 'err', verb, refusal: refusal(codeOfWords(reason, word, errnoName)), context };
}

function codeOfWords(reason: string, word: string | undefined, errnoName: string | undefined): RefusalCode {
  if (word !== undefined && Object.hasOwn(REFUSALS, word)) return word as RefusalCode;
  const errno = errnoName === undefined ? undefined : ERRNO_BY_NAME.get(errnoName);
  if (errno !== undefined) return codeOfErrno(errno);
  return Object.hasOwn(CODE_BY_REASON, reason) ? (CODE_BY_REASON[reason] ?? 'internal') : 'internal';
}
