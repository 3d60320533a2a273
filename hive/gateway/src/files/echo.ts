// Writing: what `echo` does with a line, for the routes of files and for those of control files, so that both give one answer
// and share one memory of idempotency keys.

import type { IncomingHttpHeaders } from 'node:http';
import { utf8Length } from '@cohesix/bytes';
import { APPEND_MAX_BYTES_DEFAULT, type HiveClient, type LineResult } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import type { ControlDoc } from '../hive-port.ts';
import { problem } from '../http/problem.ts';
import type { PartContext } from '../parts.ts';
import type { Reply } from '../route.ts';
import { answerReply, errAnswer, type FileAnswer, okAnswer } from './answer.ts';
import { Controls } from './controls.ts';
import { type IdempotencyCounts, IdempotencyKeys, type KeyedWrite, type WriteReply } from './idempotency.ts';
import { type Written, writeLines } from './line-write.ts';

/** Lines that are wanted in a file: `text` is what is appended, `bytes` what the answer says of its length. */
export interface EchoWanted {
  readonly path: string;
  readonly text: string;
  /** Bytes of the line as it came, when it was one line; else those that were appended. */
  readonly lineBytes: number | undefined;
  /** Where the text is written when that is not `path`: the intents file, for a line that an intent carries. */
  readonly through?: string;
}

/** How a write is asked for once. */
export interface EchoOnce {
  readonly caller: Caller;
  /** Undefined: not remembered. */
  readonly key: string | undefined;
  /** What the key stands for: the whole body, and the path when that is not in it. */
  readonly body: Uint8Array;
  /** Those of the request, for what a caller who tries again says in them. */
  readonly headers?: IncomingHttpHeaders;
}

/**
 * `x-cohesix-expect-instance`: the gateway (`x-cohesix-instance`) that the first try went to. Another one remembers no key of
 * it and must not write.
 */
const EXPECT_INSTANCE = 'x-cohesix-expect-instance';

/** `x-cohesix-settled`: keys whose answers the caller has; they need not be remembered for it any longer. */
const SETTLED = 'x-cohesix-settled';
const SETTLED_MAX = 64;

/** The writer of a gateway. */
export class Echo {
  readonly controls: Controls;
  readonly #deadlineMs: number;
  readonly #keys: IdempotencyKeys;
  readonly #instance: string;

  constructor({ hive, settings, instance }: PartContext) {
    const { deadlineMs, idempotencyKeysMax: keysMax, idempotencyMs: keepMs } = settings;
    this.controls = new Controls(hive.controls);
    this.#deadlineMs = deadlineMs;
    this.#instance = instance;
    this.#keys = new IdempotencyKeys({ keysMax, keepMs, now: () => performance.now() });
  }

  /** Keys that are remembered now, and what was counted of them. */
  get idempotency(): Readonly<IdempotencyCounts> & { readonly remembered: number } {
    return { remembered: this.#keys.size, ...this.#keys.counts };
  }

  /** Appends and answers; with a key at most once. */
  reply(wanted: EchoWanted, once: EchoOnce): Promise<Reply> {
    return this.once(once, async () => {
      const written = await this.write(once.caller.client, wanted);
      return { reply: replyOf(wanted, written), isToKeep: isToKeep(written) };
    });
  }

  /** Runs `write`, or gives the answer that it gave before under the same key. */
  async once({ caller, key, body, headers = {} }: EchoOnce, write: () => Promise<WriteReply>): Promise<Reply> {
    const expected = headers[EXPECT_INSTANCE];
    if (expected !== undefined && expected !== this.#instance) return otherInstance();
    const settled = headers[SETTLED];
    if (typeof settled === 'string') this.#keys.settle(caller.id, settled.split(',', SETTLED_MAX));
    if (key === undefined) return (await write()).reply;
    const keyed: KeyedWrite = { caller: caller.id, key, body };
    return this.#keys.answer(keyed, write);
  }

  /** One append within the deadline, or within what is left of it. */
  write(client: HiveClient, wanted: EchoWanted, deadlineMs: number = this.#deadlineMs): Promise<Written> {
    const path = wanted.through ?? wanted.path;
    const hasResults = this.controls.at(path) !== undefined;
    return writeLines(client, { path, text: wanted.text, hasResults }, deadlineMs);
  }
}

function otherInstance(): Reply {
  const detail =
    'This gateway started after the first try: whether that was written is unknown. Nothing was written now.';
  return problem({ code: 'timeout', detail }, { status: 412, members: { outcome: 'unknown' } });
}

const WRITERS = new WeakMap<PartContext, Echo>();

/** The writer of a gateway; the same for all its parts. */
export function echoOf(context: PartContext): Echo {
  const echo = WRITERS.get(context) ?? new Echo(context);
  WRITERS.set(context, echo);
  return echo;
}

/** One line for a file, as it may be written: not empty, no line end, not longer than the file takes. */
export function lineWanted(path: string, line: string, control: ControlDoc | undefined): Result<EchoWanted> {
  if (/[\n\r]/.test(line)) return refuse('invalid-payload', 'A line has no line end; send several lines as `text`.');
  if (line === '') return refuse('invalid-payload', 'There is nothing to append.');
  const lineBytes = utf8Length(line);
  const most = Math.min(control?.lineBytesMax ?? Number.POSITIVE_INFINITY, APPEND_MAX_BYTES_DEFAULT - 1);
  if (lineBytes > most) return refuse('too-big', `The line has ${lineBytes} bytes; here it has at most ${most}.`);
  return ok({ path, text: line, lineBytes });
}

/** Several whole lines, all or nothing. */
export function textWanted(path: string, text: string): Result<EchoWanted> {
  if (text.replaceAll('\n', '') === '') return refuse('invalid-payload', 'There is nothing to append.');
  const bytes = utf8Length(text);
  if (bytes > APPEND_MAX_BYTES_DEFAULT)
    return refuse('too-big', `The text has ${bytes} bytes; one append has at most ${APPEND_MAX_BYTES_DEFAULT}.`);
  return ok({ path, text, lineBytes: undefined });
}

/** The answer of the hive, when it gave one. */
export function answerOf(
  { path, lineBytes }: EchoWanted,
  written: Extract<Written, { kind: 'accepted' | 'refused' }>,
): FileAnswer {
  const asked = { verb: 'ECHO', path } as const;
  const { results } = written;
  if (written.kind === 'accepted') return okAnswer(asked, { bytes: lineBytes ?? written.bytes, ...facts(results) });
  return errAnswer(asked, written.refusal, results.length > 1 ? { results } : {});
}

/** `seq` and `reply` of one line; `results` of several. */
function facts(results: readonly LineResult[]): Readonly<Record<string, unknown>> {
  const [first] = results;
  if (results.length > 1) return { results };
  return first?.result === 'accepted' ? { seq: first.entry, reply: first.reply } : {};
}

/** An answer of the hive, or the problem that there is none. */
function replyOf(wanted: EchoWanted, written: Written): Reply {
  const { path } = wanted;
  switch (written.kind) {
    case 'accepted':
    case 'refused':
      return answerReply(answerOf(wanted, written));
    case 'unknown':
      return problem(written.refusal, { members: { path, outcome: 'unknown' } });
    case 'not-begun':
      return problem(written.refusal, { status: 503, members: { path, outcome: 'not-written' } });
  }
}

/** What happened or may have happened is not done again; what was refused may be. */
export function isToKeep({ kind }: Written): boolean {
  return kind === 'accepted' || kind === 'unknown';
}
