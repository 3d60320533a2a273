// One JSON line of what this machine is doing: CPU, memory, load, disks and network. On Linux from /proc (proc(5):
// stat, meminfo, loadavg, diskstats, net/dev); elsewhere what node:os gives, with the rest left out.
//
// Parsing is pure (text in, counters out); only `sampleHost` reads. Rates are differences of two samples.

import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';

/** Counters of one moment, all since boot unless said. */
export interface HostSample {
  /** Monotonic ms. */
  readonly atMs: number;
  /** Clock ticks spent busy and in total, over all CPUs. */
  readonly cpu: { readonly busy: number; readonly total: number };
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  /** Run queue averages over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly disks: readonly Counter[];
  readonly networks: readonly Counter[];
  /** The file system that holds the root, now. */
  readonly root: { readonly totalBytes: number; readonly freeBytes: number } | undefined;
}

/** Bytes that went in and out of a disk (read, written) or an interface (received, sent). */
export interface Counter {
  readonly name: string;
  readonly inBytes: number;
  readonly outBytes: number;
}

/** Devices listed in one line, so that it fits any console frame. */
const DEVICES_MAX = 8;
/** diskstats counts 512-byte sectors whatever the device's own are. */
const SECTOR_BYTES = 512;

/** Aggregate line of /proc/stat: user nice system idle iowait irq softirq steal (guest times are in user already). */
export function parseCpu(text: string): { busy: number; total: number } {
  const fields = /^cpu\s+(.*)$/m.exec(text)?.[1]?.split(/\s+/).slice(0, 8).map(Number) ?? [];
  const total = fields.reduce((sum, value) => sum + value, 0);
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0);
  return { busy: total - idle, total };
}

/** MemTotal and MemAvailable of /proc/meminfo, in bytes. */
export function parseMemory(text: string): { totalBytes: number; availableBytes: number } {
  const kibibytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { totalBytes: kibibytes('MemTotal') * 1024, availableBytes: kibibytes('MemAvailable') * 1024 };
}

/** Whole disks of /proc/diskstats: fields 6 and 10 are sectors read and written. Partitions and loops are left out. */
export function parseDisks(text: string): Counter[] {
  const whole = /^(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/;
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => whole.test(fields[2] ?? ''))
    .slice(0, DEVICES_MAX)
    .map((fields) => ({
      name: fields[2] ?? '',
      inBytes: Number(fields[5]) * SECTOR_BYTES,
      outBytes: Number(fields[9]) * SECTOR_BYTES,
    }));
}

/** Interfaces of /proc/net/dev: column 1 received bytes, column 9 sent bytes. */
export function parseNetworks(text: string): Counter[] {
  return text
    .split('\n')
    .map((line) => /^\s*([^:\s]+):\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .slice(0, DEVICES_MAX)
    .map((match) => {
      const fields = (match[2] ?? '').split(/\s+/).map(Number);
      return { name: match[1] ?? '', inBytes: fields[0] ?? 0, outBytes: fields[8] ?? 0 };
    });
}

/** Reads the counters now. `monotonicMs` is the caller's clock. Files that cannot be read count as empty. */
export async function sampleHost(monotonicMs: number): Promise<HostSample> {
  const [stat, meminfo, diskstats, netdev, root] = await Promise.all([
    textOf('/proc/stat'),
    textOf('/proc/meminfo'),
    textOf('/proc/diskstats'),
    textOf('/proc/net/dev'),
    statfs('/').then(
      ({ bsize, blocks, bfree }) => ({ totalBytes: bsize * blocks, freeBytes: bsize * bfree }),
      () => undefined,
    ),
  ]);
  const [one = 0, five = 0, fifteen = 0] = os.loadavg();
  return {
    atMs: monotonicMs,
    cpu: stat === '' ? cpuOfOs() : parseCpu(stat),
    memory: meminfo === '' ? { totalBytes: os.totalmem(), availableBytes: os.freemem() } : parseMemory(meminfo),
    load: [one, five, fifteen],
    disks: parseDisks(diskstats),
    networks: parseNetworks(netdev),
    root,
  };
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function cpuOfOs(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of os.cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    total += all;
    busy += all - times.idle;
  }
  return { busy, total };
}

/** The telemetry line for the time between two samples; `wallMs` is its time stamp. No LF. */
export function hostLine(before: HostSample, now: HostSample, wallMs: number): string {
  const seconds = Math.max((now.atMs - before.atMs) / 1000, 0.001);
  const cpuTotal = now.cpu.total - before.cpu.total;
  return JSON.stringify({
    ts_ms: wallMs,
    host: os.hostname(),
    cpu_pct: cpuTotal > 0 ? round((100 * (now.cpu.busy - before.cpu.busy)) / cpuTotal) : 0,
    cpus: os.availableParallelism(),
    load: now.load.map(round),
    mem_total_mb: mebibytes(now.memory.totalBytes),
    mem_used_mb: mebibytes(now.memory.totalBytes - now.memory.availableBytes),
    root_total_mb: now.root === undefined ? undefined : mebibytes(now.root.totalBytes),
    root_free_mb: now.root === undefined ? undefined : mebibytes(now.root.freeBytes),
    disks: rates(before.disks, now.disks, seconds, 'read_bps', 'write_bps'),
    net: rates(before.networks, now.networks, seconds, 'rx_bps', 'tx_bps'),
  });
}

function rates(
  before: readonly Counter[],
  now: readonly Counter[],
  seconds: number,
  inKey: string,
  outKey: string,
): object[] {
  return now.map((counter) => {
    const earlier = before.find(({ name }) => name === counter.name) ?? counter;
    // A counter that went down was reset (device replugged): its rate is unknown for this second, so 0.
    const rate = (end: number, start: number): number => Math.max(0, Math.round((end - start) / seconds));
    return {
      name: counter.name,
      [inKey]: rate(counter.inBytes, earlier.inBytes),
      [outKey]: rate(counter.outBytes, earlier.outBytes),
    };
  });
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
