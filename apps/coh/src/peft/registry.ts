// The registry of models on a host, as the bridge reads it (contracts-1, 5.7): a folder
//
//   available/<model>/manifest.toml and its files
//   active               id of the active model
//   active_state.toml    current, previous
//
// What is written appears whole or not at all: beside its place first, synced, then renamed.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Described } from '@cohesix/authority';
import { ok, type Result, refuse } from '@cohesix/wire';
import { errorText } from '../token.ts';
import { sha256Of } from './adapter.ts';

/** Longest `active_state.toml`, bytes (contracts-1, 5.7). */
const STATE_BYTES_MAX = 4096;

/** What stands in `active_state.toml`. */
export interface ActiveState {
  readonly current: string | undefined;
  readonly previous: string | undefined;
}

/** A model that is prepared and not in the registry yet. */
export interface Staged {
  /** Puts it in. */
  readonly commit: () => Result<void>;
  /** Leaves nothing of it; after a commit that, too. */
  readonly discard: () => void;
}

/** A registry in a folder. */
export class ModelRegistry {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Whether it has a model. */
  has(model: string): boolean {
    return existsSync(join(this.root, 'available', model));
  }

  /** Ids of its models, sorted. */
  models(): readonly string[] {
    const folder = join(this.root, 'available');
    return existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => !name.startsWith('.'))
          .sort()
      : [];
  }

  /** Prepares a model beside its place. `exists`: the registry has it; `internal`: the disk, with its reason. */
  stage(model: string, files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Result<Staged> {
    if (this.has(model)) return refuse('exists', `${join(this.root, 'available', model)} is there already.`);
    const folder = join(this.root, 'available', `.${model}-${randomBytes(5).toString('hex')}`);
    const place = join(this.root, 'available', model);
    let isIn = false;
    const discard = (): void => rmSync(isIn ? place : folder, { recursive: true, force: true });
    const written = onDisk(`cannot write ${folder}`, () => {
      mkdirSync(folder, { recursive: true });
      for (const { name, bytes } of files) writeDurably(join(folder, name), bytes);
      syncFolder(folder);
    });
    if (!written.ok) {
      discard();
      return written;
    }
    const commit = (): Result<void> => {
      if (this.has(model)) return refuse('exists', `${place} is there already.`);
      return onDisk(`cannot write ${place}`, () => {
        renameSync(folder, place);
        isIn = true;
        syncFolder(dirname(place));
      });
    };
    return ok({ commit, discard });
  }

  /** The manifest of a model. `not-found`; `invalid-payload`: it does not say what it should. */
  async manifest(model: string): Promise<Result<Described>> {
    const path = join(this.root, 'available', model, 'manifest.toml');
    const text = onDisk(`cannot read ${path}`, () => readFileSync(path, 'utf8'));
    if (!text.ok) return refuse('not-found', text.refusal.detail);
    const { readModelManifest } = await import('@cohesix/authority');
    const read = readModelManifest(text.value);
    if (!read.ok) return refuse(read.refusal.code, `${path}: ${read.refusal.detail}`);
    return read.value.id === model ? read : refuse('invalid-payload', `${path} is of ${read.value.id}.`);
  }

  /** Whether the files of a model are still what its manifest says. `stale`: which is not. */
  async verify(model: string): Promise<Result<Described>> {
    const manifest = await this.manifest(model);
    if (!manifest.ok) return manifest;
    for (const [part, name] of FILES) {
      const hash = manifest.value.files[part];
      const path = join(this.root, 'available', model, name);
      if (hash === undefined) continue;
      const bytes = onDisk(`cannot read ${path}`, () => readFileSync(path));
      if (!bytes.ok) return refuse('stale', bytes.refusal.detail);
      if (sha256Of(bytes.value) !== hash.sha256) return refuse('stale', `${path} is not what its manifest says.`);
    }
    return manifest;
  }

  /** What is active here. */
  async state(): Promise<Result<ActiveState>> {
    const path = join(this.root, 'active_state.toml');
    if (!existsSync(path)) return ok({ current: undefined, previous: undefined });
    const { readToml } = await import('@cohesix/manifest');
    const text = onDisk(`cannot read ${path}`, () =>
      statSync(path).size > STATE_BYTES_MAX ? '' : readFileSync(path, 'utf8'),
    );
    const read = text.ok ? readToml(text.value) : undefined;
    if (read === undefined || !read.ok) return refuse('invalid-payload', `${path} cannot be read as TOML.`);
    const { current, previous } = read.value as Readonly<Record<string, unknown>>;
    return ok({ current: textOf(current), previous: textOf(previous) });
  }

  /** Says what is active, and what was before. */
  point({ current, previous }: ActiveState): Result<void> {
    const lines = Object.entries({ current, previous }).flatMap(([name, id]) =>
      id === undefined ? [] : [`${name} = ${JSON.stringify(id)}\n`],
    );
    return onDisk(`cannot write ${this.root}`, () => {
      mkdirSync(this.root, { recursive: true });
      replace(join(this.root, 'active_state.toml'), lines.join(''));
      replace(join(this.root, 'active'), `${current ?? ''}\n`);
      syncFolder(this.root);
    });
  }
}

const FILES = [
  ['adapter', 'adapter.safetensors'],
  ['lora', 'lora.json'],
  ['metrics', 'metrics.json'],
] as const;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Runs file operations; what the disk refuses becomes `internal`. */
function onDisk<T>(doing: string, run: () => T): Result<T> {
  try {
    return ok(run());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return refuse('internal', `${doing}: ${errorText(error)}.`);
  }
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(5).toString('hex')}.tmp`;
  try {
    writeDurably(temporary, Buffer.from(text));
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
