// What `ui` found, as a person reads it.

import { figure, table } from '../report.ts';
import type { UiReport } from './ui.ts';

/** The report as a person reads it. */
export function uiText({ browser, script, frames, verdicts }: UiReport): string {
  return [
    `Chromium ${browser}, WebGL in software; script time is what the page costs, frames are what the rasteriser makes of it.`,
    '',
    table(
      ['script of a picture', 'median ms', 'p95 ms', 'bees', 'labels', 'particles'],
      script.map(({ scene, medianMs, p95Ms, drawn }) => [
        ...[scene, figure(medianMs), figure(p95Ms)],
        ...[drawn.bees, drawn.labels, drawn.pollen].map(String),
      ]),
    ),
    '',
    ...(frames === undefined
      ? []
      : [`${frames.sprites} sprites: ${figure(frames.ours)} frames/s, bare Pixi ${figure(frames.bare)} frames/s.`, '']),
    table(
      ['bar', 'verdict', 'figure'],
      verdicts.map(({ bar, verdict, figure: found }) => [bar, verdict, found]),
    ),
  ].join('\n');
}
