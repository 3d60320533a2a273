// Tells that something happened in the hive, so that what is shown is read again: pushed by `/trace/events`, a line for each
// thing that the hive does. Tickets that may not follow it get a beat every two seconds instead, and the page says so. While nobody
// can see the tab nothing is asked; then one beat catches up.

import type { Follow } from '@cohesix/client/core';
import { tagOf } from '@cohesix/wire';
import { type Hive, hive } from '../session/hive.ts';
import { isVisible } from '../session/platform.ts';
import { session } from '../session/session.ts';
import { Store } from '../store/store.ts';

const EVENTS = '/trace/events';
/** Beats are at least so far apart, ms: what comes between is one. */
const APART_MS = 150;
const WITHOUT_EVENTS_MS = 2000;
/** With the clock: every so many beats it is tried whether events can be followed now. */
const TRY_EVENTS_EVERY = 15;

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
  // Hidden: the beat stands until somebody looks.
  if (isVisible.get()) setTimeout(strike, APART_MS);
}

function strike(): void {
  if (!isVisible.get()) return;
  isScheduled = false;
  pulse.set(pulse.get() + 1);
}

isVisible.watch(() => {
  if (isVisible.get() && isScheduled) setTimeout(strike, APART_MS);
});

function begin(now: Hive | undefined): void {
  stop();
  stop = () => undefined;
  pulseSource.set('none');
  beat();
  if (now?.mode === 'live') void follow(now);
}

async function follow(now: Hive): Promise<void> {
  let isOver = false;
  stop = () => {
    isOver = true;
  };
  const followed = await now.client.follow(EVENTS);
  if (isOver) return void (followed.ok && followed.value.stop());
  // What the ticket may not follow is not asked for again.
  if (!followed.ok) return byClock(now, tagOf(followed.refusal.code) !== 'policy');
  stop = () => {
    isOver = true;
    followed.value.stop();
  };
  pulseSource.set('events');
  await beatWith(followed.value, now);
  // The connection goes on, the stream does not.
  if (!isOver) byClock(now, true);
}

async function beatWith(followed: Follow, { client }: Hive): Promise<void> {
  for await (const _ of followed) beat();
  const ended = await followed.ended;
  if (!ended.ok) session.lost(client, ended.refusal);
}

function byClock(now: Hive, isTriedAgain: boolean): void {
  pulseSource.set('clock');
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    beat();
    if (!isTriedAgain || beats < TRY_EVENTS_EVERY) return;
    clearInterval(timer);
    void follow(now);
  }, WITHOUT_EVENTS_MS);
  stop = () => clearInterval(timer);
}

hive.watch(() => begin(hive.get()));
begin(hive.get());
