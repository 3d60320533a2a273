// Targets as they are read: the path, and the query once somebody asks for it. Pollers ask the same again and again, so the last
// spellings are kept: to read one costs as much as the rest of a small read.

import { ok, type Result } from '@cohesix/wire';
import { parseTarget } from './target.ts';

/** Parameters of a query; shared by requests, so nobody changes them. */
export class Query extends URLSearchParams {
  /** The first name that is there twice. */
  readonly repeated: string | undefined;

  /** `search`: what follows the `?`. */
  constructor(search: string) {
    super(search);
    const names = [...this.keys()];
    this.repeated = names.find((name, index) => names.indexOf(name) < index);
  }
}

/** A target that was read; shared by requests. */
export class ReadTarget {
  /** Decoded once; begins with a slash. */
  readonly path: string;
  readonly #search: string;
  #query: Query | undefined;

  constructor({ path, search }: { readonly path: string; readonly search: string }) {
    this.path = path;
    this.#search = search;
  }

  get query(): Query {
    this.#query ??= new Query(this.#search);
    return this.#query;
  }
}

/** Spellings kept, and how long one is at most. */
const KEPT_MAX = 256;
const LENGTH_MAX = 512;

/** Reads targets. */
export class Targets {
  readonly #kept = new Map<string, Result<ReadTarget>>();

  /** The target of a request as it was sent; refuses as `parseTarget` does. */
  read(text: string): Result<ReadTarget> {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const target = parseTarget(text);
    if (!target.ok) return target;
    const read = ok(new ReadTarget(target.value));
    if (text.length > LENGTH_MAX) return read;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(text, read);
    return read;
  }
}
