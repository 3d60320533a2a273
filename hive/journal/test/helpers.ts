// Shared by the tests of this package.

import type { Result } from '@cohesix/wire';
import { expect } from 'vitest';
import type { Journal, JournalOptions, Owner, RecoveryReport } from '../src/index.ts';
import { openJournal } from '../src/index.ts';
import type { MemoryDisk } from './memory-disk.ts';

export const DIRECTORY = '/journal';

/** The value, or a failed test that shows the refusal. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) expect.fail(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** The refusal, or a failed test. */
export function refusalOf(result: Result<unknown>): { readonly code: string; readonly detail: string } {
  if (result.ok) expect.fail('expected a refusal');
  return result.refusal;
}

let pid = 1000;

/** A process that no other test process is, and that finds every earlier one gone. */
function freshOwner(): Pick<JournalOptions, 'owner' | 'livenessOf'> {
  const owner: Owner = { pid: pid++, hostname: 'test', since: 0, program: 'test' };
  return { owner, livenessOf: (other) => (other.pid === owner.pid ? 'alive' : 'gone') };
}

export interface Reopened {
  readonly journal: Journal;
  readonly report: RecoveryReport;
  /** Bodies as text, in order. */
  readonly bodies: readonly string[];
}

/** Opens on `disk` as a fresh process. */
export async function tryOpen(disk: MemoryDisk, options: Partial<JournalOptions> = {}): Promise<Result<Reopened>> {
  const bodies: string[] = [];
  const opened = await openJournal(DIRECTORY, { at: 0, disk, ...freshOwner(), ...collect(bodies), ...options });
  return opened.ok ? { ok: true, value: { ...opened.value, bodies } } : opened;
}

/** An `onRecord` that gathers bodies and checks that numbers have no gap. */
export function collect(bodies: string[]): Pick<JournalOptions, 'onRecord'> {
  return {
    onRecord(seq, body) {
      bodies.push(Buffer.from(body).toString());
      expect(seq).toBe(bodies.length);
      return undefined;
    },
  };
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

/** Appends and waits until durable. */
export async function keep(journal: Journal, text: string): Promise<number> {
  const appended = must(journal.append(bytes(text)));
  must(await appended.durable);
  return appended.seq;
}

/** A journal with these bodies, each in a batch of its own, closed. */
export async function fill(
  disk: MemoryDisk,
  bodies: readonly string[],
  options: Partial<JournalOptions> = {},
): Promise<void> {
  const { journal } = must(await tryOpen(disk, options));
  for (const body of bodies) await keep(journal, body);
  must(await journal.close());
}

/** mulberry32: small numbers in [0, 1) from a 32-bit seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
