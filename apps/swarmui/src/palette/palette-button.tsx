// The button that opens the palette.

import type { ReactNode } from 'react';
import { paletteView } from './palette.ts';

/** Opens the palette. */
export function PaletteButton(): ReactNode {
  return (
    <button
      type="button"
      className="button"
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={() => paletteView.set('choices')}
    >
      Go to…
    </button>
  );
}
