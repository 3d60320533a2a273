// What pollers ask again and again: what a read asks for is worked out once for each spelling of its query that is kept, and the
// answer to the last content is kept with it. The hive is asked every time, so scope, quota and audit are those of every read; only
// the same text is not made of the same bytes again.

import type { Query } from '../http/query.ts';
import type { Reply } from '../route.ts';
import type { ContentAsked } from './reads.ts';

/** Content of which the answer is kept, at most; 256 spellings are kept (`http/query.ts`), so of all together 1 MiB. */
const CONTENT_BYTES_MAX = 1024;

/** A read that was asked before, maybe. */
export class KnownRead {
  readonly asked: ContentAsked;
  #content: Buffer | undefined;
  #reply: Reply | undefined;

  constructor(asked: ContentAsked) {
    this.asked = asked;
  }

  /** The reply to a content: the last one when that was of the same bytes, else what `make` makes of it. */
  replyTo(content: Uint8Array, make: () => Reply): Reply {
    if (this.#reply !== undefined && this.#content?.equals(content) === true) return this.#reply;
    const reply = make();
    const isKept = content.length <= CONTENT_BYTES_MAX;
    this.#content = isKept ? Buffer.from(content) : undefined;
    this.#reply = isKept ? reply : undefined;
    return reply;
  }
}

/** The reads of one route. */
export class KnownReads {
  readonly #known = new WeakMap<Query, KnownRead | Reply>();
  readonly #read: (query: Query) => ContentAsked | Reply;

  /** `read`: what a query asks for, or the reply when that is nothing; it is asked once for each query that is kept. */
  constructor(read: (query: Query) => ContentAsked | Reply) {
    this.#read = read;
  }

  /** What a query asks for, or the reply to a bad one. */
  of(query: Query): KnownRead | Reply {
    const known = this.#known.get(query);
    if (known !== undefined) return known;
    const asked = this.#read(query);
    const read = 'path' in asked ? new KnownRead(asked) : asked;
    this.#known.set(query, read);
    return read;
  }
}
