// One object of the fleet: every field the hive says of it, where else it can be seen, and what can be done to it.

import type { Row } from '@cohesix/client/core';
import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRows } from '../../files/use-rows.ts';
import { useNow } from '../../time/use-now.ts';
import { CellText } from './cell-text.tsx';
import { columnsOf } from './columns.ts';

interface DetailsProps {
  readonly title: string;
  /** The file that says this. */
  readonly path: string;
  /** Undefined: it is not in the list now. */
  readonly row: Row | undefined;
  /** Where the list without details is. */
  readonly back: string;
  readonly children?: ReactNode;
}

/** The panel above the lists. */
export function Details({ title, path, row, back, children }: DetailsProps): ReactNode {
  const now = useNow();
  return (
    <section className="panel stack fleet-details" aria-label={title}>
      <div className="row">
        <h2>{title}</h2>
        <span className="spacer" />
        <a href={back}>Close</a>
      </div>
      {row === undefined ? (
        <Absent path={path} />
      ) : (
        <dl data-file={path}>
          {columnsOf([row]).map((column) => (
            <div key={column.key}>
              <dt>{column.title}</dt>
              <dd data-field={column.key}>
                <CellText column={column} cell={row[column.key]} now={now} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {children}
    </section>
  );
}

/** No row: the list was not read yet, cannot be (the list below says why), or has none for it. */
function Absent({ path }: { readonly path: string }): ReactNode {
  const list = useRows(path);
  if (list.kind === 'waiting') return <p role="status">Reading {path}…</p>;
  if (list.kind === 'refused') return <p className="fleet-soft">Nothing is known of it: {path} cannot be read.</p>;
  return (
    <p className="fleet-soft">
      It is not in {path} now. What became of it is in the history, and in the journal:{' '}
      <a href={hrefOf('audit')}>Audit</a>.
    </p>
  );
}
