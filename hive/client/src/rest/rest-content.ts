// Content over REST: one request that streams it, either way. A broken stream is told, never mended here: who sends or
// fetches goes on from where it came (`from`), as over every door.

import { ok, type Result, refuse } from '@cohesix/wire';
import type { LocalFollow } from '../local-door.ts';
import type { PushOptions } from '../pieces.ts';
import type { HttpAnswer } from './http-sender.ts';
import { answerOf } from './rest-answer.ts';
import { bodyOf, isJson, type Opened, type RestLink } from './rest-link.ts';

const ROUTE = '/v1/fs/content';

/** A store may sync and check a large content before it answers: it gets this many deadlines, as over 9P. */
const STORE_DEADLINES = 12;

const REFUSAL_BYTES_MAX = 65_536;

/** What is sent where. */
export interface Sending {
  readonly path: string;
  readonly source: AsyncIterable<Uint8Array>;
  readonly options: PushOptions;
}

/** Sends content. Progress is told once: what was kept is known when the hive has answered. */
export async function sendContent(link: RestLink, sending: Sending): Promise<Result<{ readonly bytes: number }>> {
  const { path, source, options } = sending;
  const { from = 0, onProgress } = options;
  let broken: { readonly error: unknown } | undefined;
  const answer = await link.ask({
    method: 'PUT',
    route: ROUTE,
    query: { path, from: String(from) },
    content: watched(source, (error) => {
      broken = { error };
    }),
    deadlines: STORE_DEADLINES,
  });
  if (broken !== undefined) throw broken.error;
  if (!answer.ok) return answer;
  const { bytes } = answer.value;
  if (typeof bytes !== 'number') return refuse('invalid-frame', 'The gateway does not say how many bytes.');
  onProgress?.(bytes);
  return ok({ bytes });
}

/** What fails at the source is the caller's own, and thrown to him as over every door. */
async function* watched(
  source: AsyncIterable<Uint8Array>,
  whenBroken: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* source;
  } catch (error) {
    whenBroken(error);
    throw error;
  }
}

/** Opens content for reading, from an offset to its end. */
export async function openContent(link: RestLink, path: string, from: number): Promise<Result<LocalFollow>> {
  const accept = 'application/octet-stream';
  const opened = await link.open({ method: 'GET', route: ROUTE, query: { path, from: String(from) }, accept });
  if (!opened.ok) return opened;
  const { answer, abort } = opened.value;
  if (answer.status === 200 && !isJson(answer)) return ok(new ContentPieces(opened.value));
  const refused = await refusalOf(answer);
  abort();
  return refused;
}

/** Why there is no stream. */
export async function refusalOf(answer: HttpAnswer): Promise<Result<never>> {
  try {
    const bytes = await bodyOf(answer, REFUSAL_BYTES_MAX);
    const fields = answerOf(answer.status, new TextDecoder().decode(bytes));
    return fields.ok ? refuse('invalid-frame', 'The gateway sent no stream.') : fields;
  } catch {
    return answerOf(answer.status, '') as Result<never>; // It broke off in the middle: the status is all there is.
  }
}

class ContentPieces implements LocalFollow {
  readonly #opened: Opened;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #ended: Result<undefined> | undefined;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#pieces = opened.answer.body[Symbol.asyncIterator]();
  }

  async next(): Promise<Result<Uint8Array | undefined>> {
    if (this.#ended !== undefined) return this.#ended;
    try {
      const piece = await this.#pieces.next();
      if (piece.done !== true) return this.#ended ?? ok(piece.value);
      return this.#end(ok(undefined));
    } catch {
      return this.#end(refuse('closed', 'The content broke off; fetch the rest from where it ended.'));
    }
  }

  stop(): void {
    this.#end(ok(undefined));
  }

  #end(result: Result<undefined>): Result<undefined> {
    this.#ended ??= result;
    this.#opened.abort();
    return this.#ended;
  }
}
