// What others may ask of the settings. The manifest of the last boot is part of the state, because decisions depend on
// it: a journal must replay the same after `hive.toml` was edited.

import { type Manifest, type Settings, settingsOf, withSettings } from '@cohesix/manifest';
import { sliceOf } from '../../kernel/slice.ts';
import type { Change, State } from '../../types.ts';

/** The manifest that holds now, and where its settings come from. */
export interface SettingsSlice {
  manifest: Manifest;
  /** Journal entry that set them: a boot or a reload; 0 before the first boot. */
  entry: number;
}

/** The manifest of the last boot, with the run-time settings that hold now. Read only. */
export function manifestIn(state: Readonly<State>): Manifest {
  return sliceOf<SettingsSlice>(state, 'settings').manifest;
}

/** The journal entry, a boot or a reload, since which that manifest holds; 0 before the first boot. */
export function manifestEntry(state: Readonly<State>): number {
  return sliceOf<SettingsSlice>(state, 'settings').entry;
}

/** The run-time settings that hold now. Read only. */
export function settingsIn(state: Readonly<State>): Settings {
  return manifestIn(state);
}

/** A state as it is, but for some settings: for asking what would have been decided. Shares the rest; not to be evolved. */
export function underSettings(state: Readonly<State>, changed: Partial<Settings>): Readonly<State> {
  const { manifest, entry } = sliceOf<SettingsSlice>(state, 'settings');
  const settings = { ...settingsOf(manifest), ...changed };
  return new Map(state).set('settings', { manifest: withSettings(manifest, settings), entry } satisfies SettingsSlice);
}

/** The change that makes a manifest hold from journal entry `entry` on. */
export function manifestChange(manifest: Manifest, entry: number): Change {
  return { capability: 'settings', change: { manifest, entry } satisfies SettingsSlice };
}
