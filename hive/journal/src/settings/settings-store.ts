// Settings that survive the journal: a copy of key/value texts in an A/B pair of pages (`page-pair.ts`), with the hive they belong
// to, the fingerprint of the manifest they were written under, and their revision. What holds is the journal's word; this copy
// is read when there is no journal any more (docs/adr/0011).

import { dirname } from 'node:path';
import { ok, type Result, refuse } from '@cohesix/wire';
import { attempt, type Disk, type DiskFile, writeAll } from '../disk.ts';
import { type PageName, PagePair } from './page-pair.ts';

/** Bytes of each of the two pages. */
export const SETTINGS_PAGE_BYTES = 16_384;

/** A setting's name: what fits in a path, a log line and a shell word without quoting. */
const KEY = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** What a page says. */
export interface StoredSettings {
  /** Identity of the hive that wrote them. */
  readonly hive: string;
  /** Fingerprint of its manifest then; for people. */
  readonly fingerprint: string;
  /** Counts changes; the higher one is the newer. */
  readonly revision: number;
  readonly values: Readonly<Record<string, string>>;
}

/** The bytes of a page's content. */
export function encodeSettings({ hive, fingerprint, revision, values }: StoredSettings): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
  return new TextEncoder().encode(JSON.stringify({ hive, fingerprint, revision, values: sorted }));
}

/** Reads the content of a page; undefined when it is not what `encodeSettings` writes. */
export function decodeSettings(content: Uint8Array): StoredSettings | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
    return isStoredSettings(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isStoredSettings(value: unknown): value is StoredSettings {
  if (typeof value !== 'object' || value === null) return false;
  const { hive, fingerprint, revision, values } = value as Partial<Record<keyof StoredSettings, unknown>>;
  if (typeof hive !== 'string' || typeof fingerprint !== 'string') return false;
  if (!Number.isSafeInteger(revision) || (revision as number) < 1) return false;
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false;
  return Object.entries(values).every(([key, text]) => KEY.test(key) && typeof text === 'string');
}

/** A settings file, open or not made yet. */
export class SettingsStore {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile | undefined;
  #pages: PagePair | undefined;
  #isNamed = false;

  private constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** Opens the file, if it is there; it is made by the first write. `internal`: the disk does not let us. */
  static async open(disk: Disk, path: string): Promise<Result<SettingsStore>> {
    const store = new SettingsStore(disk, path);
    const opened = await attempt(`cannot read the stored settings in ${path}`, async () => {
      if ((await disk.lstat(path)) !== undefined) await store.#use(await disk.open(path, 'write'));
    });
    return opened.ok ? ok(store) : refuse('internal', opened.refusal.detail);
  }

  /** What the page that holds says; undefined when there is none. */
  get current(): StoredSettings | undefined {
    const active = this.#pages?.active;
    return active === undefined ? undefined : decodeSettings(active.content);
  }

  /** Generation and name of the page that holds. */
  get page(): { readonly name: PageName; readonly generation: number } | undefined {
    return this.#pages?.active;
  }

  /** Pages that did not check when the file was opened: what a power cut in the middle of a write leaves. */
  get damaged(): readonly PageName[] {
    return this.#pages?.damaged ?? [];
  }

  /** Replaces the settings: `too-big` over the page, `internal` when the disk refuses. One call at a time. */
  async write(settings: StoredSettings): Promise<Result<void>> {
    const content = encodeSettings(settings);
    const written = await attempt(`cannot write the stored settings to ${this.#path}`, async () => {
      const pages = this.#pages ?? (await this.#make());
      if (content.length > pages.contentBytesMax) return pages.contentBytesMax;
      await pages.write(content);
      await this.#keepName();
      return undefined;
    });
    if (!written.ok) return refuse('internal', written.refusal.detail);
    if (written.value === undefined) return ok(undefined);
    return refuse('too-big', `The settings have ${content.length} bytes, a page holds ${written.value}.`);
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => {});
  }

  async #make(): Promise<PagePair> {
    // A file that a crash left half made has no page that checks, and is filled up here.
    await this.#disk.mkdir(dirname(this.#path));
    const file = this.#file ?? (await this.#disk.open(this.#path, 'create'));
    this.#file = file;
    await writeAll(file, [new Uint8Array(2 * SETTINGS_PAGE_BYTES)], 0);
    await file.datasync();
    return this.#use(file);
  }

  /** Makes the file's name durable, once in each process: one that was killed may have made the file and no more. */
  async #keepName(): Promise<void> {
    if (this.#isNamed) return;
    await this.#disk.syncDirectory(dirname(this.#path));
    this.#isNamed = true;
  }

  async #use(file: DiskFile): Promise<PagePair> {
    this.#file = file;
    this.#pages = await PagePair.read(file, SETTINGS_PAGE_BYTES);
    return this.#pages;
  }
}
