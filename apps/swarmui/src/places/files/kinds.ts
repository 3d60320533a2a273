// What kind of file each shown name is: asked once for each, when it is first shown. Ten thousand names are not asked for one by one
// because somebody opened their directory.

import type { FileStat } from '@cohesix/client/core';
import { hive } from '../../session/hive.ts';
import { Store } from '../../store/store.ts';

const AT_ONCE = 6;
const KEPT_MAX = 20_000;
/** Answers are told together: a copy of the map for each of ten thousand names would be all that the tab does. */
const TELL_MS = 20;

/** Path → what the hive says of it; a path whose stat was refused is not there. Grows as answers come. */
export const kinds: Store<ReadonlyMap<string, FileStat>> = new Store<ReadonlyMap<string, FileStat>>(new Map());

const asked = new Set<string>();
/** Not told yet. */
const answered = new Map<string, FileStat>();
let queue: string[] = [];
let running = 0;

/** Asks for those that were not asked for yet. */
export function wantKinds(paths: readonly string[]): void {
  const fresh = paths.filter((path) => !asked.has(path));
  if (fresh.length === 0) return;
  if (asked.size + fresh.length > KEPT_MAX) forget();
  for (const path of fresh) asked.add(path);
  queue.push(...fresh);
  while (running < AT_ONCE && queue.length > 0) void drain();
}

async function drain(): Promise<void> {
  running += 1;
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) await ask(path);
  running -= 1;
}

async function ask(path: string): Promise<void> {
  const now = hive.get();
  const stat = await now?.client.stat(path);
  if (now !== hive.get()) return;
  if (stat?.ok !== true) return;
  answered.set(path, stat.value);
  if (answered.size === 1) setTimeout(tell, TELL_MS);
}

function tell(): void {
  if (answered.size > 0) kinds.set(new Map([...kinds.get(), ...answered]));
  answered.clear();
}

function forget(): void {
  asked.clear();
  answered.clear();
  queue = [];
  kinds.set(new Map());
}

hive.watch(forget);
