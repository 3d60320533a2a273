// The parsers of Linux's /proc, on texts from real machines (shortened), and the line made of two samples.

import { describe, expect, it } from 'vitest';
import {
  type HostSample,
  hostLine,
  parseCpu,
  parseDisks,
  parseMemory,
  parseNetworks,
  sampleHost,
} from '../src/workers/host-metrics.ts';

const STAT = `cpu  1000 20 300 8000 100 5 15 60 7 3
cpu0 500 10 150 4000 50 2 8 30 3 1
intr 123 45
ctxt 99
`;

const MEMINFO = `MemTotal:       16315564 kB
MemFree:          812345 kB
MemAvailable:    9000000 kB
SwapTotal:             0 kB
`;

const DISKSTATS = `   7       0 loop0 11 0 28 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 259       0 nvme0n1 1000 5 20000 300 500 7 10000 200 0 100 500 0 0 0 0 1 2
 259       1 nvme0n1p1 900 5 19000 290 400 7 9000 190 0 90 480 0 0 0 0 0 0
   8       0 sda 10 0 80 1 4 0 32 1 0 1 2
   8       1 sda1 9 0 72 1 4 0 32 1 0 1 2
 253       0 dm-0 1 0 8 0 0 0 0 0 0 0 0
 252       0 vda 3 0 24 0 1 0 8 0 0 0 0
 179       0 mmcblk0 2 0 16 0 0 0 0 0 0 0 0
`;

const NETDEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1234 10 0 0 0 0 0 0 1234 10 0 0 0 0 0 0
  eth0:987654321 500 0 0 0 0 0 0 123456789 400 0 0 0 0 0 0
`;

describe('the parsers', () => {
  it('add up the processor times, guests counted once', () => {
    expect(parseCpu(STAT)).toEqual({ busy: 1400, total: 9500 });
    expect(parseCpu('')).toEqual({ busy: 0, total: 0 });
    expect(parseCpu('cpu  1 2 3 4\n')).toEqual({ busy: 6, total: 10 });
  });

  it('read memory in bytes', () => {
    expect(parseMemory(MEMINFO)).toEqual({ totalBytes: 16_315_564 * 1024, availableBytes: 9_000_000 * 1024 });
    expect(parseMemory('')).toEqual({ totalBytes: 0, availableBytes: 0 });
  });

  it('list whole disks only, in bytes of 512-byte sectors', () => {
    expect(parseDisks(DISKSTATS)).toEqual([
      { name: 'nvme0n1', inBytes: 20_000 * 512, outBytes: 10_000 * 512 },
      { name: 'sda', inBytes: 80 * 512, outBytes: 32 * 512 },
      { name: 'vda', inBytes: 24 * 512, outBytes: 8 * 512 },
      { name: 'mmcblk0', inBytes: 16 * 512, outBytes: 0 },
    ]);
    expect(parseDisks('')).toEqual([]);
  });

  it('list interfaces, also where no blank follows the colon', () => {
    expect(parseNetworks(NETDEV)).toEqual([
      { name: 'lo', inBytes: 1234, outBytes: 1234 },
      { name: 'eth0', inBytes: 987_654_321, outBytes: 123_456_789 },
    ]);
    expect(parseNetworks('')).toEqual([]);
  });

  it('list at most eight devices, so that a line fits any frame', () => {
    const many = Array.from({ length: 9 }, (_, index) => `  eth${index}: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n`).join('');
    expect(parseNetworks(many).length).toBe(8);
    const disks = Array.from({ length: 9 }, (_, index) => `8 0 sd${'abcdefghi'[index]} 1 0 8 0 1 0 8 0 0 0 0\n`).join(
      '',
    );
    expect(parseDisks(disks).length).toBe(8);
  });
});

describe('the line', () => {
  const sample = (change: Partial<HostSample>): HostSample => ({
    atMs: 0,
    cpu: { busy: 0, total: 0 },
    memory: { totalBytes: 2 ** 30, availableBytes: 2 ** 29 },
    load: [0.123, 0.5, 1],
    disks: [],
    networks: [],
    root: { totalBytes: 2 ** 40, freeBytes: 2 ** 39 },
    ...change,
  });
  const line = (before: HostSample, now: HostSample): Record<string, unknown> =>
    JSON.parse(hostLine(before, now, 42)) as Record<string, unknown>;

  it('has rates over the time between two samples', () => {
    const before = sample({ cpu: { busy: 100, total: 1000 }, disks: [{ name: 'sda', inBytes: 0, outBytes: 10 }] });
    const now = sample({
      atMs: 2000,
      cpu: { busy: 150, total: 1200 },
      disks: [{ name: 'sda', inBytes: 1000, outBytes: 10 }],
    });
    expect(line(before, now)).toMatchObject({
      ts_ms: 42,
      cpu_pct: 25,
      load: [0.12, 0.5, 1],
      mem_total_mb: 1024,
      mem_used_mb: 512,
      root_total_mb: 2 ** 20,
      root_free_mb: 2 ** 19,
      disks: [{ name: 'sda', read_bps: 500, write_bps: 0 }],
    });
  });

  it('says 0 for a device that is new or was reset, and for no time at all', () => {
    const before = sample({ networks: [{ name: 'eth0', inBytes: 5000, outBytes: 5000 }] });
    const now = sample({
      networks: [
        { name: 'eth0', inBytes: 10, outBytes: 5000 },
        { name: 'eth1', inBytes: 99, outBytes: 99 },
      ],
    });
    expect(line(before, now)).toMatchObject({
      cpu_pct: 0,
      net: [
        { name: 'eth0', rx_bps: 0, tx_bps: 0 },
        { name: 'eth1', rx_bps: 0, tx_bps: 0 },
      ],
    });
  });

  it('leaves out a root that cannot be read, and is one line', () => {
    const text = hostLine(sample({ root: undefined }), sample({ root: undefined, atMs: 1 }), 0);
    expect(text).not.toMatch(/root_|\n/);
  });

  it('can be made on this machine', async () => {
    const first = await sampleHost(0);
    const second = await sampleHost(1000);
    const made = line(first, second);
    expect(made.mem_total_mb).toBeGreaterThan(0);
    expect(made.cpu_pct).toBeLessThanOrEqual(100);
  });
});
