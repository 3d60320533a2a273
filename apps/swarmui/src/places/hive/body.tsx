// Live Hive: the fleet at one look. The canvas, and beside it what the colours mean and the worker that is looked at.

import type { ReactNode } from 'react';
import { useRoute } from '../../app/router.ts';
import type { Content } from '../../files/content.ts';
import { useHive } from '../../session/hive.ts';
import { Details } from './details.tsx';
import { FLEET_PATH } from './fleet-source.ts';
import './hive.css';
import { Legend } from './legend.tsx';
import { type Fleet, NO_FLEET } from './model.ts';
import { Stage } from './stage.tsx';
import { useActivity, useFleet } from './use-fleet.ts';

/** The place. */
export function Body(): ReactNode {
  const { rest } = useRoute();
  const content = useFleet();
  const activity = useActivity();
  const fleet = content.kind === 'here' ? content.value : NO_FLEET;
  const selected = rest[0];
  return (
    <div className="hive">
      <h1 className="visually-hidden">Live Hive</h1>
      <div className="hive-body">
        <div className="hive-main">
          <Stage fleet={fleet} activity={activity} selected={selected} />
          <Empty content={content} />
        </div>
        <aside className="hive-side" aria-label="About the fleet">
          <Legend fleet={fleet} activity={activity} />
          {selected === undefined ? <Hint /> : <Details id={selected} fleet={fleet} />}
        </aside>
      </div>
    </div>
  );
}

/** Why there are no bees, and what to do about it. */
function Empty({ content }: { readonly content: Content<Fleet> }): ReactNode {
  const isLive = useHive()?.mode === 'live';
  if (content.kind === 'waiting')
    return (
      <p className="notice hive-over" role="status">
        Reading the fleet…
      </p>
    );
  if (content.kind === 'refused')
    return (
      <div className="notice hive-over" role="alert">
        <strong>
          {FLEET_PATH} is not shown: {content.refusal.detail} ({content.refusal.code})
        </strong>
        <span>Sign in with a ticket that may read it; the queen’s may.</span>
      </div>
    );
  if (content.value.workers.length > 0) return null;
  return (
    <div className="notice hive-over">
      <strong>{isLive ? 'No workers are here yet.' : 'No workers were here then.'}</strong>
      {isLive ? (
        <span>
          Start one: <code>coh spawn heartbeat ticks=100</code>
        </span>
      ) : null}
    </div>
  );
}

function Hint(): ReactNode {
  return (
    <section className="hive-hint" aria-label="How to use the canvas">
      <p>Select a worker to see what it does: click it, or go to it with the arrows and press Enter.</p>
      <dl className="hive-keys">
        <dt>Drag, Shift and arrows</dt>
        <dd>move the view</dd>
        <dt>Wheel, + and −</dt>
        <dd>nearer and farther</dd>
        <dt>0</dt>
        <dd>show all</dd>
        <dt>Escape</dt>
        <dd>close the worker</dd>
      </dl>
      <p className="hive-soft">
        A bee is a worker, its colour the kind. It glows while it writes telemetry, which flies to the queen; a red ring
        is something it was refused. From far away a disc stands for up to 91 workers.
      </p>
    </section>
  );
}
