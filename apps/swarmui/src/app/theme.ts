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
  keep(theme.get());
}

function first(): Theme {
  const last = kept();
  if (last === 'dark' || last === 'light') return last;
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // Storage is switched off in this browser.
  }
}

function keep(value: Theme): void {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Then until the page is left.
  }
}

function apply(): void {
  document.documentElement.dataset.theme = theme.get();
}
