// The page of the hive (SwarmUI) as a few files: `/` and what it loads. It is a client like any other and gets nothing else from
// here; it finds its places by the part of the URL behind the #, which no server sees, so `/` is its only address. Without a build
// `/` says how to make one.

import { refusal } from '@cohesix/wire';
import { problem } from '../http/problem.ts';
import type { GatewayPart, PartContext } from '../parts.ts';
import type { GatewayRequest, PublicRoute, Reply } from '../route.ts';
import type { PageFile, PageFiles } from './files.ts';
import { chooseVariant, isKnown } from './negotiate.ts';
import { NO_PAGE } from './no-page.ts';

/**
 * Content-Security-Policy of the page (CSP Level 3): own scripts, styles and fonts, nothing inline, no `eval`; own connections, of
 * which the WebSocket to the same host and port is one (6.7.2.8: `'self'` of http: covers ws:). Scripts have it too, since a worker
 * obeys the policy of its own script.
 */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
  "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** On the page and its scripts. The tab holds a ticket: nothing that opened it, or that it opens, may reach into it. */
const PAGE_HEADERS = { 'content-security-policy': PAGE_POLICY, 'cross-origin-opener-policy': 'same-origin' };

/** A year (RFC 9111), and never asked for again meanwhile (RFC 8246). */
const FOREVER = 'public, max-age=31536000, immutable';

/** The part. */
export function pageRoutes({ page }: PartContext): GatewayPart {
  const index = page?.get('/index.html');
  const others = [...(page ?? [])].filter(([path, { isHashed }]) => !isHashed && path !== '/index.html');
  return {
    routes: [
      route('/', INDEX, (request) => (index === undefined ? NO_PAGE : replyWith(index, request))),
      route('/assets/*file', ASSET, (request) => assetReply(page, request)),
      ...others.map(([path, file]) => route(path, OTHER, (request) => replyWith(file, request))),
    ],
  };
}

function assetReply(page: PageFiles | undefined, request: GatewayRequest): Reply {
  const file = page?.get(request.path);
  if (file !== undefined) return replyWith(file, request);
  return { ...problem(refusal('not-found', 'The page has no such file.'), { status: 404 }), isNobody: true };
}

function replyWith(file: PageFile, { headers: asked }: GatewayRequest): Reply {
  const { type, isHashed, coded } = file;
  const { bytes, etag, coding } = chooseVariant(file, asked['accept-encoding']);
  const headers = {
    etag,
    'cache-control': isHashed ? FOREVER : 'no-cache',
    ...(Object.keys(coded).length === 0 ? {} : { vary: 'Accept-Encoding' }),
    ...(/^text\/(?:html|javascript)/.test(type) ? PAGE_HEADERS : {}),
  };
  if (isKnown(asked['if-none-match'], etag)) return { status: 304, type, headers, body: '' };
  const encoded = coding === undefined ? headers : { ...headers, 'content-encoding': coding };
  return { status: 200, type, headers: encoded, body: bytes };
}

const INDEX = {
  operationId: 'getPage',
  summary: 'The page of the hive: SwarmUI.',
  responses: { 200: { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } } },
};

/** What lies beside it: an icon. */
const OTHER = { summary: 'A file of the page.', responses: { 200: { description: 'The file.' } } };

const ASSET = {
  operationId: 'getPageFile',
  summary: 'A script, style, font or picture of the page; never changes under its name.',
  responses: {
    200: { description: 'The file.', content: { 'application/octet-stream': { schema: { type: 'string' } } } },
    404: { $ref: '#/components/responses/Problem' },
  },
};

function route(
  pattern: string,
  operation: PublicRoute['operation'],
  answer: (request: GatewayRequest) => Reply,
): PublicRoute {
  return { method: 'GET', pattern, access: 'public', queue: 'none', operation, answer };
}
