// Tells that something happened in the hive, so that what is shown is read again: pushed by `/trace/events`, a line for each
// thing that the hive does. Tickets that may not follow it get a beat every two seconds instead, and the page says so.

import { type Hive, hive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { Store } from '../store/store.ts';

const EVENTS = '/trace/events';
/** Beats are at least so far apart, ms: what comes between is one. */
const APART_MS = 150;
const WITHOUT_EVENTS_MS = 2000;

/** What makes the beats. */
export type PulseSource = 'events' | 'clock' | 'none';

/** Grows with each beat. */
export const pulse: Store<number> = new Store(0);
/** Where beats come from now. */
export const pulseSource: Store<PulseSource> = new Store<PulseSource>('none');

let stop: () => void = () => undefined;
let isScheduled = false;

/** Beats soon; many calls are one beat. */
export function beat(): void {
  if (isScheduled) return;
  isScheduled = true;
  setTimeout(() => {
    isScheduled = false;
    pulse.set(pulse.get() + 1);
  }, APART_MS);
}

function begin(now: Hive | undefined): void {
  stop();
  stop = () => undefined;
  pulseSource.set('none');
  beat();
  if (now?.mode === 'live') void follow(now);
}

async function follow({ client }: Hive): Promise<void> {
  let isOver = false;
  stop = () => {
    isOver = true;
  };
  const followed = await client.follow(EVENTS);
  if (isOver) return void (followed.ok && followed.value.stop());
  if (!followed.ok) return byClock();
  stop = () => {
    isOver = true;
    followed.value.stop();
  };
  pulseSource.set('events');
  for await (const _ of followed.value) beat();
  const ended = await followed.value.ended;
  if (!isOver && !ended.ok) session.lost(client, ended.refusal);
}

function byClock(): void {
  pulseSource.set('clock');
  const timer = setInterval(beat, WITHOUT_EVENTS_MS);
  stop = () => clearInterval(timer);
}

hive.watch(() => begin(hive.get()));
begin(hive.get());
