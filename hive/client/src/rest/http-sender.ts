// One HTTP request and its answer, as the REST client needs it: a browser's `fetch` here, Node's own client in
// `src/node/http-sender.ts`, which knows certificates.

/** A request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or content that is sent as it comes. */
  readonly body?: string | AsyncIterable<Uint8Array>;
  /** Gives the request up, also while its answer is read. */
  readonly signal: AbortSignal;
}

/** The head of an answer, and its body piece by piece. */
export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** A header by its lower-case name; undefined when it is not there. */
  readonly header: (name: string) => string | undefined;
  /** Throws when the connection breaks. Read once, or given up by `signal`. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** No answer. `unsent`: nothing of it reached the peer; `lost`: it may have been carried out. */
export interface HttpFailure {
  readonly kind: 'unsent' | 'lost';
  /** A word or sentence of the platform, for people. */
  readonly why: string;
}

/** Sends one request. Never throws for what the network does. */
export type HttpSender = (request: HttpRequest) => Promise<HttpAnswer | HttpFailure>;

/** The platform's words for a peer that was never reached (Node; a browser does not tell). */
const UNSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** A sender over `fetch`. */
export function fetchSender(fetchLike: typeof fetch = fetch): HttpSender {
  return async ({ method, url, headers, body, signal }) => {
    try {
      const response = await fetchLike(url, {
        method,
        headers,
        signal,
        redirect: 'error',
        cache: 'no-store',
        credentials: 'omit',
        ...(body === undefined ? {} : bodyOf(body)),
      });
      return {
        kind: 'answer',
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: piecesOf(response.body),
      };
    } catch (error) {
      return failureOf(error);
    }
  };
}

/** What became of a request that ended in an error. */
export function failureOf(error: unknown): HttpFailure {
  const why = codeOf(error);
  return { kind: UNSENT.has(why) ? 'unsent' : 'lost', why };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.message;
}

function bodyOf(body: string | AsyncIterable<Uint8Array>): RequestInit {
  if (typeof body === 'string') return { body };
  const stream = streamOf(body[Symbol.asyncIterator]());
  // A body that is sent while it is made needs this word (Fetch, section 5.3).
  return { body: stream, duplex: 'half' } as RequestInit;
}

/** `ReadableStream.from`, which not every browser has. */
function streamOf(pieces: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: async (controller) => {
      const next = await pieces.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
    cancel: async () => void (await pieces.return?.()),
  });
}

async function* piecesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void, void> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    // Leaving in the middle gives the rest up; after the end it does nothing.
    reader.cancel().catch(() => {});
  }
}
