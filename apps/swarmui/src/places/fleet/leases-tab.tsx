// Leases: what is shared and how full it is, who holds and who waits, and how that went in time.

import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRowsIfAny } from '../../files/use-rows.ts';
import { ActButton, ActField, oneWord, seconds } from './act-bar.tsx';
import { Details } from './details.tsx';
import { preempt, release, renew } from './fleet-acts.ts';
import { ListSection } from './list-section.tsx';
import { LeaseTimeline } from './timeline.tsx';

const ACTIVE = '/proc/lease/active';
const WAITING = '/proc/lease/waiting';
const HISTORY = '/proc/lease/history';

const idOf = (row: { readonly id?: unknown }): string => String(row.id);
const hrefOfLease = (row: { readonly id?: unknown }): string => hrefOf('fleet', 'leases', idOf(row));

/** The tab. */
export function LeasesTab({ rest: [id] }: { readonly rest: readonly string[] }): ReactNode {
  return (
    <>
      {id === undefined ? <Links /> : <Lease id={id} />}
      <ListSection
        title="Held now"
        path={ACTIVE}
        first={['id', 'subject', 'resource', 'expires_ms', 'priority', 'mem_mb', 'streams', 'fence']}
        without={['state']}
        idOf={idOf}
        hrefOf={hrefOfLease}
        chosen={id}
        empty={
          <>
            Nobody holds anything. The first lease: <code>coh lease grant gpu:GPU-0 --subject alice --ttl 10m</code>
          </>
        }
      />
      <ListSection
        title="Waiting"
        path={WAITING}
        first={['id', 'subject', 'resource']}
        idOf={idOf}
        hrefOf={hrefOfLease}
        chosen={id}
        empty="Nobody waits."
      />
      <LeaseTimeline />
      <ListSection
        title="Resources"
        path="/proc/lease/resources"
        first={['resource', 'holders']}
        idOf={(row) => String(row.resource)}
        empty="Nothing is shared yet: resources are [[leases.resources]] of hive.toml, and GPUs that a bridge publishes (coh gpu publish)."
      />
      <ListSection
        title="Preemptions"
        path="/proc/lease/preemptions"
        first={['id', 'subject', 'resource']}
        idOf={idOf}
        hrefOf={hrefOfLease}
        empty="No lease was taken away."
      />
      <ListSection
        title="Quotas"
        path="/proc/lease/quotas"
        first={['subject', 'resource']}
        idOf={(row) => `${row.subject} ${row.resource}`}
        empty={
          <>
            Nobody is limited. A limit: <code>coh lease quota alice 'gpu:*' --max-active 2 --max-preemptions 4</code>
          </>
        }
      />
    </>
  );
}

function Links(): ReactNode {
  return (
    <div className="row fleet-acts">
      <a className="button" href={hrefOf('files', 'queen', 'lease', 'ctl')}>
        Grant a lease, set a quota
      </a>
    </div>
  );
}

/** One lease: as it is held, as it waits, or as it was. */
function Lease({ id }: { readonly id: string }): ReactNode {
  const held = useRowsIfAny(ACTIVE).find((row) => row.id === id);
  const waiting = useRowsIfAny(WAITING).find((row) => row.id === id);
  const ended = useRowsIfAny(HISTORY).findLast((row) => row.id === id);
  const path = held === undefined ? (waiting === undefined ? HISTORY : WAITING) : ACTIVE;
  return (
    <Details title={`Lease ${id}`} path={path} row={held ?? waiting ?? ended} back={hrefOf('fleet', 'leases')}>
      {held === undefined && waiting === undefined ? null : (
        <div className="row fleet-acts">
          <ActButton label={held === undefined ? 'Withdraw the request' : 'Release'} act={release(id)} />
        </div>
      )}
      {held === undefined ? null : (
        <div className="row fleet-acts">
          <ActField
            label="Renew"
            field="for, seconds"
            initial={String(held.ttl_s ?? 600)}
            form="number"
            actOf={(text) => seconds(text, (ttl) => renew(id, ttl))}
          />
          <ActField
            label="Preempt"
            field="because of"
            initial="maintenance"
            actOf={(text) => oneWord(text, (reason) => preempt(id, reason))}
          />
        </div>
      )}
    </Details>
  );
}
