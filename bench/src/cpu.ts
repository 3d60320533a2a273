// CPU time of a server, from Linux's /proc: of the process and all its descendants, threads that ended included.

import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports in ticks of USER_HZ, which is 100 on every architecture Node runs on. */
const US_PER_TICK = 10_000;

/** A process and its present descendants. */
export function processTree(pid: number): readonly number[] {
  const parents = new Map(allPids().map((each) => [each, parentOf(each)]));
  const tree = [pid];
  for (const each of tree) {
    for (const [child, parent] of parents) if (parent === each) tree.push(child);
  }
  return tree;
}

/** User plus system time of these processes in microseconds, exact to 10 ms; one that ended counts 0. */
export function cpuTimeUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * US_PER_TICK, 0);
}

function allPids(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));
}

function parentOf(pid: number): number {
  return Number(statFields(pid)[1] ?? 0);
}

function ticksOf(pid: number): number {
  const fields = statFields(pid);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** Fields of proc_pid_stat(5) from the third on: [0] state, [1] ppid, [11] utime, [12] stime. */
function statFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // ended between the listing and now
  }
}
