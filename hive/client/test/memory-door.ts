// A hive small enough to see through: a tree of files in memory behind a LocalDoor, with the behaviour that the
// contract suite asks of every hive. Views and blobs are fixed, controls accept JSON lines, streams accept any.

import { ok, type Refusal, type Result, refusal, refuse } from '@cohesix/wire';
import type { FileStat } from '../src/hive-client.ts';
import type { LocalDoor, LocalFollow } from '../src/local-door.ts';
import { compareBytes } from '../src/request.ts';

/** A file of the memory hive. */
export interface MemoryFile {
  readonly kind: 'view' | 'control' | 'stream' | 'blob';
  text: string;
  version: number;
}

/** The tree: path → file. Directories are the prefixes. */
export class MemoryHive {
  readonly files: Map<string, MemoryFile> = new Map();
  readonly #changed = new Set<() => void>();
  /** Answers for appends, by path; a refusal leaves the file as it was. */
  readonly gates: Map<string, (line: string) => Refusal | undefined> = new Map();

  /** Adds or replaces a file. */
  put(path: string, kind: MemoryFile['kind'], text: string): void {
    this.files.set(path, { kind, text, version: 1 });
  }

  /** Appends to a stream as the hive itself would. */
  publish(path: string, text: string): void {
    const file = this.files.get(path);
    if (file === undefined) throw new TypeError(`no ${path}`);
    file.text += text;
    file.version++;
    this.wake();
  }

  wake(): void {
    for (const run of [...this.#changed]) run();
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      const run = (): void => {
        this.#changed.delete(run);
        resolve();
      };
      this.#changed.add(run);
    });
  }

  /** Names of a directory, or undefined when it is none. */
  names(path: string): string[] | undefined {
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    for (const file of this.files.keys())
      if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/')[0] ?? '');
    return names.size === 0 && path !== '/' ? undefined : [...names].sort(compareBytes);
  }
}

/** A hive with the files the contract suite uses. */
export function contractHive(): MemoryHive {
  const hive = new MemoryHive();
  hive.put('/proc/boot', 'view', 'hive=test\n');
  hive.put('/proc/empty', 'view', '');
  hive.put('/proc/self/refusal', 'view', 'none\n');
  hive.put('/log/queen.log', 'stream', 'boot\n');
  hive.put('/queen/ctl', 'control', '');
  return hive;
}

/** A session of a memory hive. */
export class MemoryDoor implements LocalDoor {
  readonly role: string;
  readonly #hive: MemoryHive;
  #isClosed = false;

  constructor(hive: MemoryHive, role = 'queen') {
    this.#hive = hive;
    this.role = role;
  }

  async list(path: string): Promise<Result<readonly string[]>> {
    return this.#at(path, (file) => (file === undefined ? ok(this.#hive.names(path) ?? []) : refuse('not-directory')));
  }

  async read(path: string, maxBytes: number): Promise<Result<Uint8Array>> {
    return this.#at(path, (file) => {
      if (file === undefined) return refuse('is-directory');
      const bytes = new TextEncoder().encode(file.text);
      return bytes.length > maxBytes ? refuse('too-big') : ok(bytes);
    });
  }

  async append(path: string, text: string): Promise<Result<{ readonly bytes: number }>> {
    return this.#at(path, (file) => {
      if (file === undefined) return refuse('is-directory');
      if (file.kind === 'view' || file.kind === 'blob') return refuse('denied');
      for (const line of text.split('\n').slice(0, -1)) {
        const refused = this.#hive.gates.get(path)?.(line) ?? (file.kind === 'control' ? notJson(line) : undefined);
        if (refused !== undefined) return { ok: false, refusal: refused };
      }
      this.#hive.publish(path, text);
      return ok({ bytes: new TextEncoder().encode(text).length });
    });
  }

  async openStored(path: string): Promise<Result<never>> {
    return this.#at(path, () => refuse('unsupported'));
  }

  async follow(path: string, from: bigint | undefined): Promise<Result<LocalFollow>> {
    return this.#at(path, (file) => {
      if (file?.kind !== 'stream') return refuse('unsupported');
      return ok(this.#followOf(file, Number(from ?? BigInt(file.text.length))));
    });
  }

  #followOf(file: MemoryFile, from: number): LocalFollow {
    let at = Math.min(from, file.text.length);
    let isStopped = false;
    const next = async (): Promise<Result<Uint8Array | undefined>> => {
      while (!isStopped && !this.#isClosed && at >= file.text.length) await this.#hive.changed();
      if (isStopped) return ok(undefined);
      if (this.#isClosed) return refuse('closed');
      const chunk = new TextEncoder().encode(file.text.slice(at));
      at = file.text.length;
      return ok(chunk);
    };
    const stop = (): void => {
      isStopped = true;
      this.#hive.wake();
    };
    return { next, stop };
  }

  async stat(path: string): Promise<Result<FileStat>> {
    return this.#at(path, (file) =>
      ok({
        kind: file?.kind ?? 'directory',
        mode: modeOf(file),
        size: BigInt(file?.text.length ?? 0),
        qidPath: BigInt(path.length),
        qidVersion: file?.version ?? 0,
      }),
    );
  }

  async ping(): Promise<Result<void>> {
    return this.#isClosed ? refuse('closed') : ok(undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hive.wake();
  }

  #at<T>(path: string, run: (file: MemoryFile | undefined) => Result<T>): Result<T> {
    const file = this.#hive.files.get(path);
    const exists = file !== undefined || this.#hive.names(path) !== undefined;
    const result: Result<T> = this.#isClosed ? refuse('closed') : exists ? run(file) : refuse('invalid-path');
    if (!result.ok) this.#hive.put('/proc/self/refusal', 'view', refusalText(result.refusal, path));
    return result;
  }
}

function refusalText({ code, detail }: Refusal, path: string): string {
  return `code=${code} path=${path} detail=${detail}\n`;
}

function notJson(line: string): Refusal | undefined {
  try {
    JSON.parse(line);
    return undefined;
  } catch {
    return refusal('invalid-payload');
  }
}

function modeOf(file: MemoryFile | undefined): number {
  if (file === undefined) return 0o555;
  return file.kind === 'control' || file.kind === 'stream' ? 0o644 : 0o444;
}
