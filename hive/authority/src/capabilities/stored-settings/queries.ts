// What others may ask of the stored settings: the hive, which keeps a copy of them beside the journal.

import { sliceOf } from '../../kernel/slice.ts';
import type { State } from '../../types.ts';

/** Settings of the machine, and how often they were changed. */
export interface StoredSettingsSlice {
  /** Name → text. */
  readonly values: Map<string, string>;
  /** Counts changes over the life of the settings, also over that of a journal; 0: never set. */
  revision: number;
  /** Journal entry of the last change; 0 when there was none. */
  entry: number;
}

/** The stored settings. Read only. */
export function storedSettings(state: Readonly<State>): Readonly<StoredSettingsSlice> {
  return sliceOf<StoredSettingsSlice>(state, 'stored-settings');
}

/** Where the hive says that it found settings of a higher revision beside the journal. */
export const STORED_SETTINGS_PATH = '/sys/settings/ctl';
