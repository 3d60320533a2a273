// What was decided lately: lines of `/audit/decisions`, newest first.

import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useLines } from '../../files/use-lines.ts';
import { Moment } from '../../time/moment-view.tsx';
import { type DecidedLine, decidedOf } from './decisions.ts';

const SHOWN_MAX = 50;

/** Decisions and uses of approvals. */
export function Decided(): ReactNode {
  const stream = useLines('/audit/decisions', 1000);
  if (stream.kind === 'refused')
    return (
      <section>
        <h2>Decided</h2>
        <p>
          /audit/decisions cannot be read with this ticket: {stream.refusal.detail} ({stream.refusal.code})
        </p>
      </section>
    );
  const decided = stream.kind === 'here' ? decidedOf(stream.value.lines).slice(0, SHOWN_MAX) : [];
  return (
    <section className="stack">
      <h2>Decided lately</h2>
      {decided.length === 0 ? (
        <p>Nothing was decided yet, as far as /audit/decisions goes back.</p>
      ) : (
        <Table decided={decided} />
      )}
    </section>
  );
}

function Table({ decided }: { readonly decided: readonly DecidedLine[] }): ReactNode {
  return (
    <div className="approvals-scroll">
      <table data-file="/audit/decisions">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Request</th>
            <th scope="col">File</th>
          </tr>
        </thead>
        <tbody>
          {decided.map(({ seq, at, subject, verb, id, target }) => (
            <tr key={`${seq} ${id}`}>
              <td>
                <a href={hrefOf('audit', String(seq))} title={`Line ${seq} of the journal`}>
                  <Moment atMs={at} />
                </a>
              </td>
              <td>{subject}</td>
              <td data-tone={verb === 'denied' ? 'error' : undefined}>{verb}</td>
              <td>
                <a href={hrefOf('approvals', id)}>{id}</a>
              </td>
              <td>
                <code>{target}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
