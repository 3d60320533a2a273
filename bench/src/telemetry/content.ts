// Content that does not go through rings: an artefact pushed by reference and pulled, an update packed, pushed and pulled, each with the
// command a user types, in a process of its own, over 9P, against a running hive. Beside them the least that any of them must do: hash
// the bytes, and copy them into a file with a sync.

import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../child.ts';
import { startFleetHive } from '../fleet/hive-process.ts';
import { median } from '../report.ts';

/** One step. */
export interface ContentRow {
  readonly step: string;
  readonly seconds: number;
  readonly megabytesPerSecond: number;
}

/** How much, and where. */
export interface ContentLoad {
  readonly bytes: number;
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Names of the two steps that have bars. */
export const PUSH_BY_REFERENCE = 'coh telemetry push, by reference';
export const PUSH_UPDATE = 'coh cas push, verified by the hive';

const MAIN = fileURLToPath(new URL('../../../apps/coh/src/main.ts', import.meta.url));
const MIB = 2 ** 20;
/** Times that the update is pushed into a store that has none of it; the median counts. */
const PUSHES = 3;
/** How often a store is asked whether it is empty. */
const POLL_MS = 200;
/** Characters of a command's output that are shown. */
const SAID_MAX = 2000;
/** Runs all steps in turn. @throws Error with what a command said when it failed. */
export async function measureContent(load: ContentLoad): Promise<readonly ContentRow[]> {
  const folder = mkdtempSync(join(load.directory, 'cohesix-bench-content-'));
  const at = (name: string): string => join(folder, name);
  const rows: ContentRow[] = [];
  const lap = async (step: string, run: () => unknown): Promise<number> => {
    if (load.signal.aborted) throw load.signal.reason;
    // No step pays for what one before it left to be written.
    spawnSync('sync');
    const begin = performance.now();
    await run();
    const seconds = (performance.now() - begin) / 1000;
    load.onProgress(`${step}: ${(load.bytes / 1e6 / seconds).toFixed(0)} MB/s`);
    return seconds;
  };
  const add = (step: string, seconds: number): void => {
    rows.push({ step, seconds, megabytesPerSecond: load.bytes / 1e6 / seconds });
  };
  const timed = async (step: string, run: () => unknown): Promise<void> => add(step, await lap(step, run));
  try {
    writeRandom(at('artefact.bin'), load.bytes);
    const hive = await startFleetHive({ workers: 1, sessions: 64, telemetryMs: 60_000, directory: folder, msize: MIB });
    const coh = (...args: string[]): Promise<string> => run(['--data', hive.folder, ...args], load.signal);
    try {
      await timed('bare: hash', () => void hashOf(at('artefact.bin')));
      await timed('bare: hash, copy, sync, first', () => copy(at('artefact.bin'), at('copy.bin')));
      touchMemory(at);
      await timed('bare: hash, copy, sync, again', () => copy(at('artefact.bin'), at('copy.bin')));
      rmSync(at('copy.bin'));
      const device = ['--device', 'bench', '--store', at('store')];
      await timed(PUSH_BY_REFERENCE, () => coh('telemetry', 'push', at('artefact.bin'), ...device));
      await timed('coh telemetry pull, each hash checked', () =>
        coh('telemetry', 'pull', '--out', at('pulled'), ...device),
      );
      await timed('coh cas pack', () => coh('cas', 'pack', at('artefact.bin'), '--epoch', '1', '--out', at('packed')));
      const pushes: number[] = [];
      for (let round = 0; round < PUSHES; round += 1) {
        if (round > 0) await emptyStore(coh);
        pushes.push(await lap(PUSH_UPDATE, () => wholePush(coh('cas', 'push', at('packed'), '--json'), load.bytes)));
      }
      add(PUSH_UPDATE, median(pushes));
      await timed('coh cas pull, each hash checked', () => coh('cas', 'pull', '1', '--out', at('pulled.bin')));
    } finally {
      await hive.stop();
    }
    if (hashOf(at('pulled.bin')) !== hashOf(at('artefact.bin')))
      throw new Error('what was pulled is not what was pushed');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

/** Removes the update; settled when the hive has removed its chunks, which it does later. */
async function emptyStore(coh: (...args: string[]) => Promise<string>): Promise<void> {
  await coh('cas', 'remove', '1');
  await coh('cas', 'collect');
  for (let left = 1; left > 0; await setTimeout(POLL_MS))
    left = (JSON.parse(await coh('cas', 'status', '--json')) as { readonly used_bytes: number }).used_bytes;
}

/** A push that found chunks there already would say nothing. */
async function wholePush(pushed: Promise<string>, bytes: number): Promise<void> {
  const { sent_bytes: sent } = JSON.parse(await pushed) as { readonly sent_bytes: number };
  if (sent !== bytes) throw new Error(`${sent} of ${bytes} bytes were sent`);
}

/** One command, and the end of its output. @throws Error with it when the command failed. */
function run(args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = childEnvironment();
    const child = spawn(process.execPath, [MAIN, ...args], { env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = `${said}${chunk}`.slice(-SAID_MAX);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', hear);
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(said) : reject(new Error(`coh ${args.join(' ')} ended with ${status}: ${said}`)),
    );
  });
}

function writeRandom(path: string, size: number): void {
  const piece = Buffer.alloc(MIB);
  const file = openSync(path, 'w');
  for (let left = size; left > 0; left -= piece.length) writeSync(file, randomFillSync(piece), 0, Math.min(left, MIB));
  fsyncSync(file);
  closeSync(file);
}

function copy(from: string, to: string): void {
  const target = openSync(to, 'w');
  const hash = createHash('sha256');
  pieces(from, (piece) => {
    hash.update(piece);
    writeSync(target, piece);
  });
  fsyncSync(target);
  closeSync(target);
}

/**
 * Has the machine hand out the memory that the files of this measurement will be cached in. The first touch of a page costs a virtual
 * machine several times the writing itself (the two bare rows show it), and which step would pay is chance.
 */
function touchMemory(at: (name: string) => string): void {
  const copies = ['copy.bin', 'touch-1', 'touch-2', 'touch-3'].map(at);
  for (const name of copies.slice(1)) copy(at('artefact.bin'), name);
  for (const name of copies) rmSync(name);
}

function hashOf(path: string): string {
  const hash = createHash('sha256');
  pieces(path, (piece) => void hash.update(piece));
  return hash.digest('hex');
}

function pieces(path: string, take: (piece: Uint8Array) => void): void {
  const piece = Buffer.alloc(MIB);
  const file = openSync(path, 'r');
  for (let count = -1; count !== 0; ) {
    count = readSync(file, piece);
    if (count > 0) take(piece.subarray(0, count));
  }
  closeSync(file);
}
