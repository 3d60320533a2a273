// The palette in the frame: its keys, and the dialog once it was opened.

import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { useStore } from '../store/store.ts';
import { paletteView, viewOfKey } from './palette.ts';

const PaletteDialog = lazy(() => import('./palette-dialog.tsx').then(({ PaletteDialog: one }) => ({ default: one })));

/** Listens for the keys; shows what is open. */
export function PaletteHost(): ReactNode {
  const view = useStore(paletteView);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      const next = viewOfKey(event, target?.matches('input, textarea, select, [contenteditable]') === true);
      if (next === undefined || event.defaultPrevented) return;
      event.preventDefault();
      event.stopPropagation();
      paletteView.set(next);
    };
    // Before the terminal, which would make Ctrl-K a key of its own.
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, []);
  return <Suspense fallback={null}>{view === 'closed' ? null : <PaletteDialog view={view} />}</Suspense>;
}
