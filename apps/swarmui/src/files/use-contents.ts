// Several contents at once, in a component: the open directories of a tree, the files of the header.

import { useMemo, useSyncExternalStore } from 'react';
import { useHive } from '../session/hive.ts';
import type { Content } from './content.ts';
import { contentOf, type Reading } from './reads.ts';

/** Path → its content, each kept fresh. */
export function useContents<T>(paths: readonly string[], reading: Reading<T>): ReadonlyMap<string, Content<T>> {
  useHive();
  const key = paths.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` is what of `paths` counts; the array is another one each time
  const gathered = useMemo(() => gather(paths, reading), [key, reading]);
  return useSyncExternalStore(gathered.watch, gathered.get);
}

/** Some stores as one: while it is watched, it watches them. */
function gather<T>(paths: readonly string[], reading: Reading<T>) {
  const stores = paths.map((path) => [path, contentOf(path, reading)] as const);
  const now = (): ReadonlyMap<string, Content<T>> => new Map(stores.map(([path, store]) => [path, store.get()]));
  let value = now();
  const watch = (watcher: () => void): (() => void) => {
    value = now();
    const onChange = (): void => {
      value = now();
      watcher();
    };
    const stops = stores.map(([, store]) => store.watch(onChange));
    return () => {
      for (const stop of stops) stop();
    };
  };
  return { get: () => value, watch };
}
