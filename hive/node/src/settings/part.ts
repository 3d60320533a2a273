// The hive's side of the stored settings: the copy that survives the journal, and `/settings/{status,identity}`. What holds is
// decided in the authority (`capabilities/stored-settings`); this writes it to an A/B pair of pages after each change, and at a
// start gives back what a journal has lost. A copy that cannot be written keeps nobody from setting anything: `status` says so.

import { resolve } from 'node:path';
import { recordText, STORED_SETTINGS_PATH, storedSettings, type ViewRecord } from '@cohesix/authority';
import { SettingsStore } from '@cohesix/journal';
import type { NodeDefinition } from '@cohesix/ninedoor';
import { ok, type Refusal, type Result } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { manifestFingerprint } from '../identity.ts';

const STATUS_BYTES_MAX = 2048;

/** Opens the copy of the stored settings. */
export async function openStoredSettings({ manifest, host, directory }: DataOptions): Promise<Result<OpenedStore>> {
  const store = await SettingsStore.open(host.disk, resolve(directory, manifest.settings_store.path));
  return ok((hive) => new SettingsCopy(hive, store).part());
}

/** How the copy is doing. `foreign`: of another hive, and left alone. */
type CopyState = 'empty' | 'stored' | 'behind' | 'foreign' | 'failed';

class SettingsCopy {
  readonly #hive: DataHive;
  readonly #store: SettingsStore | undefined;
  readonly #fingerprint: string;
  #failure: Refusal | undefined;
  #writing: Promise<void> | undefined;

  constructor(hive: DataHive, store: Result<SettingsStore>) {
    this.#hive = hive;
    this.#store = store.ok ? store.value : undefined;
    this.#failure = store.ok ? undefined : store.refusal;
    this.#fingerprint = manifestFingerprint(hive.manifest);
  }

  part(): DataPart {
    return {
      nodes: [
        this.#node('/settings/status', () => this.#statusRecord()),
        this.#node('/settings/identity', () => this.#identityRecord()),
      ],
      executors: { 'settings.store': () => this.#kick() },
      begin: () => void this.#begin(),
      end: async () => {
        await this.#writing;
        await this.#store?.close();
      },
    };
  }

  get #isForeign(): boolean {
    const { current } = this.#store ?? {};
    return current !== undefined && current.hive !== this.#hive.identity;
  }

  /** The higher revision is the newer one; equal ones are the same. */
  async #begin(): Promise<void> {
    const { current } = this.#store ?? {};
    for (const page of this.#store?.damaged ?? [])
      this.#hive.audit(`settings copy page=${page} damaged: the other one holds`);
    if (this.#failure !== undefined) return this.#hive.audit(`settings copy unusable: ${this.#failure.detail}`);
    if (this.#isForeign) return this.#hive.audit(`settings copy left alone: it is of the hive ${current?.hive}`);
    const { revision } = storedSettings(this.#hive.shown());
    if (current === undefined || current.revision <= revision) return this.#kick();
    const restored = { revision: current.revision, values: current.values };
    const written = await this.#hive.system(STORED_SETTINGS_PATH, JSON.stringify({ restored }));
    if (!written.ok) this.#hive.audit(`settings copy not restored: ${written.refusal.detail}`);
  }

  #kick(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes until the copy is what holds. */
  async #write(): Promise<void> {
    for (;;) {
      const { revision, values } = storedSettings(this.#hive.shown());
      if (this.#store === undefined || this.#isForeign || revision <= (this.#store.current?.revision ?? 0)) return;
      const { identity } = this.#hive;
      const settings = { hive: identity, fingerprint: this.#fingerprint, revision, values: Object.fromEntries(values) };
      const written = await this.#store.write(settings);
      this.#failure = written.ok ? undefined : written.refusal;
      if (!written.ok) return this.#hive.audit(`settings copy not written: ${written.refusal.detail}`);
    }
  }

  get #state(): CopyState {
    if (this.#failure !== undefined) return 'failed';
    if (this.#isForeign) return 'foreign';
    const { revision } = storedSettings(this.#hive.shown());
    if (revision === 0) return 'empty';
    return this.#store?.current?.revision === revision ? 'stored' : 'behind';
  }

  #statusRecord(): ViewRecord {
    const { revision, entry, values } = storedSettings(this.#hive.shown());
    const { current, page } = this.#store ?? {};
    const copy = {
      stored_revision: current?.revision ?? 0,
      page: page?.name ?? 'none',
      generation: page?.generation ?? 0,
    };
    const reason = this.#failure === undefined ? {} : { reason: this.#failure.detail };
    return { word: 'settings', fields: { state: this.#state, keys: values.size, revision, entry, ...copy, ...reason } };
  }

  #identityRecord(): ViewRecord {
    const { current } = this.#store ?? {};
    const stored = { stored_hive: current?.hive ?? 'none', stored_fingerprint: current?.fingerprint ?? 'none' };
    return { word: 'settings', fields: { hive: this.#hive.identity, fingerprint: this.#fingerprint, ...stored } };
  }

  #node(pattern: string, record: () => ViewRecord): NodeDefinition {
    const render = (): Uint8Array => Buffer.from(recordText(record()));
    return { pattern, file: { kind: 'view', boundBytes: STATUS_BYTES_MAX, version: undefined, render } };
  }
}
