// The hive of the fleet: `coh up` as a process of its own on a real data directory, with its doors on a unix socket.
//
// Its manifest raises what 10,000 workers and leases need and turns approvals off, because the figures are about the
// journal, the authority and the doors, not about people who approve. The default budget has operations to count and a
// time that runs out, so that use is reported and deadlines are looked for, as with any worker.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataPaths, loadKeyRing } from '@cohesix/node';
import { activeKey, mint, type Role, type Scope } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import { startUntilLine } from '../child.ts';

/** A hive that runs. */
export interface HiveProcess {
  readonly pid: number;
  /** Its data directory; goes with it. */
  readonly folder: string;
  /** Path of the unix socket that speaks 9P. */
  readonly socket: string;
  /** A ticket of the Queen. */
  readonly queen: string;
  /** A new ticket of this hive, and the id it is revoked by. */
  ticket(claims: { readonly role: Role; readonly subject: string; readonly scopes?: readonly Scope[] }): NewTicket;
  /** Resident memory now and at its highest, bytes; 0 where there is no /proc. */
  memory(): Memory;
  /** Ends it and removes its folder; idempotent. */
  stop(): Promise<void>;
}

/** A ticket of the load. */
export interface NewTicket {
  readonly token: string;
  /** Lower-case hex. */
  readonly id: string;
}

/** Resident memory, bytes. */
export interface Memory {
  readonly now: number;
  readonly most: number;
}

/** How large a hive, and where its data directory is made. */
export interface HiveSize {
  readonly workers: number;
  readonly sessions: number;
  readonly telemetryMs: number;
  readonly directory: string;
  /** Largest 9P message, bytes; the hive's default when absent. */
  readonly msize?: number;
  /** Further sections of the manifest, TOML. */
  readonly more?: string;
}

const MAIN = fileURLToPath(new URL('../../../apps/coh/src/main.ts', import.meta.url));
/** Room beside the fleet itself, so that no bar is met or missed by a bound. */
const SPARE = 64;

/** The hive's default. */
const WRITE_QUEUE_BYTES = 262_144;

/** Starts a hive. @throws Error with its output when it does not come up in 20 s. */
export async function startFleetHive(size: HiveSize): Promise<HiveProcess> {
  const data = mkdtempSync(join(size.directory, 'cohesix-bench-fleet-'));
  const remove = (): void => rmSync(data, { recursive: true, force: true });
  try {
    writeFileSync(join(data, 'hive.toml'), manifestText(size));
    const args = [...process.execArgv, MAIN, 'up', '--json', '--data', data];
    const child = await startUntilLine({ command: process.execPath, args }, socketOf);
    const makeTicket = await ticketMaker(data);
    return {
      pid: child.pid,
      folder: data,
      socket: child.value,
      queen: readFileSync(join(data, 'run', 'queen.ticket'), 'utf8').trim(),
      ticket: makeTicket,
      memory: () => memoryOf(child.pid),
      stop: () => child.stop().finally(remove),
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function manifestText({ workers, sessions, telemetryMs, msize = 8192, more = '' }: HiveSize): string {
  return `schema = "cohesix-hive/1"

[listen]
secure9p = ""
console = ""
http = ""

[policy]
enabled = false

[secure9p]
sessions_max = ${sessions + SPARE}
msize = ${msize}
write_queue_bytes = ${Math.max(WRITE_QUEUE_BYTES, 8 * msize)}

[workers]
max = ${workers + SPARE}
heartbeat_interval_ms = ${telemetryMs}
default_budget = { ops = 1000000, ttl_s = 86400 }
start = []

[leases]
active_max = ${workers + SPARE}
${more}`;
}

function socketOf(line: string): string | undefined {
  return /^\{"ready":true.*"socket":"([^"]+)"/.exec(line)?.[1];
}

async function ticketMaker(data: string): Promise<HiveProcess['ticket']> {
  const ring = await loadKeyRing(dataPaths(data));
  if (!ring.ok) throw new Error(ring.refusal.detail);
  return (claims) => {
    const id = randomTicketId();
    const token = mint(nodeTicketCrypto, activeKey(ring.value), { id, audience: 'hive', ...claims });
    if (!token.ok) throw new Error(token.refusal.detail);
    return { token: token.value, id: Buffer.from(id).toString('hex') };
  };
}

/** `VmRSS` and `VmHWM` of proc_pid_status(5), in KiB there. */
function memoryOf(pid: number): Memory {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const bytes = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return { now: bytes('VmRSS'), most: bytes('VmHWM') };
  } catch {
    return { now: 0, most: 0 }; // not Linux
  }
}
