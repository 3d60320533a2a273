// The transparency log over HTTP (C2SP tlog-tiles) below `/audit`: what any client of that format asks for, as it asks. A log that
// is not public is read with the caller's own ticket, like the files below `/audit` of the namespace, which these are.
//
//   /audit/checkpoint     the last signed tree head; changes
//   /audit/key            verifier key text of the log; ours, for a first look (a key that comes with a log proves only so much)
//   /audit/tile/…         tiles of hashes and bundles of entries; each is forever what it is once it exists

import { ok, type Result, refusal } from '@cohesix/wire';
import type { Caller } from '../caller.ts';
import { problem } from '../http/problem.ts';
import type { GatewayPart, PartContext } from '../parts.ts';
import type { Reply, Route } from '../route.ts';

/** Where the log is, in the namespace and over HTTP. */
const ROOT = '/audit';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
/** A bundle of 256 entries, each of at most 65,535 bytes and its length: the longest file of a log. */
const FILE_BYTES_MAX = 256 * (65_535 + 2);
/** What never changes may be kept a year, RFC 9111 (max-age) and RFC 8246 (immutable). */
const FOREVER = 'max-age=31536000, immutable';

/** The part. */
export function auditRoutes({ hive }: PartContext): GatewayPart {
  const { publicLog } = hive;
  const routes = FILES.map((file) => (publicLog === undefined ? ticketRoute(file) : publicRoute(file, publicLog)));
  return { routes };
}

interface LogFile {
  readonly pattern: string;
  readonly summary: string;
  readonly type: string;
  readonly isImmutable: boolean;
}

const FILES: readonly LogFile[] = [
  {
    pattern: '/audit/checkpoint',
    summary: 'The last signed tree head of the log of accepted changes (C2SP tlog-checkpoint).',
    type: TEXT,
    isImmutable: false,
  },
  { pattern: '/audit/key', summary: 'The verifier key of the log.', type: TEXT, isImmutable: false },
  {
    pattern: '/audit/tile/*tile',
    summary: 'A tile of hashes, or a bundle of entries, of the log (C2SP tlog-tiles).',
    type: BYTES,
    isImmutable: true,
  },
];

type Head = Pick<Route, 'pattern' | 'operation'> & { readonly method: 'GET'; readonly queue: 'telemetry' };

function headOf({ pattern, summary, type }: LogFile): Head {
  const content = { [type]: { schema: { type: 'string' } } };
  const operation = { summary, tags: ['audit'], responses: { 200: { description: 'The file.', content } } };
  return { method: 'GET', pattern, queue: 'telemetry', operation };
}

function ticketRoute(file: LogFile): Route {
  const answer = async ({ path }: { path: string }, { client }: Caller): Promise<Reply> => {
    const read = await client.read(path, { maxBytes: FILE_BYTES_MAX });
    const isMissing = !read.ok && (read.refusal.code === 'invalid-path' || read.refusal.code === 'not-found');
    return replyWith(file, isMissing ? ok(undefined) : read, 'private');
  };
  return { ...headOf(file), access: 'ticket', answer };
}

function publicRoute(file: LogFile, read: NonNullable<PartContext['hive']['publicLog']>): Route {
  const answer = async ({ path }: { path: string }): Promise<Reply> =>
    replyWith(file, await read(path.slice(ROOT.length + 1)), 'public');
  return { ...headOf(file), access: 'public', answer };
}

/** An empty checkpoint is one that is not there yet. */
function replyWith(file: LogFile, read: Result<Uint8Array | undefined>, kept: 'public' | 'private'): Reply {
  if (!read.ok) return problem(read.refusal);
  if (read.value === undefined || read.value.length === 0)
    return problem(refusal('not-found', MISSING), { status: 404 });
  const headers = {
    'cache-control': file.isImmutable ? `${kept}, ${FOREVER}` : 'no-cache',
    ...(kept === 'public' ? PUBLIC_HEADERS : {}),
  };
  return { status: 200, type: file.type, headers, body: read.value };
}

const MISSING = 'The log has no such file (yet).';

/** Pages of anywhere may read what everybody may. */
const PUBLIC_HEADERS = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
