// The fleet and its activity while the place is open.

import { useEffect, useMemo } from 'react';
import type { Content } from '../../files/content.ts';
import { FollowedLines, type Lines } from '../../files/lines.ts';
import { Store, useStore } from '../../store/store.ts';
import { Activity, type ActivityTotals } from './activity.ts';
import { FleetSource } from './fleet-source.ts';
import type { Fleet } from './model.ts';

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
    made.followed.start();
    const timer = setInterval(() => {
      const { records, refusals } = made.activity.totals;
      const told = made.totals.get();
      if (records !== told.records || refusals !== told.refusals) made.totals.set({ records, refusals });
    }, TOTALS_MS);
    return () => {
      clearInterval(timer);
      made.followed.end();
    };
  }, [made]);
  return made;
}

function makeActivity(): FollowedActivity & { readonly followed: FollowedLines } {
  const activity = new Activity();
  const news = new Store(0);
  const followed = new FollowedLines(ACTIVITY_PATH, 1, (line) => {
    activity.line(line);
    news.set(news.get() + 1);
  });
  return { activity, news, followed, content: followed.content, totals: new Store<ActivityTotals>(activity.totals) };
}
