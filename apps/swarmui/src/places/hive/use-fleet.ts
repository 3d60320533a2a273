// The fleet and its activity while the place is open.

import { useEffect, useMemo } from 'react';
import type { Content } from '../../files/content.ts';
import { FollowedLines, type Lines } from '../../files/lines.ts';
import { hive } from '../../session/hive.ts';
import { Store, useStore } from '../../store/store.ts';
import { Activity, type ActivityTotals } from './activity.ts';
import { FleetSource } from './fleet-source.ts';
import type { Fleet } from './model.ts';
import { Recall } from './recall.ts';

/** The stream. */
export const ACTIVITY_PATH = '/proc/activity';

/** The fleet, kept fresh while the component is there. */
export function useFleet(): Content<Fleet> {
  const source = useMemo(() => new FleetSource(), []);
  useEffect(() => {
    source.start();
    return () => source.end();
  }, [source]);
  return useStore(source.content);
}

/** What the workers do, followed while the component is there. */
export interface FollowedActivity {
  readonly activity: Activity;
  /** What a recording told until now; undefined: the hive is not a recorded one. */
  readonly recall: () => Recall | undefined;
  /** Beats when something waits to be drawn. */
  readonly news: Store<number>;
  /** How the stream is: refused, when the ticket does not see every worker. */
  readonly content: Store<Content<Lines>>;
  /** Sums, told twice a second at most. */
  readonly totals: Store<ActivityTotals>;
}

const TOTALS_MS = 500;

/** Follows the activity. */
export function useActivity(): FollowedActivity {
  const made = useMemo(makeActivity, []);
  useEffect(() => {
    const unwatch = hive.watch(made.onHive);
    made.followed.start();
    const timer = setInterval(() => {
      const { records, refusals } = made.activity.totals;
      const told = made.totals.get();
      if (records !== told.records || refusals !== told.refusals) made.totals.set({ records, refusals });
    }, TOTALS_MS);
    return () => {
      clearInterval(timer);
      unwatch();
      made.followed.end();
    };
  }, [made]);
  return made;
}

interface MadeActivity extends FollowedActivity {
  readonly followed: FollowedLines;
  readonly onHive: () => void;
}

function makeActivity(): MadeActivity {
  const [activity, recall, news] = [new Activity(), new Recall(), new Store(0)];
  const isRecorded = (): boolean => hive.get()?.mode === 'replay';
  const tell = (): void => news.set(news.get() + 1);
  const followed = new FollowedLines(ACTIVITY_PATH, 1, (line) => {
    activity.line(line);
    if (isRecorded()) recall.line(line);
    tell();
  });
  let wasRecorded = isRecorded();
  /** Who steps back in a recording, or leaves it, sees what was told until there and no more. */
  const onHive = (): void => {
    if (wasRecorded || isRecorded()) {
      activity.clear();
      recall.clear();
      tell();
    }
    wasRecorded = isRecorded();
  };
  const totals = new Store<ActivityTotals>(activity.totals);
  const recalled = (): Recall | undefined => (isRecorded() ? recall : undefined);
  return { activity, recall: recalled, news, followed, onHive, content: followed.content, totals };
}
