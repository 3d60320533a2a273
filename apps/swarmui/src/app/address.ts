// Addresses of objects of the page: the fragment of its URL, `#/files/proc/boot`; with `?at=LINE` the hive as it was after that line of
// its journal. Every object has one, so that a link leads to it; a server never sees it. Components are percent-encoded one by one.

/** A place and what is looked at there. */
export interface Route {
  /** The first component: `hive`, `files`; '' at the root. */
  readonly place: string;
  /** The others, decoded. */
  readonly rest: readonly string[];
  /** The line after which the hive is looked at; absent: as it is now. */
  readonly at?: number;
}

/** The address of a place, for `href`. It says nothing of the time: links stay in the time that is shown (router.ts). */
export function hrefOf(place: string, ...rest: readonly string[]): string {
  return `#/${[place, ...rest].map(encodeURIComponent).join('/')}`;
}

/** The address of a file. */
export function hrefOfPath(path: string): string {
  return hrefOf('files', ...path.split('/').filter((part) => part !== ''));
}

/** The whole address of a route, with its line. */
export function hrefOfRoute({ place, rest, at }: Route): string {
  return `${hrefOf(place, ...rest)}${at === undefined ? '' : `?at=${at}`}`;
}

/** Reads a fragment; what is not well-formed is the root. */
export function parseFragment(fragment: string): Route {
  const [path = '', query = ''] = fragment.split('?', 2);
  const at = /^at=(\d{1,15})$/.exec(query)?.[1];
  try {
    const [place = '', ...rest] = path
      .replace(/^#?\/?/, '')
      .split('/')
      .map(decodeURIComponent);
    return { place, rest: rest.filter((part) => part !== ''), ...(at === undefined ? {} : { at: Number(at) }) };
  } catch {
    return { place: '', rest: [] };
  }
}
