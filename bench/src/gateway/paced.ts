// Requests at a steady pace, whatever the answers do: the time of one counts from when it was due, not from when a connection was
// free for it, so that a server that stalls is not flattered.

import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { Histogram } from '../histogram.ts';

/** What a stretch found. */
export interface PacedStretch {
  readonly offeredPerSecond: number;
  readonly okPerSecond: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What to ask, how often and over how many connections. */
export interface PacedLoad {
  readonly url: string;
  readonly ticket: string;
  readonly perSecond: number;
  readonly connections: number;
  readonly seconds: number;
  /** Connections of a client that was here before; new ones when absent. */
  readonly agent?: Agent;
  readonly signal: AbortSignal;
}

const TICK_MS = 1;
/** Longest wait for the last answers. */
const LAST_MS = 10_000;

/** One stretch. */
export async function paced(load: PacedLoad): Promise<PacedStretch> {
  const agent = load.agent ?? new Agent({ keepAlive: true, maxSockets: load.connections });
  const histogram = new Histogram();
  const count = Math.round(load.perSecond * load.seconds);
  const begin = performance.now();
  let okCount = 0;
  let errors = 0;
  let sent = 0;
  const send = (): void => {
    const due = begin + (sent * 1000) / load.perSecond;
    sent += 1;
    ask(load, agent).then(
      () => {
        okCount += 1;
        histogram.add(Math.max(0, (performance.now() - due) * 1000));
      },
      () => {
        errors += 1;
      },
    );
  };
  while (sent < count) {
    if (load.signal.aborted) throw load.signal.reason;
    const due = Math.min(count, Math.floor(((performance.now() - begin) / 1000) * load.perSecond) + 1);
    while (sent < due) send();
    await setTimeout(TICK_MS);
  }
  const deadline = performance.now() + LAST_MS;
  while (okCount + errors < count && performance.now() < deadline) await setTimeout(TICK_MS);
  const seconds = (performance.now() - begin) / 1000;
  if (load.agent === undefined) agent.destroy();
  return {
    offeredPerSecond: load.perSecond,
    okPerSecond: okCount / seconds,
    errors: count - okCount,
    p50Ms: histogram.quantile(0.5) / 1000,
    p99Ms: histogram.quantile(0.99) / 1000,
  };
}

/** Settled with the last byte of an answer that says OK. */
function ask({ url, ticket }: PacedLoad, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { authorization: `Bearer ${ticket}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200 && text.includes('"status":"OK"') ? resolve() : reject(new Error(text)),
      );
    });
    request.on('error', reject);
  });
}
