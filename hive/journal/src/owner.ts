// Who holds a directory, and whether that process still runs.
//
// A pid alone is not enough: it is used again after the process ends. The pair (pid, start time in clock ticks since
// boot, /proc/<pid>/stat field 22, proc(5)) within one boot and one pid namespace names a process for ever. Where
// there is no /proc, only signal 0 is left and a reused pid looks alive: the lock then errs on the safe side.

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The identity of a process that holds a directory. Absent fields could not be found out on its platform. */
export interface Owner {
  readonly pid: number;
  /** Clock ticks since boot, as decimal digits. */
  readonly startTicks?: string;
  readonly hostname: string;
  readonly bootId?: string;
  readonly pidNamespace?: string;
  /** When the directory was taken, milliseconds since the epoch. */
  readonly since: number;
  /** What the process calls itself, for the message. */
  readonly program: string;
}

/** `unknown`: it ran on another machine or in another container, so nobody here can tell. */
export type Liveness = 'alive' | 'gone' | 'unknown';

/** The identity of this process. `since` is in milliseconds since the epoch. */
export function currentOwner(since: number, program = 'cohesix'): Owner {
  const startTicks = statOf(process.pid)?.startTicks;
  const bootId = readText('/proc/sys/kernel/random/boot_id');
  const pidNamespace = readLink('/proc/self/ns/pid');
  return {
    pid: process.pid,
    ...(startTicks === undefined ? {} : { startTicks }),
    hostname: hostname(),
    ...(bootId === undefined ? {} : { bootId }),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
    since,
    program,
  };
}

/** Whether `owner` still runs, as seen by the process `self`. */
export function livenessOf(owner: Owner, self: Owner): Liveness {
  const isSameBoot = owner.bootId === self.bootId;
  const isSameHost = owner.hostname === self.hostname;
  if (!isSameBoot) return isSameHost ? 'gone' : 'unknown';
  // Two machines without a boot id are told apart by name; one with a boot id may have been renamed since.
  if (owner.bootId === undefined && !isSameHost) return 'unknown';
  return owner.pidNamespace === self.pidNamespace ? processLiveness(owner) : 'unknown';
}

function processLiveness(owner: Owner): Liveness {
  const stat = statOf(owner.pid);
  // No entry may also mean that /proc hides other users' processes; the signal tells these apart.
  if (stat === undefined) return answersSignal(owner.pid) ? 'alive' : 'gone';
  if (stat.isDead) return 'gone';
  return owner.startTicks === undefined || owner.startTicks === stat.startTicks ? 'alive' : 'gone';
}

interface ProcessStat {
  readonly startTicks: string;
  /** A zombie or a process being removed. */
  readonly isDead: boolean;
}

/** The state is the third field of the line and the start time the 22nd; the second may hold spaces and brackets. */
function statOf(pid: number): ProcessStat | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields[19];
  if (startTicks === undefined) return undefined;
  return { startTicks, isDead: fields[0] === 'Z' || fields[0] === 'X' };
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // The platform has no such file, or hides it; the field stays absent.
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // As above.
  }
}

/** The owner as the JSON text kept in a claim. */
export function formatOwner(owner: Owner): string {
  return `${JSON.stringify(owner)}\n`;
}

/** Reads a claim; undefined when it is not one. */
export function parseOwner(text: string): Owner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // The caller says which file does not parse.
  }
  return isOwner(value) ? value : undefined;
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof Owner, unknown>> = value;
  return (
    isPid(fields.pid) &&
    typeof fields.hostname === 'string' &&
    typeof fields.program === 'string' &&
    isTime(fields.since) &&
    [fields.startTicks, fields.bootId, fields.pidNamespace].every(isTextOrAbsent)
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isPid(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}
