// Dark first; light when the system or the person says so. Kept for this browser.

import { Store, useStore } from '../store/store.ts';

/** The colours of the page. */
export type Theme = 'dark' | 'light';

const KEY = 'cohesix.theme';

/** The present one. */
export const theme: Store<Theme> = new Store<Theme>(first());
theme.watch(apply);
apply();

/** The present one, in a component. */
export function useTheme(): Theme {
  return useStore(theme);
}

/** Changes to the other one. */
export function nextTheme(): void {
  theme.set(theme.get() === 'dark' ? 'light' : 'dark');
  localStorage.setItem(KEY, theme.get());
}

function first(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === 'dark' || kept === 'light') return kept;
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

function apply(): void {
  document.documentElement.dataset.theme = theme.get();
}
