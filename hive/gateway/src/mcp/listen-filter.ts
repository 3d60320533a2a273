// What a `subscriptions/listen` asks to be told of. The SDK answers the request and writes the messages; what changes, and who
// may know, is ours, so the filter is read here first.

/** What a caller wants to be told of. */
export interface Wanted {
  /** URIs of resources. */
  readonly uris: readonly string[];
  readonly isAboutTools: boolean;
  /** The same message, asking for these URIs only: the answer then names what will be told, and nothing else. */
  readonly honoring: (uris: readonly string[]) => unknown;
}

/** Resources in one filter; what is beyond is not honoured. */
const URIS_MAX = 64;

/** What the message wants; undefined when it is another message. What is malformed is left for the SDK to refuse. */
export function wantedOf(message: unknown): Wanted | undefined {
  const request = recordOf(message);
  if (request.method !== 'subscriptions/listen') return undefined;
  const params = recordOf(request.params);
  const notifications = recordOf(params.notifications);
  const { resourceSubscriptions: asked, toolsListChanged } = notifications;
  const uris =
    Array.isArray(asked) && asked.every((uri) => typeof uri === 'string') ? [...new Set(asked)].slice(0, URIS_MAX) : [];
  const honoring = (honored: readonly string[]): unknown =>
    uris.length === 0
      ? message
      : { ...request, params: { ...params, notifications: { ...notifications, resourceSubscriptions: honored } } };
  return { uris, isAboutTools: toolsListChanged === true, honoring };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
