// /v1/fs/content: stored files (chunks, weights, segments) of any size, sent and fetched piece by piece, so that neither side holds
// more than a few pieces. `from` goes on where an interrupted transfer ended; `stat` tells how much of a file there is.

import type { Follow } from '@cohesix/client';
import { type Refusal, refusal } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import { problem } from '../http/problem.ts';
import type { Query } from '../http/query.ts';
import type { PartContext } from '../parts.ts';
import type { EventSource, GatewayRequest, Reply, TicketRoute } from '../route.ts';
import { type Asked, answerReply, errAnswer, jsonReply, okAnswer } from './answer.ts';
import { badRequest, cursorAsked, lateRead, pathOf } from './asked.ts';
import { within } from './deadline.ts';
import type { Following } from './events.ts';
import { type OpenFollows, stopLate } from './open-follows.ts';
import { ANSWER_SCHEMA, answers, BINARY, FROM_PARAMETER, PATH_PARAMETER } from './schemas.ts';

/** The routes of content. */
export function contentRoutes({ settings }: PartContext, follows: OpenFollows): readonly TicketRoute[] {
  const { deadlineMs } = settings;
  return [
    {
      method: 'GET',
      pattern: '/v1/fs/content',
      access: 'ticket',
      queue: 'telemetry',
      operation: PULL_OPERATION,
      answer: (request, caller) => pulled(request, caller, { follows, deadlineMs }),
    },
    {
      method: 'PUT',
      pattern: '/v1/fs/content',
      access: 'ticket',
      queue: 'control',
      operation: PUSH_OPERATION,
      answer: (request, caller) => pushed(request, caller, deadlineMs),
    },
  ];
}

type Pulling = Omit<Following, 'instance'>;

async function pulled(
  { query, signal }: GatewayRequest,
  { client }: Caller,
  { follows, deadlineMs }: Pulling,
): Promise<Reply> {
  const wanted = contentAsked(query);
  if (!('path' in wanted)) return badRequest(wanted);
  const { path, from } = wanted;
  const asked: Asked = { verb: 'PULL', path };
  const follow = await within(client.pull(path, { from }), deadlineMs, stopLate);
  if (follow === undefined) return lateRead(path, deadlineMs);
  if (!follow.ok) return answerReply(errAnswer(asked, follow.refusal));
  follows.add(follow.value, signal);
  // The first piece comes before the head of the answer, so that a refusal is told as one.
  const pieces = follow.value[Symbol.asyncIterator]();
  const first = await within(pieces.next(), deadlineMs);
  if (first === undefined) {
    follow.value.stop();
    return lateRead(path, deadlineMs);
  }
  const ended = first.done ? await follow.value.ended : undefined;
  if (ended !== undefined && !ended.ok) return answerReply(errAnswer(asked, ended.refusal));
  return { status: 200, type: 'application/octet-stream', events: rest(follow.value, first, pieces) };
}

/** A content that breaks off ends in an error, which cuts the connection: a clean end would be a lie. */
async function* rest(
  follow: Follow,
  first: IteratorResult<Uint8Array>,
  pieces: AsyncIterator<Uint8Array>,
): EventSource {
  try {
    for (let piece = first; !piece.done; piece = await pieces.next()) yield piece.value;
    const ended = await follow.ended;
    if (!ended.ok) throw new Error(`The content broke off: ${ended.refusal.code}.`);
  } finally {
    follow.stop();
  }
}

async function pushed(request: GatewayRequest, { client }: Caller, deadlineMs: number): Promise<Reply> {
  const wanted = contentAsked(request.query);
  if (!('path' in wanted)) return badRequest(wanted);
  const { path, from } = wanted;
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') return badRequest(COMPRESSED, { status: 415, members: { path } });
  const asked: Asked = { verb: 'PUSH', path };
  const watch = new Watch(deadlineMs);
  try {
    const work = client.push(path, watch.over(request.pieces()), { from, onProgress: () => watch.restart() });
    const done = await Promise.race([work, watch.late]);
    if (done === undefined) return unknownPush(path, `The hive did not answer within ${deadlineMs} ms`);
    if (!done.ok) return answerReply(errAnswer(asked, done.refusal));
    return jsonReply(okAnswer(asked, { bytes: done.value.bytes }));
  } catch {
    return badRequest(refusal('invalid-payload', 'The body broke off; what came before it may be kept.'));
  } finally {
    watch.stop();
  }
}

const COMPRESSED = refusal(
  'unsupported',
  'Send the content as it is, without Content-Encoding: what is sent is what is kept.',
);

function unknownPush(path: string, why: string): Reply {
  const detail = `${why}: pieces may or may not be kept; ask stat of ${path} for its size and go on from there.`;
  return problem(refusal('timeout', detail), { members: { path, outcome: 'unknown' } });
}

/** Gives up when the hive does nothing for the deadline, however long the whole takes; waiting for the sender does not count. */
class Watch {
  readonly late: Promise<undefined>;
  readonly #ms: number;
  #fire: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.late = new Promise((resolve) => {
      this.#fire = () => resolve(undefined);
    });
    this.restart();
  }

  restart(): void {
    this.stop();
    this.#timer = setTimeout(this.#fire, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async *over(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.stop();
    for await (const piece of pieces) {
      this.restart();
      yield piece;
      this.stop();
    }
    this.restart();
  }
}

interface ContentAsked {
  readonly path: string;
  readonly from: number;
}

function contentAsked(query: Query): ContentAsked | Refusal {
  const path = pathOf(query);
  if (!path.ok) return path.refusal;
  const from = cursorAsked(query.get('from'));
  return from.ok ? { path: path.value, from: Number(from.value ?? 0n) } : from.refusal;
}

const FROM = { ...FROM_PARAMETER, description: 'Offset at which to begin; default 0.' };

const PULL_OPERATION = {
  summary: 'The bytes of a stored file, as long as it is.',
  description:
    'A refusal is JSON with `status` ERR. An answer that breaks off is cut without its end: go on with `from`.',
  parameters: [PATH_PARAMETER, FROM],
  responses: answers('The content, or an ERR answer.', ANSWER_SCHEMA, BINARY),
};

const PUSH_OPERATION = {
  summary: 'Sends bytes to a stored file, as many as there are.',
  parameters: [PATH_PARAMETER, FROM],
  requestBody: { required: true, content: BINARY },
  responses: answers('`bytes`: how many were kept.'),
};
