// Load by `wrk`, which is Debian's: a generator that is faster than what it measures.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

/** Where Debian has it. */
const WRK = '/usr/bin/wrk';

/** What a stretch found. */
export interface WrkStretch {
  /** Requests that were answered. */
  readonly requests: number;
  readonly okPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Requests that were not answered with 2xx or 3xx, or not answered. */
  readonly errors: number;
}

/** What to ask, how wide and how long. */
export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Bearer of the Authorization header. */
  readonly ticket?: string;
  readonly signal: AbortSignal;
}

/** Why there is no such load here; undefined when there is. */
export function wrkMissing(): string | undefined {
  return existsSync(WRK) ? undefined : 'wrk is not installed (apt-get install wrk)';
}

/** One stretch, with one thread. @throws Error when wrk fails or says something else than it should. */
export async function wrk({ url, connections, seconds, ticket, signal }: WrkLoad): Promise<WrkStretch> {
  const header = ticket === undefined ? [] : ['-H', `Authorization: Bearer ${ticket}`];
  const args = ['-t1', `-c${connections}`, `-d${Math.max(1, Math.round(seconds))}s`, '--latency', ...header, url];
  const { stdout } = await promisify(execFile)(WRK, args, { signal });
  return parseWrk(stdout);
}

/** Reads what `wrk --latency` prints. @throws Error when it is something else. */
export function parseWrk(text: string): WrkStretch {
  const found = (pattern: RegExp): string => {
    const [, value] = pattern.exec(text) ?? [];
    if (value === undefined) throw new Error(`wrk said something else: ${text}`);
    return value;
  };
  const [, connect = 0, read = 0, write = 0, timeout = 0] =
    /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const failed = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const count = Number(found(/(\d+) requests in /));
  const perSecond = Number(found(/Requests\/sec:\s+([\d.]+)/));
  return {
    requests: count,
    okPerSecond: count === 0 ? 0 : (perSecond * (count - failed)) / count,
    p50Us: microseconds(found(/50%\s+(\S+)/)),
    p99Us: microseconds(found(/99%\s+(\S+)/)),
    errors: failed + [connect, read, write, timeout].reduce<number>((sum, each) => sum + Number(each), 0),
  };
}

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 6e7 };

function microseconds(text: string): number {
  const [, value = '', unit = ''] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  return Number(value) * (UNITS[unit] ?? Number.NaN);
}
