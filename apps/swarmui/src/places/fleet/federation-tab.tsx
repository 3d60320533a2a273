// Hosts that publish themselves, and the orders that wait for them or that they carried out: what there is of a federation.

import type { Row } from '@cohesix/client/core';
import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRowsIfAny } from '../../files/use-rows.ts';
import { Details } from './details.tsx';
import { ListSection } from './list-section.tsx';

const HOSTS = '/proc/hosts/list';

/** The tab. */
export function FederationTab({ rest: [host] }: { readonly rest: readonly string[] }): ReactNode {
  return (
    <>
      {host === undefined ? null : <Host host={host} />}
      <ListSection
        title="Hosts"
        path={HOSTS}
        first={['host', 'publisher', 'since_ms', 'units', 'nodes', 'gpus', 'interfaces', 'fence']}
        idOf={(row) => String(row.host)}
        hrefOf={(row) => hrefOf('fleet', 'hosts', String(row.host))}
        chosen={host}
        empty={
          <>
            No host is known. This one: <code>coh host publish</code>
          </>
        }
      />
      <ListSection
        title="Orders"
        path="/proc/hosts/orders"
        first={['id', 'host', 'control', 'member', 'value', 'state', 'at_ms', 'by', 'message']}
        idOf={(row: Row) => String(row.id)}
        empty={
          <>
            No order was given. One: a line of <a href={hrefOf('files', 'host')}>/host</a>, as in{' '}
            <code>coh host --help</code>
          </>
        }
      />
    </>
  );
}

function Host({ host }: { readonly host: string }): ReactNode {
  const row = useRowsIfAny(HOSTS).find((one) => one.host === host);
  return (
    <Details title={`Host ${host}`} path={HOSTS} row={row} back={hrefOf('fleet', 'hosts')}>
      <div className="row fleet-acts">
        <a className="button" href={hrefOf('files', 'host', host)}>
          Its files, and what it can be told
        </a>
      </div>
    </Details>
  );
}
