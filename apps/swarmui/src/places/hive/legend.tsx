// What the colours and marks mean, with counts: how many workers of each kind and in each state.

import type { ReactNode } from 'react';
import { useHive } from '../../session/hive.ts';
import { useStore } from '../../store/store.ts';
import { FLEET_PATH } from './fleet-source.ts';
import { Ingest } from './ingest.tsx';
import { kindToken } from './kinds.ts';
import { countsBy, type Fleet } from './model.ts';
import { ACTIVITY_PATH, type FollowedActivity } from './use-fleet.ts';

/** The legend. */
export function Legend({ fleet, activity }: { readonly fleet: Fleet; readonly activity: FollowedActivity }): ReactNode {
  return (
    <section className="hive-legend" aria-label="Legend">
      <ul data-file={FLEET_PATH}>
        {countsBy(fleet, 'kind').map(([kind, count]) => (
          <li key={kind}>
            <span className="hive-dot" style={{ background: `var(${kindToken(kind)})` }} />
            {kind} <strong>{count}</strong>
          </li>
        ))}
        {countsBy(fleet, 'state').map(([state, count]) => (
          <li key={state}>
            <span className="hive-dot" data-state={state} />
            {state} <strong>{count}</strong>
          </li>
        ))}
        {fleet.isCut ? <li>and more: {FLEET_PATH} is cut at its bound</li> : null}
        {fleet.unread === 0 ? null : <li>{fleet.unread} lines could not be read</li>}
      </ul>
      <Sums activity={activity} />
      <Ingest />
    </section>
  );
}

/** What flew and what was refused since the place was opened. */
function Sums({ activity }: { readonly activity: FollowedActivity }): ReactNode {
  const { records, refusals } = useStore(activity.totals);
  const content = useStore(activity.content);
  const mode = useHive()?.mode;
  if (mode === 'past') return <p className="hive-soft">A past stands still: what flew then is not kept.</p>;
  if (content.kind === 'refused')
    return (
      <p className="hive-soft">
        No pollen: this ticket may not read {ACTIVITY_PATH} ({content.refusal.code}). A ticket that sees every worker
        may.
      </p>
    );
  return (
    <ul>
      <li>
        <span className="hive-dot" data-mark="pollen" />
        telemetry seen <strong>{records.toLocaleString('en')}</strong>
      </li>
      <li>
        <span className="hive-dot" data-mark="error" />
        refusals seen <strong>{refusals.toLocaleString('en')}</strong>
      </li>
    </ul>
  );
}
