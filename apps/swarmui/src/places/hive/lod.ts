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
const QUALITY_MIN = 0.125;

/** What may be drawn in a picture. */
export interface Budget {
  readonly level: Level;
  readonly labels: number;
  readonly hasPollen: boolean;
  readonly hasAuras: boolean;
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

/** Measures pictures and says how much the next one may have. */
export class Quality {
  #value = 1;
  #ms = 0;

  /** A picture took so long. */
  took(ms: number): void {
    this.#ms += (ms - this.#ms) * 0.2;
    if (this.#ms > SLOW_MS) this.#value = Math.max(this.#value * 0.8, QUALITY_MIN);
    else if (this.#ms < FAST_MS) this.#value = Math.min(this.#value * 1.05, 1);
  }

  /** Of the next picture. */
  budget(zoom: number, pressure: number): Budget {
    const level = levelOf(zoom);
    const isDegraded = pressure > 1;
    return {
      level,
      labels: isDegraded ? 0 : Math.floor(LABELS_MAX * this.#value),
      hasPollen: level !== 'cluster' && !isDegraded,
      hasAuras: this.#value > QUALITY_MIN,
    };
  }
}
