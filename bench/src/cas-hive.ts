// What an update costs on its way through a real hive: a client in this process, `coh up` in another, a unix socket between them, the
// data directory on a disk. Pushed is the manifest, then every chunk, until the hive says that the update is whole and has its hash;
// then the payload is pulled. Packing is not in it: `cas.ts` has that.

import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CAS_LIMITS, encodeManifest, pack, signManifest, type UpdateManifest } from '@cohesix/cas';
import { connect, type HiveClient } from '@cohesix/client';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { startUntilLine } from './child.ts';
import { cpuTimeUs, processTree } from './cpu.ts';
import { findPlace } from './journal/place.ts';
import { median, table } from './report.ts';

/** What is measured. */
export interface CasHiveOptions {
  /** Bytes of the payload: whole MiB. */
  readonly payloadBytes: number;
  readonly rounds: number;
  /** Where; the first usual folder on a disk unless told. */
  readonly directory?: string;
  /** Message size that the client asks for, at most 1 MiB; default: what every hive gives. */
  readonly msize?: number;
  readonly chunkBytes?: number;
  readonly signal: AbortSignal;
}

const MIB = 1024 * 1024;
/** Chunks under way at a time, as `coh cas push` has them. */
const AT_ONCE = 8;
const SEED: Uint8Array = new Uint8Array(32).fill(0x21);
const MAIN = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };

interface Lap {
  readonly seconds: number;
  /** Of the hive. */
  readonly cpuSeconds: number;
}

interface Round {
  readonly push: Lap;
  readonly pull: Lap;
  /** Most resident memory of the hive, bytes. */
  readonly memory: number;
}

/** Measures, and answers the table. Rejects when something was not answered or is not right. */
export async function casHive(options: CasHiveOptions): Promise<string> {
  const place = findPlace(options.directory);
  const rounds: Round[] = [];
  for (let count = 0; count < options.rounds; count += 1) {
    if (options.signal.aborted) throw options.signal.reason;
    const directory = mkdtempSync(join(place.directory, 'cohesix-bench-'));
    try {
      rounds.push(await round(directory, options));
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  return textOf(rounds, options, place.fileSystem);
}

function textOf(rounds: readonly Round[], options: CasHiveOptions, fileSystem: string): string {
  const { payloadBytes, rounds: count, msize = 8192 } = options;
  const megabytes = payloadBytes / 1e6;
  const row = (name: string, laps: readonly Lap[]): readonly string[] => [
    name,
    (megabytes / median(laps.map(({ seconds }) => seconds))).toFixed(0),
    ((median(laps.map(({ cpuSeconds }) => cpuSeconds)) * 1000) / megabytes).toFixed(2),
  ];
  const rows = [
    row(
      'pushed, every byte verified: ready',
      rounds.map(({ push }) => push),
    ),
    row(
      'pulled',
      rounds.map(({ pull }) => pull),
    ),
  ];
  const memory = Math.max(...rounds.map((one) => one.memory)) / MIB;
  const title = `${megabytes.toFixed(0)} MB through a hive over its unix socket, msize ${msize}, on ${fileSystem}, median of ${count}`;
  return `${title}\n${table(['', 'MB/s', 'CPU s/GB of the hive'], rows)}\nmost memory of the hive: ${memory.toFixed(0)} MiB`;
}

async function round(directory: string, options: CasHiveOptions): Promise<Round> {
  const { payloadBytes, chunkBytes = DEFAULT_CAS_LIMITS.chunkBytes, msize = 8192 } = options;
  const payload = payloadOf(payloadBytes, chunkBytes);
  const open = (): AsyncIterable<Uint8Array> => payload.all();
  const packed = must(
    await pack({ crypto, open, epoch: '1', chunkBytes, chunksMax: 65_536 }, async () => ({
      ok: true,
      value: undefined,
    })),
  );
  const manifest = signManifest(crypto, SEED, packed.manifest);
  writeFileSync(join(directory, 'hive.toml'), manifestText(chunkBytes));
  const args = [...process.execArgv, MAIN, 'up', '--json', '--data', directory];
  const child = await startUntilLine({ command: process.execPath, args }, socketOf);
  const cpu = (): number => cpuTimeUs(processTree(child.pid)) / 1e6;
  try {
    const ticket = readFileSync(join(directory, 'run', 'queen.ticket'), 'utf8').trim();
    const client = must(await connect({ url: `unix:${child.value}`, role: '', ticket, msize, deadlineMs: 60_000 }));
    const push = await lap(cpu, () => pushAll(client, manifest, payload));
    const pull = await lap(cpu, () => pullAll(client, payloadBytes));
    await client.close();
    return { push, pull, memory: mostMemory(child.pid) };
  } finally {
    await child.stop();
  }
}

async function lap(cpu: () => number, run: () => Promise<void>): Promise<Lap> {
  const [before, start] = [cpu(), performance.now()];
  await run();
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: cpu() - before };
}

async function pushAll(client: HiveClient, manifest: UpdateManifest, payload: Payload): Promise<void> {
  must(await client.push('/updates/1/manifest.cbor', once(encodeManifest(manifest))));
  const waiting = manifest.chunks.entries();
  const pushNext = async (): Promise<void> => {
    for (const [index, chunk] of waiting) {
      const name = Buffer.from(chunk).toString('hex');
      must(await client.push(`/updates/1/chunks/${name}`, payload.chunk(index)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, pushNext));
  const status = new TextDecoder().decode(must(await client.read('/updates/1/status')));
  if (!status.startsWith('status epoch=1 state=ready\n')) throw new Error(`not whole:\n${status}`);
}

async function pullAll(client: HiveClient, payloadBytes: number): Promise<void> {
  const pulled = must(await client.pull('/updates/1/payload'));
  let bytes = 0;
  for await (const piece of pulled) bytes += piece.length;
  must(await pulled.ended);
  if (bytes !== payloadBytes) throw new Error(`pulled ${bytes} bytes of ${payloadBytes}`);
}

interface Payload {
  all(): AsyncIterable<Uint8Array>;
  chunk(index: number): AsyncIterable<Uint8Array>;
}

/** Bytes that no two chunks share; making them costs next to nothing. */
function payloadOf(bytes: number, chunkBytes: number): Payload {
  const block = randomFillSync(Buffer.alloc(chunkBytes));
  const chunk = (index: number): Buffer => {
    const copy = Buffer.from(block.subarray(0, Math.min(chunkBytes, bytes - index * chunkBytes)));
    copy.writeUInt32LE(index);
    return copy;
  };
  return {
    async *all() {
      for (let index = 0; index * chunkBytes < bytes; index += 1) yield chunk(index);
    },
    async *chunk(index) {
      yield chunk(index);
    },
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

function manifestText(chunkBytes: number): string {
  return `schema = "cohesix-hive/1"

[listen]
secure9p = ""
console = ""

[secure9p]
msize = ${MIB}
write_queue_bytes = ${16 * MIB}

[workers]
start = []

[cas]
chunk_bytes = ${chunkBytes}

[cas.signing]
keys = ["${Buffer.from(ed25519PublicKey(SEED)).toString('hex')}"]
`;
}

function socketOf(line: string): string | undefined {
  return /^\{"ready":true.*"socket":"([^"]+)"/.exec(line)?.[1];
}

/** `VmHWM` of proc_pid_status(5), bytes; 0 where there is no /proc. */
function mostMemory(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}
