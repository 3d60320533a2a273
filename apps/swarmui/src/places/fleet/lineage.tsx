// Where the active models come from: base, training, adapter, its evaluation, who vouched, and what was active before.

import type { Cell, Row } from '@cohesix/client/core';
import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRowsIfAny } from '../../files/use-rows.ts';
import { momentText, relativeText } from '../../time/moment.ts';
import { useNow } from '../../time/use-now.ts';

const PATH = '/gpu/models/lineage';

/** The active model of each host. */
export function Lineage(): ReactNode {
  const rows = useRowsIfAny(PATH);
  if (rows.length === 0) return null;
  return (
    <section className="stack fleet-list" aria-label="Where the active models come from">
      <h2>Active models, and where they come from</h2>
      {rows.map((row) => (
        <Chain key={String(row.host)} row={row} />
      ))}
    </section>
  );
}

function Chain({ row }: { readonly row: Row }): ReactNode {
  const { id, host, base, job, evaluation, by, approved_by, previous, loaded, at_ms } = row;
  const now = useNow();
  const when = typeof at_ms !== 'number' ? '' : now === undefined ? momentText(at_ms) : relativeText(at_ms, now);
  return (
    <ol className="fleet-chain" data-file={PATH} aria-label={`The active model of ${host}`}>
      <Step title="base" value={base} />
      <Step title="trained in" value={job} />
      <Step title="adapter" value={id} href={hrefOf('fleet', 'gpus', 'models', String(host), String(id))} />
      <Step title="evaluation" value={evaluation} />
      <Step title="approved by" value={approved_by} />
      <Step title={`active on ${host}`} value={`${when}${typeof by === 'string' ? `, by ${by}` : ''}`} />
      <Step title="loaded by the bridge" value={loaded} />
      <Step title="replaced" value={previous} />
    </ol>
  );
}

function Step({
  title,
  value,
  href,
}: {
  readonly title: string;
  readonly value: Cell | undefined;
  readonly href?: string;
}): ReactNode {
  if (value === undefined || value === null || value === '') return null;
  return (
    <li>
      <span className="fleet-soft fleet-step">{title}</span>
      {href === undefined ? <strong>{String(value)}</strong> : <a href={href}>{String(value)}</a>}
    </li>
  );
}
