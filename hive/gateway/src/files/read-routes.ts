// GET /v1/fs/ls, stat, cat, tail.

import type { Result } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import type { Query } from '../http/query.ts';
import { type Soon, soon } from '../http/soon.ts';
import type { PartContext } from '../parts.ts';
import type { GatewayRequest, Reply, TicketRoute } from '../route.ts';
import { answerReply, errAnswer, type FileAnswer, jsonReply } from './answer.ts';
import { badRequest, lateRead, pathOf, readAsked } from './asked.ts';
import { ReadDeadline } from './deadline.ts';
import { followReply, isFollow } from './events.ts';
import { KnownRead, KnownReads } from './known-reads.ts';
import type { OpenFollows } from './open-follows.ts';
import { type ContentAsked, contentAnswer, contentRead, listed, NOT_TEXT, stated } from './reads.ts';
import { answers, CONTENT_FORMS, FROM_PARAMETER, maxBytesParameter, PATH_PARAMETER, query } from './schemas.ts';

/** The routes that read. */
export function readRoutes({ settings, instance }: PartContext, follows: OpenFollows): readonly TicketRoute[] {
  const { answerBytesMax, deadlineMs } = settings;
  const deadline = new ReadDeadline(deadlineMs);
  const names = (request: GatewayRequest, { client }: Caller) =>
    answered(request, deadline, (path) => listed(client, path));
  const stat = (request: GatewayRequest, { client }: Caller) =>
    answered(request, deadline, (path) => stated(client, path));
  const content = (verb: 'CAT' | 'TAIL') => {
    const known = new KnownReads((query) => contentAsked(query, { verb, answerBytesMax }));
    return (request: GatewayRequest, caller: Caller) => contentReply(request, caller, { known, deadline });
  };
  const tail = content('TAIL');
  return [
    { ...READ, pattern: '/v1/fs/ls', operation: LS_OPERATION, answer: names },
    { ...READ, pattern: '/v1/fs/stat', operation: STAT_OPERATION, answer: stat },
    { ...READ, pattern: '/v1/fs/cat', operation: catOperation(answerBytesMax), answer: content('CAT') },
    {
      ...READ,
      pattern: '/v1/fs/tail',
      operation: tailOperation(answerBytesMax),
      answer: (request, caller) =>
        isFollow(request) ? followReply(request, caller, { follows, deadlineMs, instance }) : tail(request, caller),
    },
  ];
}

const READ = { method: 'GET', access: 'ticket', queue: 'telemetry' } as const;

/** Checks the path, asks, and waits no longer than the deadline. */
async function answered(
  { query: asked }: GatewayRequest,
  deadline: ReadDeadline,
  ask: (path: string) => Promise<FileAnswer>,
): Promise<Reply> {
  const path = pathOf(asked);
  if (!path.ok) return badRequest(path.refusal);
  const answer = await deadline.within(ask(path.value));
  return answer === undefined ? lateRead(path.value, deadline.ms) : answerReply(answer);
}

interface ContentBounds {
  readonly verb: 'CAT' | 'TAIL';
  readonly answerBytesMax: number;
}

/** What a query asks of a content, or the request it is no part of: a bad one. */
function contentAsked(query: Query, { verb, answerBytesMax }: ContentBounds): ContentAsked | Reply {
  const path = pathOf(query);
  if (!path.ok) return badRequest(path.refusal);
  const read = readAsked(query, answerBytesMax);
  if (!read.ok) return badRequest(read.refusal, { members: { path: path.value } });
  return { verb, path: path.value, ...read.value };
}

/** Reads the content that a query asks for, and waits no longer than the deadline. */
function contentReply(
  { query, headers }: GatewayRequest,
  { client }: Caller,
  { known, deadline }: { readonly known: KnownReads; readonly deadline: ReadDeadline },
): Soon<Reply> {
  const read = known.of(query);
  if (!(read instanceof KnownRead)) return read;
  return soon(deadline.within(contentRead(client, read.asked)), (content) =>
    content === undefined ? lateRead(read.asked.path, deadline.ms) : replyOf(content, read, headers.accept),
  );
}

function replyOf(content: Result<Uint8Array>, read: KnownRead, accept: string | undefined): Reply {
  const { asked } = read;
  if (!content.ok) {
    const isTooBig = content.refusal.code === 'too-big';
    return isTooBig
      ? badRequest(content.refusal, { members: { path: asked.path } })
      : answerReply(errAnswer(asked, content.refusal));
  }
  if (acceptsBytes(accept)) return { status: 200, type: 'application/octet-stream', body: content.value };
  return read.replyTo(content.value, () => {
    const answer = contentAnswer(asked, content.value, asked.from);
    return answer.code === NOT_TEXT.code ? badRequest(NOT_TEXT, { status: 406 }) : jsonReply(answer);
  });
}

/** Whether the caller asks for the bytes as they are: by name, so that a browser's or curl's `*`/`*` gets JSON. */
function acceptsBytes(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes('application/octet-stream') === true;
}

const LS_OPERATION = {
  summary: 'Names in a directory, in byte order.',
  parameters: [PATH_PARAMETER],
  responses: answers('`lines`: the names; left out when there are none.'),
};

const STAT_OPERATION = {
  summary: 'What a file is: its kind, size and version.',
  parameters: [PATH_PARAMETER],
  responses: answers('`stat`: kind, mode, size (of a stream its end cursor), qid_path, qid_version.'),
};

function catOperation(maximum: number): TicketRoute['operation'] {
  return {
    summary: 'The content of a file; of a stream what it retains.',
    description: 'With `from` the answer has `next`, the cursor behind what it holds: where to ask from the next time.',
    parameters: [PATH_PARAMETER, maxBytesParameter(maximum), FROM_PARAMETER],
    responses: {
      200: { description: '`lines` of text and their `bytes`, or the bytes as they are.', content: CONTENT_FORMS },
      406: NOT_ACCEPTABLE,
    },
  };
}

function tailOperation(maximum: number): TicketRoute['operation'] {
  const count = { type: 'integer', minimum: 1, maximum: 256 };
  return {
    summary: 'The last lines of a file, or a stream line by line as it comes.',
    description:
      'With `follow=1` or `Accept: text/event-stream`: server-sent events. `start` first (`from`, and the `instance` of the gateway); then one event a line, its `id` ' +
      'the cursor behind the line; `bytes` (base64) for what is no line of text; `gap` (`from`, `to`, `text`) where the ' +
      'stream lost what was not read in time; `end` (`code`, `detail`) when the hive ends it. `Last-Event-ID` goes on ' +
      'exactly where the last event ended.',
    parameters: [
      PATH_PARAMETER,
      {
        ...maxBytesParameter(maximum),
        required: false,
        description: 'Needed unless followed: most bytes of the content.',
      },
      query('lines', 'The last so many lines; without it as many as fit.', count),
      query('follow', '1: server-sent events.', { enum: ['1'] }),
      { ...FROM_PARAMETER, description: 'Followed: the cursor to begin at; default: the end of the stream.' },
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'Cursor to go on from; before `from`.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: {
        description: '`lines` and their `bytes`, the bytes as they are, or events.',
        content: { ...CONTENT_FORMS, 'text/event-stream': { schema: { type: 'string' } } },
      },
      406: NOT_ACCEPTABLE,
    },
  };
}

const NOT_ACCEPTABLE = {
  description: 'The content is not text (`unsupported`): ask for `application/octet-stream`.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
