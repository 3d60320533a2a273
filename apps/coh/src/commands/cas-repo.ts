// coh cas repo: publishing updates in a TUF repository, and fetching from one what its metadata vouches for.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  DEFAULT_TUF_LIMITS,
  refresh,
  type Target,
  type Trusted,
  type TufFetch,
  targetFileName,
  targetProblem,
  trustFiles,
} from '@cohesix/cas';
import { nodeDisk } from '@cohesix/journal';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { httpSource, isHttpUrl } from '../audit/http-source.ts';
import { type Expiry, extendRepo, initRepo, publishTargets, TARGET_BYTES_MAX, type Versions } from '../cas/repo.ts';
import { answer, type Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { DONE } from '../session.ts';
import { errorText } from '../token.ts';

const crypto = { ...nodeTicketCrypto, sha256Stream: () => createHash('sha256') };
const DAY_MS = 86_400_000;
/** How long root and targets hold. */
const LONG_MS: number = 365 * DAY_MS;
/** How long snapshot and timestamp hold unless told. */
const SHORT_MS: number = 7 * DAY_MS;

/** What the publisher's commands take. */
export interface RepoOptions {
  readonly keys: string;
  /** Milliseconds that snapshot and timestamp hold. */
  readonly expires?: number;
  /** Path in the repository, of one file. */
  readonly as?: string;
}

function expiryOf({ expires = SHORT_MS }: RepoOptions): Expiry {
  const now = Date.now();
  return { longMs: now + LONG_MS, shortMs: now + expires };
}

/** `coh cas repo init`. JSON: `{directory, versions}`. */
export async function init(context: Context, named: string, options: RepoOptions): Promise<number> {
  const directory = resolve(context.io.cwd, named);
  const made = await initRepo(directory, resolve(context.io.cwd, options.keys), expiryOf(options));
  return tell(context, { what: `cannot make the repository ${named}`, done: `made ${named}`, directory }, made);
}

/** `coh cas repo publish`. JSON: `{directory, versions}`. */
export async function publish(
  context: Context,
  named: string,
  files: readonly string[],
  options: RepoOptions,
): Promise<number> {
  const directory = resolve(context.io.cwd, named);
  const what = `cannot publish in ${named}`;
  const targets = targetsOf(context, files, options.as);
  if (!targets.ok) return fail(context, failureOf(what, targets.refusal));
  const keys = resolve(context.io.cwd, options.keys);
  const published = await publishTargets(directory, keys, { targets: targets.value, expiry: expiryOf(options) });
  return tell(
    context,
    { what, done: `published ${targets.value.map(({ path }) => path).join(', ')}`, directory },
    published,
  );
}

function targetsOf(
  context: Context,
  files: readonly string[],
  as: string | undefined,
): Result<{ path: string; bytes: Uint8Array }[]> {
  if (as !== undefined && files.length !== 1) return refuse('invalid-payload', '--as names one file.');
  const targets: { path: string; bytes: Uint8Array }[] = [];
  for (const file of files) {
    const place = resolve(context.io.cwd, file);
    if (!existsSync(place) || !statSync(place).isFile()) return refuse('not-found', `${file} is no file.`);
    if (statSync(place).size > TARGET_BYTES_MAX)
      return refuse('too-big', `${file} has more than ${TARGET_BYTES_MAX} bytes: pack it, and publish its manifest.`);
    const path = as ?? basename(file);
    if (!isTargetPath(path)) return refuse('invalid-payload', `${path} is no path of a repository.`);
    targets.push({ path, bytes: readFileSync(place) });
  }
  return ok(targets);
}

/** Names without `.` and `..`, so that none leads out of a folder. */
function isTargetPath(path: string): boolean {
  return path.split('/').every((name) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name)) && path.length <= 512;
}

/** `coh cas repo extend`. JSON: `{directory, versions}`. */
export async function extend(context: Context, named: string, options: RepoOptions): Promise<number> {
  const directory = resolve(context.io.cwd, named);
  const extended = await extendRepo(directory, resolve(context.io.cwd, options.keys), expiryOf(options));
  return tell(context, { what: `cannot extend ${named}`, done: `extended ${named}`, directory }, extended);
}

interface Told {
  readonly what: string;
  readonly done: string;
  readonly directory: string;
}

function tell(context: Context, { what, done, directory }: Told, versions: Result<Versions>): number {
  if (!versions.ok) return fail(context, failureOf(what, versions.refusal));
  const { root, targets, snapshot, timestamp } = versions.value;
  const text = `${done}: root ${root}, targets ${targets}, snapshot ${snapshot}, timestamp ${timestamp}`;
  answer(context, { directory, versions: versions.value }, [text]);
  return DONE;
}

/** What a fetch takes. */
export interface FetchOptions {
  /** Folder of what is trusted; kept from one fetch to the next. */
  readonly trust: string;
  /** The first root, brought by somebody trusted. */
  readonly root?: string;
  readonly out?: string;
}

/**
 * `coh cas repo fetch`: brings what is trusted up to date, and then one target. JSON: `{versions, targets: [{path, length, sha256}], file}`.
 */
export async function fetchFrom(
  context: Context,
  source: string,
  target: string | undefined,
  options: FetchOptions,
): Promise<number> {
  const what = target === undefined ? `cannot refresh from ${source}` : `cannot fetch ${target} from ${source}`;
  const read = readerOf(context, source);
  if (!read.ok) return fail(context, failureOf(what, read.refusal));
  const brought = bringRoot(context, options);
  if (!brought.ok) return fail(context, failureOf(what, brought.refusal));
  const trust = resolve(context.io.cwd, options.trust);
  const fresh = await refresh(
    { crypto, limits: DEFAULT_TUF_LIMITS, nowMs: Date.now() },
    {
      fetch: ({ name, sizeMax }) => read.value({ name: `metadata/${name}`, sizeMax: sizeMax + 1 }),
      keeper: trustFiles(nodeDisk, dirname(trust), basename(trust)),
    },
  );
  if (!fresh.ok) {
    const attack = fresh.reason === undefined ? '' : `${fresh.reason}: `;
    return fail(context, { what, code: fresh.refusal.code, sentence: `${attack}${fresh.refusal.detail}`, advice: [] });
  }
  const got =
    target === undefined
      ? ok(undefined)
      : await fetchTarget(context, fresh.value, { target, read: read.value, ...options });
  if (!got.ok) return fail(context, failureOf(what, got.refusal));
  tellTrusted(context, fresh.value, got.value);
  return DONE;
}

function tellTrusted(context: Context, { root, targets }: Trusted, file: string | undefined): void {
  const listed = [...targets.targets].map(([path, { length, sha256 }]) => ({ path, length, sha256 }));
  const versions = { root: root.version, targets: targets.version };
  const lines = [
    `trusted: root ${root.version}, targets ${targets.version}`,
    ...(file === undefined
      ? listed.map(({ path, length, sha256 }) => `  ${path}  ${length} bytes  ${sha256}`)
      : [`fetched ${file}`]),
  ];
  answer(context, { versions, targets: listed, file: file ?? null }, lines);
}

/** Where files of the repository are read: a folder, or a URL. */
function readerOf(context: Context, source: string): Result<TufFetch> {
  if (isHttpUrl(source)) {
    const http = httpSource(source);
    return http.ok ? ok(({ name, sizeMax }) => Promise.resolve(http.value.read(name, sizeMax))) : http;
  }
  const directory = resolve(context.io.cwd, source);
  if (!existsSync(directory)) return refuse('not-found', `${directory} does not exist.`);
  return ok(async ({ name, sizeMax }) => {
    const file = join(directory, name);
    if (!existsSync(file)) return ok(undefined);
    try {
      return ok(readFileSync(file).subarray(0, sizeMax));
    } catch (error) {
      return refuse('unreachable', `${file}: ${errorText(error)}.`);
    }
  });
}

/** Puts the first root where trusted files are kept, unless there is one. */
function bringRoot(context: Context, { trust, root }: FetchOptions): Result<void> {
  const place = join(resolve(context.io.cwd, trust), 'root.json');
  if (existsSync(place)) return ok(undefined);
  if (root === undefined)
    return refuse(
      'not-found',
      `${trust} has no root.json yet: bring the first root of the repository with --root FILE.`,
    );
  const file = resolve(context.io.cwd, root);
  if (!existsSync(file)) return refuse('not-found', `${root} does not exist.`);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, readFileSync(file));
  return ok(undefined);
}

interface Wish extends FetchOptions {
  readonly target: string;
  readonly read: TufFetch;
}

async function fetchTarget(context: Context, trusted: Trusted, wish: Wish): Promise<Result<string>> {
  const { target: path, read, out } = wish;
  const target: Target | undefined = trusted.targets.targets.get(path);
  if (target === undefined) return refuse('not-found', `targets.json lists no ${path}.`);
  if (target.length > TARGET_BYTES_MAX) return refuse('too-big', `${path} has ${target.length} bytes.`);
  const name = `targets/${targetFileName(path, target, trusted.root)}`;
  const bytes = await read({ name, sizeMax: target.length + 1 });
  if (!bytes.ok) return bytes;
  if (bytes.value === undefined) return refuse('not-found', `The repository has no ${name}.`);
  const problem = targetProblem(crypto, { path, target }, bytes.value);
  if (problem !== undefined) return { ok: false, refusal: problem.refusal };
  const file = resolve(context.io.cwd, out ?? basename(path));
  writeFileSync(file, bytes.value);
  return ok(file);
}
