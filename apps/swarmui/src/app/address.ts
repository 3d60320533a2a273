// Addresses of objects of the page: the fragment of its URL, `#/files/proc/boot`. Every object has one, so that a link leads to it; a
// server never sees it. Components of the path are percent-encoded one by one.

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
