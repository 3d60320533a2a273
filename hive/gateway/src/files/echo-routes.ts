// POST /v1/fs/echo and echo-batch: lines for files. What can be refused without the hive is refused before an idempotency key is
// taken, so that a mistake does not use one up.

import { type Result, refusal, refuse } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import type { PartContext } from '../parts.ts';
import type { GatewayRequest, Reply, TicketRoute } from '../route.ts';
import { errAnswer, type FileAnswer, jsonReply } from './answer.ts';
import { badRequest, pathAsked } from './asked.ts';
import { arrayField, badBody, jsonBody, objectWith } from './body.ts';
import { answerOf, type Echo, type EchoWanted, echoOf, isToKeep, lineWanted, textWanted } from './echo.ts';
import { keyOf } from './idempotency.ts';
import { carriedBy } from './intent.ts';
import type { Written } from './line-write.ts';
import { answers, answersInOrder, type Doc, jsonBody as jsonBodyDoc, object } from './schemas.ts';

/** Writes in one batch at most. */
const BATCH_WRITES_MAX = 64;

/** The routes that write lines. */
export function echoRoutes(context: PartContext): readonly TicketRoute[] {
  const { bodyBytesMax, deadlineMs } = context.settings;
  const echo = echoOf(context);
  const one = async (request: GatewayRequest, caller: Caller): Promise<Reply> => {
    const body = await jsonBody(request, { bytesMax: bodyBytesMax, fields: ONE_FIELDS });
    if (!body.ok) return badBody(body.refusal);
    const key = keyOf(request.headers['idempotency-key'], body.value.value.idempotency_key);
    if (!key.ok) return badRequest(key.refusal);
    const wanted = wantedOf(body.value.value, echo);
    if (!wanted.ok) return badRequest(wanted.refusal);
    const { issued_unix_ms: issuedMs } = body.value.value;
    if (issuedMs === undefined)
      return echo.reply(wanted.value, { caller, key: key.value, body: body.value.bytes, headers: request.headers });
    const carried = carriedBy(echo.controls, wanted.value, { key: key.value, issuedMs });
    if (!carried.ok) return badRequest(carried.refusal);
    return echo.reply(carried.value, { caller, key: undefined, body: body.value.bytes });
  };
  const batch = async (request: GatewayRequest, caller: Caller): Promise<Reply> => {
    const body = await jsonBody(request, { bytesMax: bodyBytesMax, fields: BATCH_FIELDS });
    if (!body.ok) return badBody(body.refusal);
    const key = keyOf(request.headers['idempotency-key'], body.value.value.idempotency_key);
    if (!key.ok) return badRequest(key.refusal);
    const writes = arrayField(body.value.value, 'writes', BATCH_WRITES_MAX);
    if (!writes.ok) return badRequest(writes.refusal);
    const once = { caller, key: key.value, body: body.value.bytes, headers: request.headers };
    return echo.once(once, async () => {
      const { answered, isKept } = await writeAll(echo, writes.value, { caller, deadlineMs });
      return { reply: jsonReply({ status: 'OK', verb: 'ECHO-BATCH', end: true, answers: answered }), isToKeep: isKept };
    });
  };
  return [
    { ...WRITE, pattern: '/v1/fs/echo', operation: ECHO_OPERATION, answer: one },
    { ...WRITE, pattern: '/v1/fs/echo-batch', operation: BATCH_OPERATION, answer: batch },
  ];
}

const WRITE = { method: 'POST', access: 'ticket', queue: 'control' } as const;
const WRITE_FIELDS = ['path', 'line', 'text'] as const;
const ONE_FIELDS = [...WRITE_FIELDS, 'idempotency_key', 'issued_unix_ms'] as const;
const BATCH_FIELDS = ['writes', 'idempotency_key'] as const;

type Fields = Readonly<Record<string, unknown>>;

/** `{path, line}` or `{path, text}`. */
function wantedOf({ path, line, text }: Fields, echo: Echo): Result<EchoWanted> {
  const where = pathAsked(typeof path === 'string' ? path : undefined);
  if (!where.ok) return where;
  if (line !== undefined && text !== undefined) return refuse('invalid-payload', 'Give `line` or `text`, not both.');
  if (typeof text === 'string') return textWanted(where.value, text);
  if (text !== undefined || (line !== undefined && typeof line !== 'string'))
    return refuse('invalid-payload', '`line` and `text` are texts; a JSON line is a text that holds JSON.');
  return lineWanted(where.value, line ?? '', echo.controls.at(where.value));
}

interface BatchRun {
  readonly caller: Caller;
  readonly deadlineMs: number;
}

interface BatchDone {
  readonly answered: readonly FileAnswer[];
  /** Whether any of them happened, or may have. */
  readonly isKept: boolean;
}

/** One after the other, each for itself, all within one deadline. */
async function writeAll(echo: Echo, writes: readonly unknown[], { caller, deadlineMs }: BatchRun): Promise<BatchDone> {
  const end = performance.now() + deadlineMs;
  const answered: FileAnswer[] = [];
  let isKept = false;
  for (const write of writes) {
    const fields = objectWith(write, WRITE_FIELDS);
    const wanted = fields.ok ? wantedOf(fields.value, echo) : fields;
    const asked = { verb: 'ECHO', path: pathIn(write) } as const;
    const leftMs = end - performance.now();
    if (!wanted.ok) answered.push(errAnswer(asked, wanted.refusal));
    else if (leftMs <= 0) answered.push(errAnswer(asked, NOT_TRIED, { outcome: 'not-written' }));
    else {
      const written = await echo.write(caller.client, wanted.value, leftMs);
      isKept ||= isToKeep(written);
      answered.push(inBatch(wanted.value, written));
    }
  }
  return { answered, isKept };
}

/** In a batch also what has no answer has a place. */
function inBatch(wanted: EchoWanted, written: Written): FileAnswer {
  if (written.kind === 'accepted' || written.kind === 'refused') return answerOf(wanted, written);
  const outcome = written.kind === 'unknown' ? 'unknown' : 'not-written';
  return errAnswer({ verb: 'ECHO', path: wanted.path }, written.refusal, { outcome });
}

const NOT_TRIED = refusal('cancelled', 'Those before it took all the time of the batch; this one was not begun.');

function pathIn(write: unknown): string {
  const path = typeof write === 'object' && write !== null && 'path' in write ? write.path : undefined;
  return typeof path === 'string' ? path : '';
}

const LINE_DOC: Doc = { type: 'string', description: 'One line; for most control files a text that holds JSON.' };
const TEXT_DOC: Doc = { type: 'string', description: 'Several whole lines instead, appended all or not at all.' };
const PATH_DOC: Doc = { type: 'string', examples: ['/queen/lifecycle/ctl'] };
const KEY_DOC: Doc = { type: 'string', minLength: 1, maxLength: 128, description: 'As the header `Idempotency-Key`.' };
const ISSUED_DOC: Doc = {
  type: 'integer',
  minimum: 1,
  description: 'When the write was made, ms: the hive itself remembers it with the key, whatever is restarted.',
};

const KEY_HEADER: Doc = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Writes once: another request of the same ticket with this key and the same body gets the answer of the first; with ' +
    'another body it is 422. Remembered for some minutes, not over a restart of the gateway.',
  schema: { type: 'string', minLength: 1, maxLength: 128 },
};

const UNKNOWN_RESPONSE: Doc = {
  description: 'No answer in time. With `outcome: "unknown"` the write may have happened: look at its `path`.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const OTHER_BODY_RESPONSE: Doc = {
  description: 'The idempotency key came with another body before (`exists`).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const ECHO_OPERATION: Doc = {
  summary: 'Appends a line to a file.',
  description:
    'Accepted lines of control files are answered with `seq`, their journal entry, and `reply`, what they gave back. With ' +
    '`issued_unix_ms` and a key the line goes as an intent through `/queen/intents/ctl`, for files that intents may be for.',
  parameters: [KEY_HEADER],
  requestBody: jsonBodyDoc(
    object({ path: PATH_DOC, line: LINE_DOC, text: TEXT_DOC, idempotency_key: KEY_DOC, issued_unix_ms: ISSUED_DOC }, [
      'path',
    ]),
  ),
  responses: {
    ...answers('`bytes` of the line; `seq` and `reply`, or `results` for several lines.'),
    422: OTHER_BODY_RESPONSE,
    504: UNKNOWN_RESPONSE,
  },
};

const BATCH_OPERATION: Doc = {
  summary: 'Appends lines to several files, one after the other.',
  description: 'Each is answered for itself; one that is refused does not keep the next from being written.',
  parameters: [KEY_HEADER],
  requestBody: jsonBodyDoc(
    object(
      {
        writes: {
          type: 'array',
          minItems: 1,
          maxItems: BATCH_WRITES_MAX,
          items: object({ path: PATH_DOC, line: LINE_DOC, text: TEXT_DOC }, ['path']),
        },
        idempotency_key: KEY_DOC,
      },
      ['writes'],
    ),
  ),
  responses: { ...answers('The answers.', answersInOrder('ECHO-BATCH')), 422: OTHER_BODY_RESPONSE },
};
