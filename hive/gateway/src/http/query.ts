// The query of a request. Pollers ask the same again and again, so the last spellings are kept as they were read: parsing one costs
// as much as the rest of a small read.

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

/** Spellings kept, and how long one is at most. */
const KEPT_MAX = 256;
const LENGTH_MAX = 512;

/** Reads queries. */
export class Queries {
  readonly #kept = new Map<string, Query>();

  /** The parameters of `search`. */
  read(search: string): Query {
    const known = this.#kept.get(search);
    if (known !== undefined) return known;
    const query = new Query(search);
    if (search.length > LENGTH_MAX) return query;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(search, query);
    return query;
  }
}
