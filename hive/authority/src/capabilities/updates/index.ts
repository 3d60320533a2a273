// Updates and models (contracts-1, 4.7 and 5.8): what the store holds, and which update is active. The bytes go past the
// authority; what became of them comes as lines of the hive's own, so that the journal tells of every update that was taken.

import type { Capability } from '../../types.ts';
import { operatorControls } from './ctl.ts';
import { evolveUpdates, updatesInvariants } from './evolve.ts';
import type { UpdatesSlice } from './record.ts';
import { storeControl } from './store.ts';
import { updatesViews } from './views.ts';

/** Updates and models: `/updates/{ctl,active,history}`, `/models/ctl`, `/sys/cas`, `/proc/cas`. */
export const updatesCapability: Capability<UpdatesSlice> = {
  name: 'updates',
  controls: [...operatorControls, storeControl],
  views: updatesViews,
  names: [],
  initial: () => ({
    updates: new Map(),
    models: new Map(),
    active: null,
    before: [],
    history: [],
    rejected: 0,
    quarantined: 0,
  }),
  evolve: evolveUpdates,
  invariants: updatesInvariants,
};
