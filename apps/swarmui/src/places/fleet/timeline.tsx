// The leases of each resource as bars in time. Each bar is a link that says in words what it shows.

import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { exactText, relativeText, spanText } from './moment.ts';
import { type Hold, type Lane, placeOf, type Timeline, timelineOf } from './timeline-model.ts';
import { useNow } from './use-now.ts';
import { useRowsIfAny } from './use-rows.ts';

/** The timeline of `/proc/lease/history` and `/proc/lease/active`. */
export function LeaseTimeline(): ReactNode {
  const history = useRowsIfAny('/proc/lease/history');
  const active = useRowsIfAny('/proc/lease/active');
  const now = useNow();
  const nowMs = now ?? lastOf(history, active);
  const timeline = timelineOf(history, active, nowMs);
  return (
    <section className="stack fleet-list" aria-label="Who held what, in time">
      <h2>In time</h2>
      {timeline.lanes.length === 0 ? (
        <p className="fleet-soft">No lease was held yet.</p>
      ) : (
        <figure className="fleet-timeline" data-file="/proc/lease/history">
          {timeline.lanes.map((lane) => (
            <LaneView key={lane.resource} lane={lane} timeline={timeline} />
          ))}
          <figcaption className="fleet-soft">
            <span>{now === undefined ? exactText(timeline.fromMs) : relativeText(timeline.fromMs, nowMs)}</span>
            <span>{now === undefined ? exactText(timeline.toMs) : 'now'}</span>
          </figcaption>
        </figure>
      )}
    </section>
  );
}

/** Where the picture ends when there is no now: the last moment that the lists speak of. */
function lastOf(...lists: readonly (readonly { readonly [key: string]: unknown }[])[]): number {
  const moments = lists.flat().flatMap(({ ended_ms, granted_ms }) => [ended_ms, granted_ms]);
  return Math.max(1, ...moments.filter((moment) => typeof moment === 'number'));
}

function LaneView({
  lane: { resource, rows },
  timeline,
}: {
  readonly lane: Lane;
  readonly timeline: Timeline;
}): ReactNode {
  return (
    <div className="fleet-lane">
      <span className="code fleet-lane-name">{resource}</span>
      <div className="fleet-lane-rows">
        {rows.map((holds) => (
          <div key={`${holds[0]?.id} ${holds[0]?.fromMs}`} className="fleet-lane-row">
            {holds.map((hold) => (
              <Bar key={`${hold.id} ${hold.fromMs}`} hold={hold} timeline={timeline} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function Bar({ hold, timeline }: { readonly hold: Hold; readonly timeline: Timeline }): ReactNode {
  const { left, width } = placeOf(timeline, hold);
  const words = holdText(hold, timeline.toMs);
  return (
    <a
      className="fleet-hold"
      href={hrefOf('fleet', 'leases', hold.id)}
      data-reason={hold.reason}
      title={words}
      style={{ insetInlineStart: `${left}%`, width: `max(6px, ${width}%)` }}
    >
      {hold.id}
      <span className="visually-hidden">{words.slice(hold.id.length)}</span>
    </a>
  );
}

function holdText({ id, subject, fromMs, toMs, reason }: Hold, nowMs: number): string {
  const span = spanText((toMs ?? nowMs) - fromMs);
  const end = toMs === undefined ? 'held now' : `ended ${exactText(toMs)}: ${reason}`;
  return `${id}, held by ${subject} for ${span} from ${exactText(fromMs)}, ${end}`;
}
