// The recording that this page shows instead of a hive: open, play, step, scrub, close. Playing is the only thing that asks a timer; what
// is shown follows from the playhead alone.

import { beat } from '../files/pulse.ts';
import { instead } from '../session/hive.ts';
import { Store } from '../store/store.ts';
import { clock, EXCHANGE_MS } from './clock.ts';
import type { TracePlayer } from './trace-player.ts';

/** Exchanges a second at speed 1. */
const PER_SECOND = 20;
/** The playhead moves so often, ms. */
const TICK_MS = 100;
/** How much faster a recording may be played. */
export const SPEEDS: readonly number[] = [0.5, 1, 2, 5, 20];

/** A recording that is shown. */
export interface Replaying {
  readonly name: string;
  readonly at: number;
  readonly length: number;
  readonly isPlaying: boolean;
  readonly speed: number;
  /** What the session that was recorded did last, in words; undefined before anything was sent. */
  readonly did: string | undefined;
}

/** What is shown; undefined: no recording. */
export const replaying: Store<Replaying | undefined> = new Store<Replaying | undefined>(undefined);

let player: TracePlayer | undefined;
let timer: ReturnType<typeof setInterval> | undefined;
/** Parts of an exchange that were played. */
let rest = 0;

/** Shows a recording from its beginning, playing. */
export function openReplay(name: string, opened: TracePlayer): void {
  closeReplay();
  player = opened;
  show();
  replaying.set({ name, at: 0, length: opened.length, isPlaying: false, speed: 1, did: undefined });
  clock.set(0);
  play(true);
}

/** Goes back to what was there before. */
export function closeReplay(): void {
  play(false);
  player = undefined;
  replaying.set(undefined);
  clock.set(undefined);
  instead.set(undefined);
}

/** Plays, or holds. At the end it begins again. */
export function play(isPlaying: boolean): void {
  clearInterval(timer);
  const now = replaying.get();
  if (now === undefined || player === undefined) return;
  if (isPlaying && now.at >= now.length) moveTo(0);
  if (isPlaying) timer = setInterval(tick, TICK_MS);
  replaying.set({ ...(replaying.get() ?? now), isPlaying });
}

/** How fast it plays. */
export function setSpeed(speed: number): void {
  const now = replaying.get();
  if (now !== undefined) replaying.set({ ...now, speed });
}

/** Puts the playhead behind so many exchanges. */
export function moveTo(at: number): void {
  const now = replaying.get();
  if (now === undefined || player === undefined) return;
  const isBack = at < player.at;
  player.moveTo(at);
  // What places gathered of streams is of a later moment: they begin anew with another client.
  if (isBack) show();
  clock.set(player.at * EXCHANGE_MS);
  replaying.set({ ...now, at: player.at, did: didBefore(player) });
  beat();
}

function tick(): void {
  const now = replaying.get();
  if (now === undefined) return;
  rest += (PER_SECOND * now.speed * TICK_MS) / 1000;
  const whole = Math.trunc(rest);
  rest -= whole;
  if (whole > 0) moveTo(now.at + whole);
  if ((replaying.get()?.at ?? 0) >= now.length) play(false);
}

function show(): void {
  if (player === undefined) return;
  const { role, subject } = player.view;
  instead.set({ mode: 'replay', client: player.client(), role, subject });
}

function didBefore({ view, at }: TracePlayer): string | undefined {
  const last = view.appended.findLast(({ index }) => index < at);
  return last === undefined ? undefined : `${last.path} ← ${last.text.trimEnd()}`;
}
