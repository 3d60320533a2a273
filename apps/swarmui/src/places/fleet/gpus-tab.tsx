// GPUs that hosts publish, the models there are, and where the active ones come from. `#/fleet/gpus/<host>/<gpu>` leads to a GPU,
// `#/fleet/gpus/models/<host>/<model>` to a model.

import type { Row } from '@cohesix/client/core';
import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRowsIfAny } from '../../files/use-rows.ts';
import { ActButton, ActField, oneWord } from './act-bar.tsx';
import { Details } from './details.tsx';
import { activateModel, approveModel, rejectModel, rollbackModel, withdrawGpus } from './fleet-acts.ts';
import { Lineage } from './lineage.tsx';
import { ListSection } from './list-section.tsx';

const GPUS = '/proc/gpus';
const MODELS = '/gpu/models/list';
const BACK = hrefOf('fleet', 'gpus');

const nameOf = (row: Row): string => `${row.host}/${row.id}`;

/** The tab. */
export function GpusTab({ rest }: { readonly rest: readonly string[] }): ReactNode {
  const [first, ...others] = rest;
  const model = first === 'models' ? others.join('/') : undefined;
  const gpu = model === undefined && rest.length > 0 ? rest.join('/') : undefined;
  return (
    <>
      {gpu === undefined ? null : <Gpu name={gpu} />}
      {model === undefined ? null : <Model name={model} />}
      <ListSection
        title="GPUs"
        path={GPUS}
        first={['id', 'host', 'name', 'holders', 'mem_mb', 'streams']}
        idOf={nameOf}
        hrefOf={(row) => hrefOf('fleet', 'gpus', String(row.host), String(row.id))}
        chosen={gpu}
        empty={
          <>
            No host publishes GPUs. Those of this machine: <code>coh gpu publish</code>; made-up ones:{' '}
            <code>coh gpu publish --mock --once</code>
          </>
        }
      />
      <Lineage />
      <ListSection
        title="Models"
        path={MODELS}
        first={['id', 'host', 'state', 'base', 'evaluation', 'approval', 'decided_by', 'job', 'by', 'at_ms']}
        without={['entry']}
        idOf={nameOf}
        hrefOf={(row) => hrefOf('fleet', 'gpus', 'models', String(row.host), String(row.id))}
        chosen={model}
        empty={
          <>
            No model is registered. One: <code>coh peft import --model NAME --from DIRECTORY --publish</code>, or{' '}
            <code>coh model register --help</code>
          </>
        }
      />
      <ListSection
        title="Activations"
        path="/gpu/models/history"
        first={['op', 'host', 'id', 'previous', 'at_ms', 'by', 'approved_by']}
        without={['entry']}
        idOf={nameOf}
        empty="No model was activated yet."
      />
    </>
  );
}

function Gpu({ name }: { readonly name: string }): ReactNode {
  const row = useRowsIfAny(GPUS).find((one) => nameOf(one) === name);
  const [host = '', id = ''] = name.split('/');
  return (
    <Details title={`GPU ${name}`} path={GPUS} row={row} back={BACK}>
      {row === undefined ? null : (
        <div className="row fleet-acts">
          <a className="button" href={hrefOf('files', 'gpu', host, id, 'lease')}>
            Its lease
          </a>
          <a className="button" href={hrefOf('files', 'queen', 'ctl')}>
            Spawn a worker with a part of it
          </a>
          <ActButton label={`Withdraw the GPUs of ${host}`} act={withdrawGpus(host)} />
        </div>
      )}
    </Details>
  );
}

function Model({ name }: { readonly name: string }): ReactNode {
  const row = useRowsIfAny(MODELS).find((one) => nameOf(one) === name);
  const [host = '', id = ''] = name.split('/');
  const isActive = row?.state === 'active';
  return (
    <Details title={`Model ${id} on ${host}`} path={MODELS} row={row} back={BACK}>
      {row === undefined ? null : (
        <>
          <div className="row fleet-acts">
            {isActive ? (
              <ActButton label="Roll back" act={rollbackModel(host)} />
            ) : (
              <ActButton label="Activate" act={activateModel(id, host)} />
            )}
            {row.approval === 'pending' ? <ActButton label="Approve" act={approveModel(id, host)} /> : null}
          </div>
          {row.approval !== 'pending' || isActive ? null : (
            <ActField
              label="Reject"
              field="because of"
              initial=""
              actOf={(text) => oneWord(text, (reason) => rejectModel(id, host, reason))}
            />
          )}
        </>
      )}
    </Details>
  );
}
