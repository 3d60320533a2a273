// What the session and its files use of the tab. Without one (tests in Node) they do with nothing kept and a tab that is always looked at.

import { realTimers } from '@cohesix/client/core';
import { Store } from '../store/store.ts';
import type { Platform } from './session.ts';

/** Whether somebody can see the tab. What is hidden asks the hive for nothing. */
export const isVisible: Store<boolean> = new Store(globalThis.document?.visibilityState !== 'hidden');
globalThis.document?.addEventListener('visibilitychange', () => isVisible.set(document.visibilityState !== 'hidden'));

/** Kept for this tab where the browser allows it; else until the page is left. */
export function storageOfTab(): Platform['storage'] {
  try {
    if (globalThis.document !== undefined) return sessionStorage;
  } catch {
    // Storage is switched off in this browser.
  }
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** The tab that the page runs in. */
export function browserPlatform(connect: Platform['connect']): Platform {
  return { connect, storage: storageOfTab(), timers: realTimers, now: Date.now, random: Math.random };
}
