// Where the page is: the fragment of its address, `#/files/proc/boot`. Every object has one, so that a link leads to it; a server
// never sees it. Components of the path are percent-encoded one by one.

import { Store, useStore } from '../store/store.ts';

/** A place and what is looked at there. */
export interface Route {
  /** The first component: `hive`, `files`; '' at the root. */
  readonly place: string;
  /** The others, decoded. */
  readonly rest: readonly string[];
}

/** The address of a place, for `href`. */
export function hrefOf(place: string, ...rest: readonly string[]): string {
  return `#/${[place, ...rest].map(encodeURIComponent).join('/')}`;
}

/** Reads a fragment; what is not well-formed is the root. */
export function parseFragment(fragment: string): Route {
  try {
    const [place = '', ...rest] = fragment
      .replace(/^#?\/?/, '')
      .split('/')
      .map(decodeURIComponent);
    return { place, rest: rest.filter((part) => part !== '') };
  } catch {
    return { place: '', rest: [] };
  }
}

const route = new Store<Route>(parseFragment(globalThis.location?.hash ?? ''));
globalThis.addEventListener?.('hashchange', () => route.set(parseFragment(location.hash)));

/** Where the page is, in a component. */
export function useRoute(): Route {
  return useStore(route);
}

/** Goes somewhere; `replace`: without a step back to here. */
export function goTo(href: string, how: { readonly replace?: boolean } = {}): void {
  if (how.replace === true) history.replaceState(null, '', href);
  else location.hash = href;
  route.set(parseFragment(href));
}
