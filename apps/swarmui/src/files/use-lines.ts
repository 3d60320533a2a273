// The last lines of a stream, in a component.

import { useEffect, useMemo } from 'react';
import { useStore } from '../store/store.ts';
import type { Content } from './content.ts';
import { FollowedLines, type Lines } from './lines.ts';

/** Follows a stream while the component is there; the last `max` lines. */
export function useLines(path: string, max = 500): Content<Lines> {
  const followed = useMemo(() => new FollowedLines(path, max), [path, max]);
  useEffect(() => {
    followed.start();
    return () => followed.end();
  }, [followed]);
  return useStore(followed.content);
}
