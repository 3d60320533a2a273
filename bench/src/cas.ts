// What an update costs, beside the least that any download must do: hash the bytes, write them into one file, sync it once.
//
// Packing, pushing and verifying happen in one process here; a fleet has the packer elsewhere. Wall-clock figures mean something only on
// a quiet machine and beside the first row; CPU time moves less.

import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cas,
  DEFAULT_CAS_LIMITS,
  encodeManifest,
  openCas,
  type PackOptions,
  pack,
  signManifest,
} from '@cohesix/cas';
import { nodeDisk, writeAll } from '@cohesix/journal';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { findPlace } from './journal/place.ts';
import { median, table } from './report.ts';

/** What is measured. */
export interface CasOptions {
  /** Bytes of the payload: whole MiB. It takes twice that on the disk for a while. */
  readonly payloadBytes: number;
  /** Where; the first usual folder on a disk unless told. */
  readonly directory?: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

const MIB = 1024 * 1024;
/** Chunks on their way to the disk at a time: what a client with pipelined writes has. */
const AT_ONCE = 8;
const SEED: Uint8Array = new Uint8Array(32).fill(0x21);
const LIMITS = { ...DEFAULT_CAS_LIMITS, stagedMax: AT_ONCE };
const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };

interface Lap {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Measures, and answers the table. Rejects when something was not answered. */
export async function cas(options: CasOptions): Promise<string> {
  const place = findPlace(options.directory);
  const laps = new Laps();
  for (let count = 0; count < options.rounds; count += 1) {
    if (options.signal.aborted) throw options.signal.reason;
    const directory = mkdtempSync(join(place.directory, 'cohesix-bench-'));
    try {
      await round(laps, directory, options.payloadBytes);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  const megabytes = options.payloadBytes / 1e6;
  const title = `${megabytes.toFixed(0)} MB in chunks of 4 MiB on ${place.fileSystem}, median of ${options.rounds}`;
  return `${title}\n${laps.text(megabytes)}\nmemory of the process: ${(process.memoryUsage().rss / MIB).toFixed(0)} MiB`;
}

async function round(laps: Laps, directory: string, payloadBytes: number): Promise<void> {
  const open = (): AsyncIterable<Uint8Array> => payload(payloadBytes);
  const { chunkBytes, chunksMax } = LIMITS;
  const options: PackOptions = { crypto, open, epoch: '1', chunkBytes, chunksMax };
  await laps.measure('one file, hashed, synced once', () => copy(directory, open));
  await laps.measure('pack: two hashes, nothing kept', async () => must(await pack(options, async () => OK)));
  const policy = { isDeltaEnabled: true, isSignatureRequired: true, verificationKeys: [ed25519PublicKey(SEED)] };
  const store = must(
    await openCas({ disk: nodeDisk, directory: join(directory, 'cas'), crypto, limits: LIMITS, policy }),
  );
  await laps.measure('pack, push and verify: ready', async () => {
    const manifest = await laps.measure('  pack and push, each chunk durable', () => push(store, options));
    await laps.measure('  verify the payload', async () => must(await store.updates.appendManifest('1', manifest)));
  });
  await laps.measure('verify again', async () => must(await store.updates.verify('1')));
}

/** Bytes that no two chunks share; making them costs next to nothing. */
async function* payload(bytes: number): AsyncIterable<Uint8Array> {
  const block = randomFillSync(Buffer.alloc(MIB));
  for (let at = 0; at < bytes; at += MIB) {
    block.writeUInt32LE(at / MIB);
    yield block;
  }
}

async function copy(directory: string, open: () => AsyncIterable<Uint8Array>): Promise<void> {
  const file = await nodeDisk.open(join(directory, 'copy'), 'create');
  const hash = crypto.sha256Stream();
  let at = 0;
  for await (const piece of open()) {
    hash.update(piece);
    await writeAll(file, [piece], at);
    at += piece.length;
  }
  await file.datasync();
  await file.close();
}

const OK = { ok: true, value: undefined } as const;

/** Pushes chunks while they are packed; answers the signed manifest. */
async function push({ updates }: Cas, options: PackOptions): Promise<Uint8Array> {
  const moving = new Set<Promise<void>>();
  const packed = must(
    await pack(options, async ({ name, bytes }) => {
      const appended = updates.appendChunk('1', name, { offset: 0, bytes: bytes.slice() });
      const moved: Promise<void> = appended.then((result) => {
        must(result);
        moving.delete(moved);
      });
      moving.add(moved);
      if (moving.size >= AT_ONCE) await Promise.race(moving);
      return OK;
    }),
  );
  await Promise.all(moving);
  return encodeManifest(signManifest(crypto, SEED, packed.manifest));
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** How long each thing took, round by round. */
class Laps {
  readonly #laps = new Map<string, Lap[]>();

  async measure<T>(name: string, run: () => Promise<T>): Promise<T> {
    const laps = this.#laps.get(name) ?? [];
    this.#laps.set(name, laps);
    const cpu = process.cpuUsage();
    const start = performance.now();
    const value = await run();
    const { user, system } = process.cpuUsage(cpu);
    laps.push({ seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 });
    return value;
  }

  text(megabytes: number): string {
    const rows = [...this.#laps].map(([name, laps]) => [
      name,
      (megabytes / median(laps.map(({ seconds }) => seconds))).toFixed(0),
      ((median(laps.map(({ cpuSeconds }) => cpuSeconds)) * 1000) / megabytes).toFixed(2),
    ]);
    return table(['', 'MB/s', 'CPU s/GB'], rows);
  }
}
