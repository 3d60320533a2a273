// `cohesix:///proc/lifecycle/state`: a file of the hive as the URI of a resource. `?from=` is an offset, of a stream an absolute
// cursor; names are percent-encoded, so that a name can neither hide nor end one.

import { ok, type Result, refuse } from '@cohesix/wire';

/** What a URI asks for. */
export interface ResourceAsked {
  readonly path: string;
  readonly from?: bigint;
}

/** The URI of a file. */
export function resourceUri(path: string): string {
  return `cohesix://${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Reads a URI; `invalid-path` when it is none of this hive. */
export function parseResourceUri(uri: string): Result<ResourceAsked> {
  const match = /^cohesix:\/\/(\/[^?#]*)(?:\?from=(\d{1,19}))?$/.exec(uri);
  const path = match === null ? undefined : decoded(match[1] ?? '');
  if (path === undefined)
    return refuse('invalid-path', 'A resource is cohesix:///PATH, with ?from=OFFSET where that is wanted.');
  const from = match?.[2];
  return ok(from === undefined ? { path } : { path, from: BigInt(from) });
}

function decoded(path: string): string | undefined {
  try {
    const components = path.split('/').map(decodeURIComponent);
    return components.some((name) => name.includes('/')) ? undefined : components.join('/');
  } catch {
    return undefined; // A % that encodes nothing.
  }
}
