// The colours of the terminal, from the tokens of the page.

import type { ITheme } from '@xterm/xterm';

/** The theme that fits the page as it looks now. */
export function terminalTheme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    background: token('surface'),
    foreground: token('ink'),
    cursor: token('accent'),
    cursorAccent: token('surface'),
    selectionBackground: token('border'),
    red: token('error'),
    green: token('ok'),
    yellow: token('ink-soft'),
    brightBlack: token('ink-soft'),
  };
}
