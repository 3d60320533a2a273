// How much is drawn: by zoom, by how much happens, and by how long pictures take. It changes what is seen, never what the simulation does.

/** What one sees: combs as marks, workers, workers and every grain. */
export type Level = 'cluster' | 'balanced' | 'detail';

/** Below it combs are marks. */
const CLUSTER_ZOOM = 0.7;
/** Above it everything is drawn. */
const DETAIL_ZOOM = 1.25;
/** Events of one step of the simulation that make a pressure of 1. */
const EVENTS_PER_STEP = 512;
/** How much of a new measure goes into the smoothed one: half of it after ten steps. */
const SMOOTHING = 0.07;
/** Most labels of a picture. */
const LABELS_MAX = 1500;
/** Script time of a picture, ms, beyond which less is drawn, and below which more is again. */
const SLOW_MS = 12;
const FAST_MS = 5;
/** The same for the time from picture to picture while things move: what is behind the script (a card, or none) may be the slow part. */
const APART_SLOW_MS = 45;
const APART_FAST_MS = 25;
/** A tab that slept was not slow. */
const APART_MS_MAX = 250;
/** How much of a new time goes into the smoothed one: one slow picture is enough to draw less, more comes back slowly. */
const SLOWER = 0.5;
const FASTER = 0.2;
/** Where a page begins whose pictures the processor makes: without soft rims, until it is seen that there is time for them. */
const SOFTWARE_QUALITY = 0.7;
/** What is left out below which quality, the dearest first: soft hulls, auras, lines around combs. */
const HULLS_FROM = 0.75;
const AURAS_FROM = 0.5;
const LINES_FROM = 0.25;
const QUALITY_MIN = 0.1;

/** What may be drawn in a picture. */
export interface Budget {
  readonly level: Level;
  readonly labels: number;
  readonly hasPollen: boolean;
  readonly hasHulls: boolean;
  readonly hasAuras: boolean;
  readonly hasLines: boolean;
}

/** The level of a zoom. */
export function levelOf(zoom: number): Level {
  if (zoom < CLUSTER_ZOOM) return 'cluster';
  return zoom > DETAIL_ZOOM ? 'detail' : 'balanced';
}

/** Events a step in relation to what is drawn one by one, smoothed. */
export function nextPressure(pressure: number, events: number): number {
  const next = pressure + (events / EVENTS_PER_STEP - pressure) * SMOOTHING;
  return next < 1e-4 ? 0 : next;
}

/** How lively grains are under a pressure. */
export function intensityOf(pressure: number): number {
  return Math.min(Math.max(1 - 0.4 * pressure, 0.35), 1);
}

/** How pictures begin. */
export interface QualityOptions {
  /** Made by the processor, not by a card. */
  readonly isSoftware?: boolean;
  /** All is drawn whatever it takes: for measuring. */
  readonly isFull?: boolean;
}

/** Measures pictures and says how much the next one may have. */
export class Quality {
  readonly #isFull: boolean;
  #value: number;
  #ms = 0;
  #apartMs = APART_FAST_MS;

  constructor({ isSoftware = false, isFull = false }: QualityOptions = {}) {
    this.#isFull = isFull;
    this.#value = isSoftware && !isFull ? SOFTWARE_QUALITY : 1;
  }

  /** From 1, all is drawn, to QUALITY_MIN. */
  get value(): number {
    return this.#value;
  }

  /** The script of a picture took `ms`, and it came `apartMs` after the one before; undefined: nothing moved before it. */
  took(ms: number, apartMs: number | undefined): void {
    if (this.#isFull) return;
    this.#ms = smoothed(this.#ms, ms);
    if (apartMs !== undefined) this.#apartMs = smoothed(this.#apartMs, Math.min(apartMs, APART_MS_MAX));
    const over = Math.max(this.#ms / SLOW_MS, this.#apartMs / APART_SLOW_MS);
    if (over > 1) this.#value = Math.max(this.#value * Math.max(1 / over, 0.5), QUALITY_MIN);
    else if (this.#ms < FAST_MS && this.#apartMs < APART_FAST_MS) this.#value = Math.min(this.#value * 1.01, 1);
  }

  /** Of the next picture. `isLast`: nothing moves any more, so there is time for everything. */
  budget(zoom: number, pressure: number, isLast = false): Budget {
    const level = levelOf(zoom);
    const value = isLast ? 1 : this.#value;
    const isDegraded = pressure > 1 && !isLast;
    return {
      level,
      labels: isDegraded ? 0 : Math.floor(LABELS_MAX * value),
      hasPollen: level !== 'cluster' && !isDegraded,
      hasHulls: value >= HULLS_FROM,
      hasAuras: value >= AURAS_FROM,
      hasLines: value >= LINES_FROM,
    };
  }
}

function smoothed(before: number, ms: number): number {
  return before + (ms - before) * (ms > before ? SLOWER : FASTER);
}
