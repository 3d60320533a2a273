// A life of a spool on a disk in memory: appends of all sizes, alone and several at a time, acknowledgements, openings. It remembers
// what it was told, and says of what a later process finds whether that can be.

import { openSpool, type Spool } from '@cohesix/journal';
import type { MemoryDisk } from '@cohesix/journal/memory-disk';
import type { Random } from '../sim/random.ts';

const SECTORS = 12;
const RECORD_BYTES_MAX = 1500;
const STEPS = 14;

/** What somebody was promised, and what may be true besides. */
export class Told {
  /** Bytes that the disk of the spool is told to write whole. */
  readonly sector: 512 | 4096;
  /** Number → payload of records that were answered. */
  readonly durable: Map<number, string> = new Map();
  /** Payloads that were handed over, in their order. */
  readonly given: string[] = [];
  /** Payloads that an opening did not find: they may never come back. */
  readonly gone: Set<string> = new Set();
  /** Up to which number an acknowledgement was answered, and asked for. */
  acked = 0;
  ackAsked = 0;

  constructor(sector: 512 | 4096 = 512) {
    this.sector = sector;
  }
}

/** Opens the spool of a life, or says why it cannot be opened. */
async function openLife(disk: MemoryDisk, { sector }: Told): Promise<Spool | string> {
  const opened = await openSpool({
    disk,
    path: '/spool',
    owner: { hive: 'aa11', fingerprint: 'f1' },
    size: { bytes: 8192 + SECTORS * sector, sector },
    limits: { mode: 'overwrite_acked', recordBytesMax: RECORD_BYTES_MAX, recordsMax: 1000 },
  });
  return opened.ok ? opened.value : `${opened.refusal.code}: ${opened.refusal.detail}`;
}

/** Lives until the end of its steps or of its disk. The same `random` makes the same life. */
export async function live(disk: MemoryDisk, told: Told, random: Random): Promise<void> {
  let spool = await openLife(disk, told);
  for (let step = 0; step < STEPS && typeof spool !== 'string' && !disk.isDead; step++) {
    const kind = random.below(6);
    if (kind < 3) await appendSome(spool, told, random);
    else if (kind < 5) await acknowledge(spool, told, random);
    else {
      if (random.chance(1, 2)) await spool.close();
      spool = await openLife(disk, told);
    }
  }
  if (typeof spool !== 'string' && random.chance(1, 2)) await spool.close();
}

async function appendSome(spool: Spool, told: Told, random: Random): Promise<void> {
  const count = random.between(1, 3);
  const appends = Array.from({ length: count }, async () => {
    const size = random.chance(1, 3) ? random.between(400, RECORD_BYTES_MAX) : random.between(1, 60);
    const payload = `${told.given.length}:`.padEnd(size, 'abcdefghijklmnopqrstuvwxyz').slice(0, Math.max(size, 6));
    told.given.push(payload);
    const done = await spool.append(1, Buffer.from(payload), 1);
    if (done.ok) told.durable.set(done.value, payload);
  });
  // An acknowledgement in the middle of it.
  if (random.chance(1, 3)) await acknowledge(spool, told, random);
  await Promise.all(appends);
}

async function acknowledge(spool: Spool, told: Told, random: Random): Promise<void> {
  const { next, acked } = spool.status;
  if (next - 1 <= acked) return;
  const seq = random.between(acked + 1, next - 1);
  told.ackAsked = Math.max(told.ackAsked, seq);
  const done = await spool.ack(seq);
  if (done.ok) told.acked = Math.max(told.acked, done.value);
}

/** Every rule that what is found now breaks. Remembers what is not there. */
export async function problemsOf(disk: MemoryDisk, told: Told): Promise<readonly string[]> {
  const spool = await openLife(disk, told);
  if (typeof spool === 'string') return [`cannot be opened: ${spool}`];
  const broken: string[] = [];
  const { acked, next, lost } = spool.status;
  if (lost > 0) broken.push(`${lost} records are lost`);
  if (acked < told.acked) broken.push(`acknowledged up to ${told.acked}, found ${acked}`);
  if (acked > told.ackAsked) broken.push(`nobody acknowledged ${acked}`);
  const found = await recordsOf(spool);
  for (let seq = acked + 1; seq < next; seq++) {
    const payload = found.get(seq);
    const promised = told.durable.get(seq);
    if (payload === undefined) broken.push(`record ${seq} cannot be read`);
    else if (promised !== undefined && promised !== payload) broken.push(`record ${seq} is another one`);
    else if (!told.given.includes(payload)) broken.push(`record ${seq} was never appended`);
    else if (told.gone.has(payload)) broken.push(`record ${seq} has come back`);
  }
  for (const seq of told.durable.keys()) if (seq >= next) broken.push(`record ${seq} is gone, the next is ${next}`);
  const order = [...found.values()].map((payload) => told.given.indexOf(payload));
  if (order.some((place, index) => index > 0 && place <= (order[index - 1] ?? 0))) broken.push('the order is another');
  remember(told, [...found], acked);
  await spool.close();
  return broken;
}

/** What was found stays; what was given and is neither here nor acknowledged is gone for ever. */
function remember(told: Told, found: readonly (readonly [number, string])[], acked: number): void {
  for (const [seq, payload] of found) told.durable.set(seq, payload);
  const kept = new Set(told.durable.values());
  for (const payload of told.given) if (!kept.has(payload)) told.gone.add(payload);
  told.acked = acked;
}

async function recordsOf(spool: Spool): Promise<Map<number, string>> {
  const text = spool.text();
  const parts: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const piece = await text.read(at, 4096);
    if (!piece.ok || piece.value.length === 0) break;
    parts.push(piece.value);
    at += piece.value.length;
  }
  const whole = Buffer.concat(parts).toString('latin1');
  return new Map([...whole.matchAll(/^seq=(\d+) .*\n(.*)$/gm)].map(([, seq, payload = '']) => [Number(seq), payload]));
}
