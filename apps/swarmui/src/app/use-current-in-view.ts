// A row of links may be wider than the screen: the one that is current is scrolled to, so that it is seen where somebody is.

import { type RefObject, useEffect, useRef } from 'react';

/** For the element that scrolls; `current` is whatever changes with its link `aria-current="page"`. */
export function useCurrentInView(current: unknown): RefObject<HTMLElement | null> {
  const ref = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another link is current
  useEffect(() => {
    ref.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  return ref;
}
