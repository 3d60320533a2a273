// Whether the palette is open, and what it shows: what can be gone to, or the keys.

import { Store } from '../store/store.ts';

/** What is open. */
export type PaletteView = 'closed' | 'choices' | 'keys';

/** The one of this page. */
export const paletteView: Store<PaletteView> = new Store<PaletteView>('closed');

/** What a pressed key opens; undefined: nothing. `?` only where nobody types. */
export function viewOfKey(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  isTyping: boolean,
): PaletteView | undefined {
  const { key, ctrlKey, metaKey, altKey } = event;
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'k') return 'choices';
  if (key === '?' && !ctrlKey && !metaKey && !altKey && !isTyping) return 'keys';
  return undefined;
}

/** The keys of the page, as help shows them; places say their own beside what they act on. */
export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['Ctrl-K or Cmd-K', 'Go to a place, a worker, a file (begin with /), a line of the journal, or an act'],
  ['?', 'This list'],
  ['Alt-1 … Alt-6', 'Live Hive, Console, Files, Approvals, Audit, Fleet'],
  ['Tab, Shift-Tab', 'Next and previous control; the first leads past the menu'],
  ['Escape', 'Close what is open; in Live Hive: select nothing'],
  ['Arrows, Enter', 'In lists, trees, tables and Live Hive: move, and open what is marked'],
  ['+ and −, 0', 'Live Hive: nearer, farther, all of it'],
  ['a, d', 'Approvals: review approving or denying the marked request'],
  ['← →, with Shift by ten', 'Audit: step through the past'],
  ['Ctrl-C, Ctrl-L', 'Console: stop what runs, clear'],
];
