// Files as resources: what a ticket sees, page by page in the order of their names, and their content. The list is the
// namespace itself, walked from where the last page ended; nothing is kept between two pages.

import { compareBytes, type FileStat, type HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import type {
  ListResourcesResult,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
} from '@modelcontextprotocol/server';
import type { FileDoc } from '../hive-port.ts';
import { paramsOf } from './control-tool.ts';
import { type ResourceAsked, resourceUri } from './resource-uri.ts';
import { shownText } from './shown-text.ts';
import { isAboutTheFile } from './tool-list.ts';

/** Deepest path; the hive takes no longer walk (contracts-1, 1.1). */
const DEPTH_MAX = 8;

/** A page: at most `pageMax` files a session may read, after the cursor; `invalid-payload` for a cursor that is none. */
export async function listResources(
  client: HiveClient,
  options: { readonly cursor: string | undefined; readonly pageMax: number; readonly docs: readonly FileDoc[] },
): Promise<Result<ListResourcesResult>> {
  const { cursor, pageMax, docs } = options;
  const after = cursor === undefined ? [] : componentsOf(cursor);
  if (after === undefined) return refuse('invalid-payload', 'The cursor is not of this list.');
  const found: Found[] = [];
  const resources = (): Resource[] => found.map(({ path, stat }) => resourceOf(path, stat, docs));
  for await (const step of readable(client, '', after)) {
    if (!step.ok) return step;
    if (found.length === pageMax) return ok({ resources: resources(), nextCursor: cursorOf(found.at(-1)) });
    found.push(step.value);
  }
  return ok({ resources: resources() });
}

interface Found {
  readonly path: string;
  readonly stat: FileStat;
}

/** Files below a directory in the order of their names, those after `after` only; ends with the refusal of the session. */
async function* readable(
  client: HiveClient,
  directory: string,
  after: readonly string[],
): AsyncGenerator<Result<Found>, void, void> {
  const listed = await client.list(directory === '' ? '/' : directory);
  if (!listed.ok) {
    if (!isAboutTheFile(listed.refusal.code)) yield listed;
    return;
  }
  const [first, ...rest] = after;
  for (const name of listed.value) {
    const order = first === undefined ? 1 : compareBytes(name, first);
    if (order < 0) continue;
    const path = `${directory}/${name}`;
    const stat = await client.stat(path);
    if (!stat.ok) {
      if (isAboutTheFile(stat.refusal.code)) continue;
      return yield stat;
    }
    if (stat.value.kind === 'directory') {
      if (path.split('/').length <= DEPTH_MAX) yield* readable(client, path, order === 0 ? rest : []);
    } else if (order > 0 && (stat.value.mode & 0o444) !== 0) {
      yield ok({ path, stat: stat.value });
    }
  }
}

/** A cursor is the last path of the page before, so that what comes and goes in between moves nothing. */
function cursorOf(last: Found | undefined): string {
  return Buffer.from(last?.path ?? '').toString('base64url');
}

function componentsOf(cursor: string): readonly string[] | undefined {
  const path = Buffer.from(cursor, 'base64url').toString();
  return path.startsWith('/') && path.length <= 4096 ? path.split('/').slice(1) : undefined;
}

function resourceOf(path: string, { kind, size }: FileStat, docs: readonly FileDoc[]): Resource {
  const doc = docs.find(({ pattern }) => matches(pattern, path));
  return {
    uri: resourceUri(path),
    name: shownText(path),
    ...(doc === undefined ? {} : { description: doc.summary }),
    mimeType: kind === 'blob' ? 'application/octet-stream' : 'text/plain',
    ...(kind === 'blob' ? { size: Number(size) } : {}),
    _meta: { 'cohesix/kind': kind },
  };
}

function matches(pattern: string, path: string): boolean {
  const names = path.split('/');
  const components = pattern.split('/');
  return (
    components.length === names.length &&
    components.every((component, index) => component.startsWith(':') || component === names[index])
  );
}

/** A template for each documented file whose path has parameters, and one for any file. */
export function resourceTemplates(docs: readonly FileDoc[]): readonly ResourceTemplateType[] {
  const any = {
    uriTemplate: 'cohesix://{+path}{?from}',
    name: 'file',
    description: 'Any file by its absolute path; `from`: an offset, of a stream an absolute cursor.',
  };
  const documented = docs
    .filter(({ pattern }) => paramsOf(pattern).length > 0)
    .map(({ pattern, summary }) => ({
      uriTemplate: `cohesix://${pattern.replace(/:([A-Za-z0-9_]+)/g, '{$1}')}`,
      name: pattern,
      description: summary,
    }));
  return [any, ...documented];
}

/**
 * The content of a file: text when it is UTF-8, else base64. Of a stream that retains more than `bytesMax` the end; of any other
 * longer file `too-big`, which says how to read on. `_meta` says that it is data: nobody vouches for what it tells.
 */
export async function readResource(
  client: HiveClient,
  uri: string,
  { asked, bytesMax }: { readonly asked: ResourceAsked; readonly bytesMax: number },
): Promise<Result<ReadResourceResult>> {
  const { path } = asked;
  let { from } = asked;
  let read = await client.read(path, { maxBytes: bytesMax, ...(from === undefined ? {} : { from }) });
  if (!read.ok && read.refusal.code === 'too-big' && from === undefined) {
    const stat = await client.stat(path);
    if (!stat.ok) return stat;
    if (stat.value.kind === 'blob')
      return refuse('too-big', `${path} has ${stat.value.size} bytes; the most at once is ${bytesMax}.`);
    from = stat.value.size > BigInt(bytesMax) ? stat.value.size - BigInt(bytesMax) / 2n : 0n;
    read = await client.read(path, { maxBytes: bytesMax, from });
  }
  if (!read.ok) return read;
  const meta = { 'cohesix/data': true, ...(from === undefined ? {} : { 'cohesix/from': Number(from) }) };
  return ok({ contents: [{ uri, ...contentOf(read.value), _meta: meta }] });
}

function contentOf(bytes: Uint8Array): { mimeType: string; text: string } | { mimeType: string; blob: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { mimeType: 'text/plain', text };
  } catch {
    return { mimeType: 'application/octet-stream', blob: Buffer.from(bytes).toString('base64') };
  }
}
