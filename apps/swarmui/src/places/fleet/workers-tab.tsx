// Workers: one line each of `/proc/fleet`, what can be done to one, and how more are made.

import type { ReactNode } from 'react';
import type { Act } from '../../act/coh-form.ts';
import { hrefOf } from '../../app/router.ts';
import { useRows, useRowsIfAny } from '../../files/use-rows.ts';
import { ActButton, ActField } from './act-bar.tsx';
import { Details } from './details.tsx';
import { kill, LIFECYCLE_WORDS, lifecycle, spawn } from './fleet-acts.ts';
import { ListSection } from './list-section.tsx';

const FLEET = '/proc/fleet';

/** The tab. */
export function WorkersTab({ rest: [id] }: { readonly rest: readonly string[] }): ReactNode {
  return (
    <>
      {id === undefined ? <Hive /> : <Worker id={id} />}
      <ListSection
        title="Workers"
        path={FLEET}
        first={['id', 'kind', 'state', 'ticks', 'ops', 'expires_ms', 'leases', 'gpus', 'job']}
        idOf={(row) => String(row.id)}
        hrefOf={(row) => hrefOf('fleet', 'workers', String(row.id))}
        chosen={id}
        empty={
          <>
            No worker lives. The first one: <code>coh spawn heartbeat ticks=100</code>, or above.
          </>
        }
      />
    </>
  );
}

function Worker({ id }: { readonly id: string }): ReactNode {
  const row = useRowsIfAny(FLEET).find((one) => one.id === id);
  return (
    <Details title={id} path={FLEET} row={row} back={hrefOf('fleet', 'workers')}>
      {row === undefined ? null : (
        <div className="row">
          <a className="button" href={hrefOf('hive', id)}>
            In the live hive
          </a>
          <a className="button" href={hrefOf('files', 'worker', id, 'info')}>
            Its files
          </a>
          <ActButton label="Kill" act={kill(id)} />
        </div>
      )}
    </Details>
  );
}

/** What is done to the hive as a whole; nothing for a ticket that may not even see it. */
function Hive(): ReactNode {
  if (useRows(FLEET).kind !== 'here') return null;
  return (
    <div className="row fleet-acts">
      <ActField label="Review" field="Spawn" initial="heartbeat ticks=100" form="code" actOf={actOfWords} />
      <a className="button" href={hrefOf('files', 'queen', 'ctl')}>
        All kinds, and budgets
      </a>
      <span className="spacer" />
      {(['cordon', 'drain', 'resume'] as const).map((word) => (
        <span key={word} title={LIFECYCLE_WORDS[word]}>
          <ActButton label={`${word[0]?.toUpperCase()}${word.slice(1)}`} act={lifecycle(word)} />
        </span>
      ))}
    </div>
  );
}

/** A worker in the words of the shell; the hive says what is wrong with them. */
function actOfWords(words: string): Act | string {
  const act = spawn(words);
  return act.ok ? act.value : act.refusal.detail;
}
