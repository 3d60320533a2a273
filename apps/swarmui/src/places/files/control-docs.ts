// What control files take: `/proc/controls`, a line of JSON for each. It stays the same until the hive starts again, so it is read once
// a connection.

import { READ_MAX_BYTES_DEFAULT } from '@cohesix/client/core';
import { hive } from '../../session/hive.ts';
import { Store } from '../../store/store.ts';
import { type ControlDoc, docsOf } from './control-doc.ts';

/** Made by hive/node, hive-nodes.ts. */
const CONTROLS_PATH = '/proc/controls';

/** Those of the hive that is shown; undefined while they are not known yet, empty when the ticket may not read them. */
export const controlDocs: Store<readonly ControlDoc[] | undefined> = new Store<readonly ControlDoc[] | undefined>(
  undefined,
);

async function load(): Promise<void> {
  const now = hive.get();
  controlDocs.set(undefined);
  const read = await now?.client.read(CONTROLS_PATH, { maxBytes: READ_MAX_BYTES_DEFAULT });
  if (now !== hive.get()) return;
  controlDocs.set(read?.ok === true ? docsOf(new TextDecoder().decode(read.value)) : []);
}

hive.watch(() => void load());
void load();
