// The places of the page. To add one: its folder, and one line here. Each is loaded when it is first gone to, or when there is time: a
// page that lost its hive can fetch nothing any more, and all places must open then, too.

import { type ComponentType, lazy } from 'react';

/** A place. */
export interface Place {
  /** First component of its address. */
  readonly id: string;
  readonly title: string;
  /** With Alt: goes there. */
  readonly key: string;
  readonly Body: ComponentType;
  /** Fetches what the place is made of. */
  readonly load: () => Promise<unknown>;
}

const place = (
  id: string,
  title: string,
  key: string,
  load: () => Promise<{ readonly Body: ComponentType }>,
): Place => ({
  id,
  title,
  key,
  load,
  Body: lazy(() => load().then(({ Body }) => ({ default: Body }))),
});

/** In the order of the menu; the first is where the page begins. */
export const PLACES: readonly Place[] = [
  place('hive', 'Live Hive', '1', () => import('../places/hive/body.tsx')),
  place('console', 'Console', '2', () => import('../places/console/body.tsx')),
  place('files', 'Files', '3', () => import('../places/files/body.tsx')),
  place('approvals', 'Approvals', '4', () => import('../places/approvals/body.tsx')),
  place('audit', 'Audit', '5', () => import('../places/audit/body.tsx')),
  place('fleet', 'Fleet', '6', () => import('../places/fleet/body.tsx')),
];

/** Fetches the places that nobody went to yet, one after another. What cannot be fetched now is fetched when somebody goes there. */
export async function loadPlaces(): Promise<void> {
  for (const { load } of PLACES) await load().catch(() => undefined);
}
