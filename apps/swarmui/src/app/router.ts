// Where the page is: the fragment of its URL (address.ts), watched and changed. Links lead to objects, not to moments: who looks at the
// past and follows one stays at that line. Back and forward lead to what an entry of the history says, the line included.

import { Store, useStore } from '../store/store.ts';
import { hrefOfRoute, parseFragment, type Route } from './address.ts';

export { hrefOf, hrefOfPath, type Route } from './address.ts';

/** Where the page is. */
export const route: Store<Route> = new Store<Route>(parseFragment(globalThis.location?.hash ?? ''));

/** An entry of the history has this once the page was there: one without it was made by a link, or typed. */
const SEEN = { isSeen: true };
/** Addresses that are taken away as soon as they were read (session/this-link.ts): nothing may be added to them. */
const CODES = 'sign-in';
/** Browsers count changes of the address (100 in 10 s); whoever drags a slider makes more. */
const WRITE_AFTER_MS = 300;

let writing: ReturnType<typeof setTimeout> | undefined;

/** The same, at the line that is shown. */
function carried(to: Route): Route {
  const { at } = route.get();
  return to.at !== undefined || at === undefined || to.place === CODES ? to : { ...to, at };
}

function settle(to: Route): void {
  if (hrefOfRoute(to) !== hrefOfRoute(route.get())) route.set(to);
}

function onHash(): void {
  const to = parseFragment(location.hash);
  const isReturn = (history.state as Partial<typeof SEEN> | null)?.isSeen === true;
  const now = isReturn ? to : carried(to);
  if (!isReturn) history.replaceState(SEEN, '', now === to ? location.hash : hrefOfRoute(now));
  settle(now);
}

globalThis.history?.replaceState(SEEN, '');
globalThis.addEventListener?.('hashchange', onHash);

/** Where the page is, in a component. */
export function useRoute(): Route {
  return useStore(route);
}

/** Goes somewhere, in the time that is shown; `replace`: without a step back to here. */
export function goTo(href: string, how: { readonly replace?: boolean } = {}): void {
  const to = carried(parseFragment(href));
  const full = hrefOfRoute(to);
  if (how.replace === true) history.replaceState(SEEN, '', full);
  else if (full !== location.hash) history.pushState(SEEN, '', full);
  settle(to);
}

/**
 * Stays at the object and goes to another time: after a line of the journal, or now (undefined). Going there and coming back are steps
 * of the history; from line to line is none.
 */
export function goToLine(at: number | undefined): void {
  const { at: before, ...object } = route.get();
  if (at === before) return;
  const to = at === undefined ? object : { ...object, at };
  route.set(to);
  if (at === undefined || before === undefined) history.pushState(SEEN, '', hrefOfRoute(to));
  else if (writing === undefined) writing = setTimeout(write, WRITE_AFTER_MS);
}

function write(): void {
  writing = undefined;
  history.replaceState(SEEN, '', hrefOfRoute(route.get()));
}
