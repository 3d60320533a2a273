// Bodies of requests: whole ones within a bound, and long ones piece by piece as the reader takes them. A sender that trickles
// is given up: a whole body by the server's time for a request, a long one when it stalls or falls below a floor.

import type { IncomingMessage } from 'node:http';
import { ok, type Result, refuse } from '@cohesix/wire';

/** A body in pieces broke off or stalled: what was read is not all there was. */
class BodyCut extends Error {}

/** The length a request says its body has; undefined when it comes in chunks, 0 when there is none. */
export function declaredLength({ headers }: IncomingMessage): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  return Number(headers['content-length'] ?? 0);
}

/**
 * The whole body. `too-big` beyond `bytesMax`, `invalid-payload` when it breaks off, `unsupported` when it is compressed (what
 * it would grow to is nobody's bound).
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Result<Uint8Array>> {
  const refused = refusedUnread(request, bytesMax);
  if (refused !== undefined) return refused;
  return declaredLength(request) === 0 ? ok(NO_BYTES) : collect(request, bytesMax);
}

const NO_BYTES = new Uint8Array();

function refusedUnread(request: IncomingMessage, bytesMax: number): Result<never> | undefined {
  const coding = request.headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity')
    return refuse('unsupported', 'Send the body as it is, not compressed.');
  const length = declaredLength(request);
  return length !== undefined && length > bytesMax ? tooBig(bytesMax) : undefined;
}

function tooBig(bytesMax: number): Result<never> {
  return refuse('too-big', `The body of this request is at most ${bytesMax} bytes.`);
}

function collect(request: IncomingMessage, bytesMax: number): Promise<Result<Uint8Array>> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const settle = (result: Result<Uint8Array>): void => {
      request.off('data', take).off('end', end).off('close', cut);
      resolve(result);
    };
    const take = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes > bytesMax) {
        request.pause();
        settle(tooBig(bytesMax));
      } else pieces.push(piece);
    };
    const end = (): void => settle(ok(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, bytes)));
    const cut = (): void => settle(refuse('invalid-payload', 'The body broke off.'));
    if (request.destroyed && !request.complete) return cut();
    request.on('data', take).on('end', end).on('close', cut);
  });
}

/** How slow a long body may come. */
export interface Pace {
  /** Longest silence, ms. */
  readonly stallMs: number;
}

/** Bytes per second below which a long body is given up, once it has taken longer than a stall may. */
const FLOOR_BYTES_PER_S = 256;

/** The body piece by piece: the next is taken off the socket when the last was used. @throws BodyCut */
export async function* bodyPieces(request: IncomingMessage, { stallMs }: Pace): AsyncGenerator<Uint8Array> {
  if (declaredLength(request) === 0) return;
  const giveUp = (): void => void request.destroy(new BodyCut('The body stalled.'));
  let bytes = 0;
  let waitedMs = 0;
  let since = performance.now();
  let timer = setTimeout(giveUp, stallMs);
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      bytes += piece.length;
      waitedMs += performance.now() - since;
      if (isTooSlow(bytes, waitedMs, stallMs)) throw new BodyCut('The body came too slowly.');
      yield piece;
      since = performance.now();
      timer = setTimeout(giveUp, stallMs);
    }
  } catch (error) {
    throw error instanceof BodyCut ? error : new BodyCut('The body broke off.');
  } finally {
    clearTimeout(timer);
  }
  if (!request.complete) throw new BodyCut('The body broke off.');
}

function isTooSlow(bytes: number, waitedMs: number, stallMs: number): boolean {
  return waitedMs > stallMs && bytes < (FLOOR_BYTES_PER_S * waitedMs) / 1000;
}
