// The evidence pack that this page shows instead of a hive, and what checking it said.

import type { HiveClient } from '@cohesix/client/core';
import { goTo, hrefOf } from '../app/router.ts';
import { instead } from '../session/hive.ts';
import { Store } from '../store/store.ts';
import type { PackReport } from './pack.ts';

/** A pack that is shown. */
export interface ShownPack extends PackReport {
  readonly name: string;
}

/** What is shown; undefined: no pack. */
export const evidence: Store<ShownPack | undefined> = new Store<ShownPack | undefined>(undefined);

/** Shows a pack, at its journal. */
export function showPack(pack: ShownPack, client: HiveClient): void {
  instead.set({ mode: 'replay', client, role: 'evidence', subject: undefined });
  evidence.set(pack);
  goTo(hrefOf('audit'));
}

/** Goes back to what was there before. */
export function closePack(): void {
  evidence.set(undefined);
  instead.set(undefined);
}
