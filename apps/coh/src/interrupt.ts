// Waiting that Ctrl-C ends: the command then says how far it came, instead of being cut off.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';

/** Exit status of a wait that Ctrl-C ended, as shells count it. */
export const INTERRUPTED = 130;

/** Runs `use`; Ctrl-C raises its signal, and does nothing else meanwhile. */
export async function interruptible<T>(
  { io }: Pick<Context, 'io'>,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const off = io.onSignal('SIGINT', () => interrupt.abort());
  try {
    return await use(interrupt.signal);
  } finally {
    off();
  }
}

/** Lets time pass, milliseconds; resolves at once when the signal is raised. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // What `sleep` rejects with is only the signal, which the caller looks at.
  await sleep(ms, undefined, { signal }).catch(() => {});
}
