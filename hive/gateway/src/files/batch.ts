// POST /v1/fs/batch: several reads in one request, each answered for itself, in their order. All answers together have the bytes
// that one answer may have: what does not fit any more is `too-big`.

import type { HiveClient } from '@cohesix/client';
import { ok, type Result, refusal, refuse, TAIL_LINES_MAX } from '@cohesix/wire';
import type { PartContext } from '../parts.ts';
import type { TicketRoute } from '../route.ts';
import { errAnswer, type FileAnswer, type FileVerb, jsonReply } from './answer.ts';
import { badRequest, inBounds, pathAsked } from './asked.ts';
import { arrayField, badBody, jsonBody, objectWith } from './body.ts';
import { within } from './deadline.ts';
import { contentAnswer, contentRead, listed, stated } from './reads.ts';
import { answers, answersInOrder, type Doc, jsonBody as jsonBodyDoc, object } from './schemas.ts';

/** Reads in one batch at most. */
const BATCH_READS_MAX = 64;

/** The route of batches of reads. */
export function batchRoute({ settings }: PartContext): TicketRoute {
  const { bodyBytesMax, answerBytesMax, deadlineMs } = settings;
  return {
    method: 'POST',
    pattern: '/v1/fs/batch',
    access: 'ticket',
    queue: 'telemetry',
    operation: batchOperation(answerBytesMax),
    answer: async (request, { client }) => {
      const body = await jsonBody(request, { bytesMax: bodyBytesMax, fields: ['reads'] });
      if (!body.ok) return badBody(body.refusal);
      const reads = arrayField(body.value.value, 'reads', BATCH_READS_MAX);
      if (!reads.ok) return badRequest(reads.refusal);
      const answered = await readAll(client, reads.value, { answerBytesMax, deadlineMs });
      return jsonReply({ status: 'OK', verb: 'BATCH', end: true, answers: answered });
    },
  };
}

interface BatchBounds {
  readonly answerBytesMax: number;
  readonly deadlineMs: number;
}

async function readAll(
  client: HiveClient,
  reads: readonly unknown[],
  { answerBytesMax, deadlineMs }: BatchBounds,
): Promise<readonly FileAnswer[]> {
  const end = performance.now() + deadlineMs;
  const answered: FileAnswer[] = [];
  let leftBytes = answerBytesMax;
  for (const read of reads) {
    const wanted = readWanted(read, answerBytesMax);
    const asked = { verb: verbIn(read), path: pathIn(read) };
    const leftMs = end - performance.now();
    const work = wanted.ok
      ? answerTo(client, wanted.value, leftBytes)
      : Promise.resolve(errAnswer(asked, wanted.refusal));
    const answer = leftMs > 0 ? await within(work, leftMs) : undefined;
    const given = answer ?? errAnswer(asked, LATE);
    leftBytes = Math.max(0, leftBytes - sizeOf(given));
    answered.push(given);
  }
  return answered;
}

const LATE = refusal('timeout', 'The hive did not answer within the deadline of the batch; nothing was changed.');

type Op = 'ls' | 'cat' | 'tail' | 'stat';

interface ReadWanted {
  readonly op: Op;
  readonly path: string;
  readonly maxBytes: number;
  readonly from: bigint | undefined;
  readonly lines: number | undefined;
}

const VERBS: Readonly<Record<Op, FileVerb>> = { ls: 'LS', cat: 'CAT', tail: 'TAIL', stat: 'STAT' };
const READ_FIELDS = ['op', 'path', 'max_bytes', 'from', 'lines'] as const;

/** `{op, path, max_bytes?, from?, lines?}`; without `max_bytes`: what there is room for. */
function readWanted(read: unknown, maximum: number): Result<ReadWanted> {
  const fields = objectWith(read, READ_FIELDS);
  if (!fields.ok) return fields;
  const { op, path, max_bytes: most, from, lines } = fields.value;
  if (typeof op !== 'string' || !Object.hasOwn(VERBS, op))
    return refuse('invalid-payload', 'op is ls, cat, tail or stat.');
  const where = pathAsked(typeof path === 'string' ? path : undefined);
  if (!where.ok) return where;
  const maxBytes = numberIn('max_bytes', most, { min: 1, max: maximum });
  if (!maxBytes.ok) return maxBytes;
  const begin = numberIn('from', from, { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (!begin.ok) return begin;
  const count = numberIn('lines', lines, { min: 1, max: TAIL_LINES_MAX });
  if (!count.ok) return count;
  return ok({
    op: op as Op,
    path: where.value,
    maxBytes: maxBytes.value ?? maximum,
    from: begin.value === undefined ? undefined : BigInt(begin.value),
    lines: count.value,
  });
}

function numberIn(
  name: string,
  value: unknown,
  bounds: { readonly min: number; readonly max: number },
): Result<number | undefined> {
  if (value === undefined) return ok(undefined);
  return typeof value === 'number' ? inBounds(name, value, bounds) : refuse('invalid-payload', `${name} is a number.`);
}

async function answerTo(client: HiveClient, { op, path, ...read }: ReadWanted, leftBytes: number): Promise<FileAnswer> {
  if (op === 'ls') return listed(client, path);
  if (op === 'stat') return stated(client, path);
  const asked = { verb: op === 'cat' ? 'CAT' : 'TAIL', path } as const;
  if (leftBytes === 0) return errAnswer(asked, NO_ROOM);
  const content = await contentRead(client, { ...asked, ...read, maxBytes: Math.min(read.maxBytes, leftBytes) });
  return content.ok ? contentAnswer(asked, content.value, read.from) : errAnswer(asked, content.refusal);
}

const NO_ROOM = refusal('too-big', 'The answers before it have all the bytes of the batch; ask for it alone.');

function sizeOf({ bytes, lines }: FileAnswer): number {
  return bytes ?? lines?.reduce((sum, line) => sum + line.length + 1, 0) ?? 0;
}

function verbIn(read: unknown): FileVerb {
  const op = typeof read === 'object' && read !== null && 'op' in read ? read.op : undefined;
  return typeof op === 'string' && Object.hasOwn(VERBS, op) ? VERBS[op as Op] : 'CAT';
}

function pathIn(read: unknown): string {
  const path = typeof read === 'object' && read !== null && 'path' in read ? read.path : undefined;
  return typeof path === 'string' ? path : '';
}

function batchOperation(maximum: number): Doc {
  const count = (description: string, most: number): Doc => ({
    type: 'integer',
    minimum: 1,
    maximum: most,
    description,
  });
  const read = object(
    {
      op: { enum: Object.keys(VERBS) },
      path: { type: 'string' },
      max_bytes: count('Most bytes of this content; default: what is left of the bound of an answer.', maximum),
      from: { type: 'integer', minimum: 0, description: 'cat: offset or cursor of the first byte.' },
      lines: count('tail: the last so many lines.', TAIL_LINES_MAX),
    },
    ['op', 'path'],
  );
  return {
    summary: 'Several reads, each answered for itself, in their order.',
    requestBody: jsonBodyDoc(
      object({ reads: { type: 'array', minItems: 1, maxItems: BATCH_READS_MAX, items: read } }, ['reads']),
    ),
    responses: answers('The answers.', answersInOrder('BATCH')),
  };
}
