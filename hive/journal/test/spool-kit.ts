// Short ways to a spool on a disk in memory.

import type { Result } from '@cohesix/wire';
import { expect } from 'vitest';
import { type OpenSpoolOptions, openSpool, type Spool, type SpoolLimits } from '../src/index.ts';
import type { MemoryDisk } from './memory-disk.ts';

export const PATH = '/spool';
export const OWNER = { hive: 'aa11', fingerprint: 'f1' };
const LIMITS: SpoolLimits = { mode: 'overwrite_acked', recordBytesMax: 2000, recordsMax: 1000 };

/** How a test opens its spool: a ring of `sectors`, 8 of 512 bytes unless it says otherwise. */
export interface Wish extends Partial<SpoolLimits> {
  readonly hive?: string;
  readonly sectors?: number;
  readonly sector?: 512 | 4096;
}

/** The options of an opening. */
export function optionsOf(disk: MemoryDisk, wish: Wish = {}): OpenSpoolOptions {
  const { hive = OWNER.hive, sectors = 8, sector = 512, ...limits } = wish;
  const size = { bytes: 8192 + sectors * sector, sector };
  return { disk, path: PATH, owner: { ...OWNER, hive }, size, limits: { ...LIMITS, ...limits } };
}

export async function opened(disk: MemoryDisk, wish: Wish = {}): Promise<Spool> {
  return must(await openSpool(optionsOf(disk, wish)));
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) expect.fail(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** What an append, an acknowledgement or an opening answers: its value, or the code of its refusal. */
export async function told(result: Promise<Result<unknown>>): Promise<unknown> {
  const done = await result;
  return done.ok ? done.value : done.refusal.code;
}

/** Appends texts one after the other, each durable before the next. */
export async function append(spool: Spool, ...texts: readonly string[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const text of texts) answers.push(await told(spool.append(1, Buffer.from(text), 1000)));
  return answers;
}

/** What can be read, in pieces of `count` bytes. */
export async function textOf(spool: Spool, count = 4096): Promise<string> {
  const text = spool.text();
  const parts: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const piece = must(await text.read(at, count));
    if (piece.length === 0) return Buffer.concat(parts).toString('latin1');
    parts.push(piece);
    at += piece.length;
  }
}

/** The payloads that can be read. */
export async function payloads(spool: Spool): Promise<string[]> {
  return [...(await textOf(spool)).matchAll(/^seq=\d+ ts=\d+ kind=\S+ bytes=\d+\n(.*)$/gm)].map(
    ([, text = '']) => text,
  );
}
