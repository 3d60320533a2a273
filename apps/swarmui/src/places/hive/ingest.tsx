// How telemetry comes in, from `/proc/ingest/watch`: what the header of the page does not say.

import type { ReactNode } from 'react';
import { useLines } from '../../files/use-lines.ts';

const WATCH_PATH = '/proc/ingest/watch';

/** Field of a line, what it is called, and its unit. */
const SHOWN = [
  ['p95_ms', 'append p95', ' ms'],
  ['queued', 'queued', ''],
] as const;

/** The last line of the watch. */
export function Ingest(): ReactNode {
  const watch = useLines(WATCH_PATH, 1);
  const line = watch.kind === 'here' ? watch.value.lines.at(-1) : undefined;
  if (line === undefined) return null;
  const fields = new Map([...line.matchAll(/([a-z0-9_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
  return (
    <ul data-file={WATCH_PATH} aria-label="Ingest">
      {SHOWN.map(([field, title, unit]) => (
        <li key={field} data-field={field} title={`${WATCH_PATH}, ${field}`}>
          {title}{' '}
          <strong>
            {fields.get(field) ?? '?'}
            {unit}
          </strong>
        </li>
      ))}
    </ul>
  );
}
