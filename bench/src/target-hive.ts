// Our hive as a benchmark target: a child process `coh up` on a temporary data folder.
//
// Its manifest turns approvals off, because the durable append is about the journal and not about policy. The log is
// filled first, so that a read of 8,168 bytes finds as many.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attenuate } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import { startUntilLine } from './child.ts';
import { LoadConnection } from './load-connection.ts';
import { operationNamed, sessionSteps } from './operations.ts';
import type { RunningTarget, Target } from './target.ts';

const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const MANIFEST = 'schema = "cohesix-hive/1"\n\n[policy]\nenabled = false\n';
/** worker-1 is the host worker every hive starts; SHA-256 puts it into shard 13. */
const PATHS = {
  small: 'proc/boot',
  big: 'log/queen.log',
  walk4: 'shard/13/worker/worker-1',
  append: 'log/queen.log',
  durable: { path: 'queen/ctl', line: '{"budget":{"ttl_s":300,"ops":1000}}' },
} as const;
/** Lines of 64 bytes that are put into the log at the start. */
const LINES_FILLED = 300;

/** A hive of this repository, running on a data folder of its own. */
export interface HiveHandle {
  readonly pid: number;
  /** Port of the 9P listener on 127.0.0.1. */
  readonly port: number;
  /** URL of the HTTP door. */
  readonly http: string;
  /** A ticket of the Queen; a secret that ends with the folder. */
  readonly ticket: string;
  /** Another one, as of somebody else. */
  readonly otherTicket: string;
  /** What to add to a `coh` command so that it talks to this hive. */
  readonly clientArgs: readonly string[];
  /** Ends it and removes its folder; idempotent. */
  stop(): Promise<void>;
}

/** The hive as a target. */
export const hive: Target = { name: 'hive', missing: () => undefined, start: startTarget };

/** Starts a hive. @throws Error with its output when it does not come up in 20 s. */
export async function startHive(): Promise<HiveHandle> {
  const data = mkdtempSync(join(tmpdir(), 'cohesix-bench-hive-'));
  const remove = () => rmSync(data, { recursive: true, force: true });
  try {
    writeFileSync(join(data, 'hive.toml'), MANIFEST);
    const listen = ['--listen-9p', '127.0.0.1:0', '--listen-console', '127.0.0.1:0', '--listen-http', '127.0.0.1:0'];
    const args = [MAIN, 'up', '--json', '--data', data, ...listen];
    const child = await startUntilLine({ command: process.execPath, args }, addressesOf);
    const queen = readFileSync(join(data, 'run', 'queen.ticket'), 'utf8').trim();
    const { port, http } = child.value;
    const [ticket, otherTicket] = [metered(queen), metered(queen)];
    const stop = () => child.stop().finally(remove);
    return { pid: child.pid, port, http, ticket, otherTicket, clientArgs: ['--data', data], stop };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * The Queen's ticket, attenuated so that everything is metered: scopes with a rate and every quota, all so large that
 * nothing is refused. What is measured is then what a user's narrow ticket pays.
 */
function metered(ticket: string): string {
  const large = 2 ** 32 - 1;
  const scope = (path: string) => ({ path, verbs: 'both', ratePerS: large }) as const;
  const narrowed = attenuate(nodeTicketCrypto, ticket, {
    nonce: randomTicketId(),
    scopes: ['/proc', '/log', '/queen', '/shard', '/worker'].map(scope),
    quotas: { operationsPerS: large, bandwidthBytesPerS: 2 ** 40, cursorMovesPerS: large, cursorResumesPerS: large },
  });
  if (!narrowed.ok) throw new Error(narrowed.refusal.detail);
  return narrowed.value;
}

async function startTarget(): Promise<RunningTarget> {
  const { pid, port, ticket, stop } = await startHive();
  const version = `cohesix on Node ${process.version}`;
  const target = { host: '127.0.0.1', port, uname: 'queen', aname: ticket, paths: PATHS, pid, version, stop };
  try {
    await fillLog(target);
    return target;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fillLog(target: RunningTarget): Promise<void> {
  const { prepare, cycle } = operationNamed('append 64 B').program(0, target.paths);
  const connection = await LoadConnection.open(target);
  try {
    await connection.run([[...sessionSteps(target), ...prepare]], () => false);
    let left = LINES_FILLED;
    await connection.run([cycle], () => --left > 0);
  } finally {
    connection.close();
  }
}

/** The addresses in the line that says the hive is ready. */
function addressesOf(line: string): { readonly port: number; readonly http: string } | undefined {
  if (!line.startsWith('{"ready":true')) return undefined;
  const { secure9p, http } = JSON.parse(line) as { readonly secure9p: string; readonly http: string };
  return { port: Number(secure9p.split(':').at(-1)), http };
}
