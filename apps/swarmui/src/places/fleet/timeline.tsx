// The leases of each resource as bars in time. Each bar is a link that says in words what it shows.

import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRowsIfAny } from '../../files/use-rows.ts';
import { useLineTime } from '../../past/line-time.ts';
import { useHive } from '../../session/hive.ts';
import { momentText, relativeText, spanText } from '../../time/moment.ts';
import { useNow } from '../../time/use-now.ts';
import { type Hold, type Lane, lastMoment, placeOf, type Timeline, timelineOf } from './timeline-model.ts';

/** The timeline of `/proc/lease/history` and `/proc/lease/active`: to now, or to the line of the past that is shown. */
export function LeaseTimeline(): ReactNode {
  const at = useHive()?.at;
  return at === undefined ? <Timed lineMs={undefined} /> : <TimedByLine line={at} />;
}

function TimedByLine({ line }: { readonly line: number }): ReactNode {
  return <Timed lineMs={useLineTime(line)} />;
}

/** Without a now and a line, in a recording, it ends with the last moment that the lists speak of. */
function Timed({ lineMs }: { readonly lineMs: number | undefined }): ReactNode {
  const history = useRowsIfAny('/proc/lease/history');
  const active = useRowsIfAny('/proc/lease/active');
  const now = useNow();
  const nowMs = now ?? lineMs ?? lastMoment(history, active);
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
            <span>{now === undefined ? momentText(timeline.fromMs) : relativeText(timeline.fromMs, nowMs)}</span>
            <span>{now === undefined ? momentText(timeline.toMs) : 'now'}</span>
          </figcaption>
        </figure>
      )}
    </section>
  );
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
  const end = toMs === undefined ? 'held now' : `ended ${momentText(toMs)}: ${reason}`;
  return `${id}, held by ${subject} for ${span} from ${momentText(fromMs)}, ${end}`;
}
