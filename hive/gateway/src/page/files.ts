// The files of a page that was built: read once when the gateway starts, into memory, with the compressed variants that lie beside
// them (`x.js.br`, `x.js.gz`). What is asked for is looked up by its path, so no request reaches the disk.
//
// Files below `assets/` have a hash of their content in their name and never change; the others may.

import { hash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ok, type Result, refuse } from '@cohesix/wire';
import { mediaTypeOf } from './media-types.ts';

/** Codings of content (RFC 9110, 8.4.1) in the order in which they are preferred, and how a file's variant is named. */
export const CODINGS = { br: '.br', gzip: '.gz' } as const;

/** A coding that a variant may have. */
export type Coding = keyof typeof CODINGS;

/** A file, or a compressed variant of it. */
export interface Variant {
  readonly bytes: Uint8Array;
  /** Strong entity tag, quotes included: another one for each variant (RFC 9110, 8.8.3). */
  readonly etag: string;
}

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  /** Its name says which content it is. */
  readonly isHashed: boolean;
  readonly plain: Variant;
  readonly coded: Readonly<Partial<Record<Coding, Variant>>>;
}

/** The files by their path: `/index.html`, `/assets/index-1a2b.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Most files, and bytes of all of them with their variants: all of it is kept in memory. */
const BOUNDS = { filesMax: 1024, bytesMax: 64 * (1 << 20) } as const;

/** Of each component of a path; others, those that begin with a dot, and links are no part of the page. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
/** Texts for debuggers of whoever builds it. */
const LEFT_OUT = /\.map(?:\.br|\.gz)?$/;
const VARIANT = /\.(?:br|gz)$/;

/** Reads a build. `not-found` when there is none, `too-big` when it is over the bounds. */
export function readPage(
  directory: string,
  { filesMax, bytesMax }: { readonly filesMax: number; readonly bytesMax: number } = BOUNDS,
): Result<PageFiles> {
  try {
    return pageIn(directory, { filesMax, bytesMax });
  } catch {
    return refuse('not-found', 'The page was being built at this moment; start the gateway again.');
  }
}

/** @throws Error when a file that was there a moment ago is gone or cannot be read. */
function pageIn(
  directory: string,
  { filesMax, bytesMax }: { readonly filesMax: number; readonly bytesMax: number },
): Result<PageFiles> {
  const paths = pathsIn(directory);
  if (!paths.includes('/index.html')) return refuse('not-found', 'The page is not built.');
  const sizes = paths.map((path) => statSync(join(directory, path)).size);
  if (paths.length > filesMax || sizes.reduce((sum, size) => sum + size, 0) > bytesMax)
    return refuse('too-big', `A page has at most ${filesMax} files and ${bytesMax} bytes.`);
  const bytes = new Map(paths.map((path) => [path, readFileSync(join(directory, path))]));
  const files = paths.filter((path) => !VARIANT.test(path)).map((path) => [path, fileAt(path, bytes)] as const);
  return ok(new Map(files));
}

/** Paths of the files below a folder of the build, sorted; links are not followed. */
function pathsIn(directory: string, below = ''): readonly string[] {
  return entriesOf(join(directory, below))
    .filter(({ name }) => NAME.test(name) && !LEFT_OUT.test(name))
    .flatMap((entry) => {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) return pathsIn(directory, path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

/** What is in a folder; nothing when it is not there or not ours to read. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // There is no build: the gateway serves everything else.
  }
}

function fileAt(path: string, bytes: ReadonlyMap<string, Uint8Array>): PageFile {
  const codings = Object.entries(CODINGS) as readonly (readonly [Coding, string])[];
  const coded = codings.flatMap(([coding, suffix]) => {
    const found = bytes.get(`${path}${suffix}`);
    return found === undefined ? [] : [[coding, variantOf(found)] as const];
  });
  return {
    type: mediaTypeOf(path),
    isHashed: path.startsWith('/assets/'),
    plain: variantOf(bytes.get(path) ?? new Uint8Array()),
    coded: Object.fromEntries(coded),
  };
}

function variantOf(bytes: Uint8Array): Variant {
  return { bytes, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"` };
}
