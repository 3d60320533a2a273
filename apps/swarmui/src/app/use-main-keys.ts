// Keys of a place: from its controls, and when nothing has the focus; never while somebody types, nor with a modifier.

import { useEffect } from 'react';

/** Calls `onKey` for keys pressed in the place. The last one given is called. */
export function useMainKeys(onKey: (event: KeyboardEvent) => void): void {
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
      if (!event.defaultPrevented && !hasModifier && isOfPlace(event.target)) onKey(event);
    };
    addEventListener('keydown', heard);
    return () => removeEventListener('keydown', heard);
  }, [onKey]);
}

function isOfPlace(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('textarea, select, input:not([type="checkbox"])')) return false;
  return target === document.body || target.closest('main') !== null;
}
