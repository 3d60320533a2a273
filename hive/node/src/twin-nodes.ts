// CBOR twins of views of the authority, as `[ui_providers]` says: made from the very record their text is made from.

import type { Authority, State } from '@cohesix/authority';
import type { Manifest, UiProviders } from '@cohesix/manifest';
import { type NineDoor, type NodeDefinition, twinNode } from '@cohesix/ninedoor';

/** What the twins are made from. */
export interface TwinView {
  readonly manifest: Manifest;
  readonly authority: Authority;
  /** Durable state. */
  readonly shown: () => State;
  /** Asked once the hive is there. */
  readonly door: () => NineDoor;
}

/** The switch of each view that may have a twin. */
const SWITCHES: Readonly<Record<string, (providers: UiProviders) => boolean>> = {
  '/policy/preflight/req': ({ policy_preflight }) => policy_preflight.req,
  '/policy/preflight/diff': ({ policy_preflight }) => policy_preflight.diff,
};

/** The twins that are on. */
export function twinNodes({ manifest, authority, shown, door }: TwinView): NodeDefinition[] {
  return authority.views
    .filter(({ pattern }) => SWITCHES[pattern]?.(manifest.ui_providers) === true)
    .map(({ pattern, view }) =>
      twinNode(
        {
          pattern,
          boundBytes: view.boundBytes,
          record: () => authority.viewRecord(shown(), pattern) ?? { fields: {} },
        },
        () => door().traffic.countTwin(),
      ),
    );
}
