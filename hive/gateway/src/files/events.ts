// A stream as server-sent events (HTML Standard, section 9.2). The cursor of each event is its `id`, so a reader that comes back
// with `Last-Event-ID` misses nothing and gets nothing twice, even from another gateway. A slow reader holds its cursor and one
// chunk: the next is asked for when the last was taken.

import { toBase64 } from '@cohesix/bytes';
import type { Follow } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import type { GatewayRequest, Reply } from '../route.ts';
import { answerReply, errAnswer } from './answer.ts';
import { badRequest, cursorAsked, lateRead, pathOf } from './asked.ts';
import { within } from './deadline.ts';
import { chunkParts } from './losses.ts';
import { type OpenFollows, stopLate } from './open-follows.ts';
import { textOf } from './text-lines.ts';

/** How often a silent stream says that it is still there, ms; shorter than proxies wait. */
const HEARTBEAT_MS = 15_000;

/** What a gateway has for streams: where the open ones are kept, and how long one may take to begin. */
export interface Following {
  readonly follows: OpenFollows;
  readonly deadlineMs: number;
  /** Which start of the gateway this is. */
  readonly instance: string;
}

/** Whether a tail is asked for as events. */
export function isFollow({ query, headers }: GatewayRequest): boolean {
  return query.get('follow') === '1' || headers.accept?.toLowerCase().includes('text/event-stream') === true;
}

/** The events of a stream; a refusal of the hive before the first is an ERR answer. */
export async function followReply(
  { query, headers, signal }: GatewayRequest,
  { client }: Caller,
  { follows, deadlineMs, instance }: Following,
): Promise<Reply> {
  const path = pathOf(query);
  if (!path.ok) return badRequest(path.refusal);
  const asked = { verb: 'TAIL', path: path.value } as const;
  const from = beginAsked(headers['last-event-id'], query);
  if (!from.ok) return badRequest(from.refusal, { members: { path: path.value } });
  const stat = await within(client.stat(path.value), deadlineMs);
  if (stat === undefined) return lateRead(path.value, deadlineMs);
  if (!stat.ok) return answerReply(errAnswer(asked, stat.refusal));
  const { size } = stat.value;
  const begin = from.value === undefined || from.value > size ? size : from.value;
  const follow = await within(client.follow(path.value, { from: begin }), deadlineMs, stopLate);
  if (follow === undefined) return lateRead(path.value, deadlineMs);
  if (!follow.ok) return answerReply(errAnswer(asked, follow.refusal));
  follows.add(follow.value, signal);
  const places = { begin: Number(begin), asked: Number(from.value ?? begin) };
  const events = eventsOf(follow.value, { ...places, instance, heartbeatMs: HEARTBEAT_MS });
  return { status: 200, type: 'text/event-stream; charset=utf-8', events };
}

/** Where a reader goes on that comes back, else where it wants to begin. */
function beginAsked(lastEventId: string | string[] | undefined, query: URLSearchParams): Result<bigint | undefined> {
  if (typeof lastEventId !== 'string' || lastEventId === '') return cursorAsked(query.get('from'));
  return cursorAsked(lastEventId);
}

/** Where events begin, and how often there is one at least. */
export interface EventsBegin {
  readonly begin: number;
  /** The cursor that was asked for, which may lie beyond the end. */
  readonly asked: number;
  /** Told with the first event: the cursors of some streams begin anew when the hive of this process does (docs/adr/0014). */
  readonly instance: string;
  readonly heartbeatMs: number;
}

/** The events of a follow that was begun at `begin`, as text; each piece ends with one. Stops the follow when it is left. */
export async function* eventsOf(
  follow: Follow,
  { begin, asked, instance, heartbeatMs }: EventsBegin,
): AsyncGenerator<string> {
  const chunks = follow[Symbol.asyncIterator]();
  let cursor = begin;
  try {
    yield eventText({ name: 'start', id: begin, data: JSON.stringify({ from: begin, instance }) });
    // A cursor that the stream never gave out: somebody else's, or of a hive that lost its data.
    if (asked > begin)
      yield eventText({ name: 'gap', id: begin, data: JSON.stringify({ from: asked, to: begin, text: '' }) });
    for (;;) {
      const next = chunks.next();
      let chunk = await within(next, heartbeatMs);
      while (chunk === undefined) {
        yield ': still here\n\n';
        chunk = await within(next, heartbeatMs);
      }
      if (chunk.done) break;
      const [text, after] = chunkEvents(chunk.value, cursor);
      cursor = after;
      yield text;
    }
    yield endEvent(await follow.ended);
  } finally {
    follow.stop();
  }
}

/** The events of a chunk that begins at a cursor, and the cursor behind it. */
function chunkEvents(chunk: Uint8Array, begin: number): readonly [string, number] {
  let [text, cursor] = ['', begin];
  for (const part of chunkParts(chunk, begin)) {
    if (part.kind === 'gap') {
      text += gapEvent(part.bytes, { from: cursor, to: part.next });
      cursor = part.next;
    } else {
      text += contentEvents(part.bytes, cursor);
      cursor += part.bytes.length;
    }
  }
  return [text, cursor];
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** `text` or, in a stream of frames, `base64`: the very marker that other doors deliver in this place. */
function gapEvent(marker: Uint8Array, { from, to }: Gap): string {
  const text = textOf(marker);
  const content = text === undefined ? { base64: toBase64(marker) } : { text };
  return eventText({ name: 'gap', id: to, data: JSON.stringify({ from, to, ...content }) });
}

const LF = 0x0a;

/** One event a line; what is no whole line of text, or has a CR that events cannot carry, goes as base64. */
function contentEvents(bytes: Uint8Array, begin: number): string {
  const text = bytes.at(-1) === LF ? textOf(bytes) : undefined;
  const id = begin + bytes.length;
  if (text === undefined || text.includes('\r')) return eventText({ name: 'bytes', id, data: toBase64(bytes) });
  let [events, cursor] = ['', begin];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end);
    cursor += Buffer.byteLength(line) + 1;
    events += `id: ${cursor}\ndata: ${line}\n\n`;
    at = end + 1;
  }
  return events;
}

function endEvent(ended: Result<void> = ok(undefined)): string {
  return eventText({ name: 'end', data: JSON.stringify(ended.ok ? {} : ended.refusal) });
}

interface EventFields {
  readonly name: string;
  readonly id?: number;
  /** One line. */
  readonly data: string;
}

function eventText({ name, id, data }: EventFields): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}
