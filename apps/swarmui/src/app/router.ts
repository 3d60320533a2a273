// Where the page is: the fragment of its URL (address.ts), watched and changed.

import { Store, useStore } from '../store/store.ts';
import { parseFragment, type Route } from './address.ts';

export { hrefOf, type Route } from './address.ts';

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
