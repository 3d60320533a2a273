// A collector for tests: an HTTP server that keeps every request of its path and answers as it is told.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: string;
}

/** How one request is answered; `never`: not at all. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'never';

/** A collector that runs. */
export interface Collector {
  readonly url: string;
  readonly received: readonly Received[];
  /** Settles when `count` requests have come. */
  came(count: number): Promise<void>;
}

/** Starts collectors; they end with the test. The n-th request gets the n-th answer, those after the last get that one again. */
export function collectors(): (...answers: readonly [Answer, ...Answer[]]) => Promise<Collector> {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  return async (...answers) => {
    const received: Received[] = [];
    const waiting = new Set<() => void>();
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { method = '', url: path = '', headers } = request;
        const answer = answers[Math.min(received.length, answers.length - 1)] ?? answers[0];
        received.push({ method, path, type: headers['content-type'], body });
        for (const look of waiting) look();
        if (answer === 'never') return;
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body ?? '{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const came = (count: number): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    return { url: `http://127.0.0.1:${port}/v1/metrics`, received, came };
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
