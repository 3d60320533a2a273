// Schedule: what waits in its order, what runs, and what became of the jobs.

import type { Row } from '@cohesix/client/core';
import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useRowsIfAny } from '../../files/use-rows.ts';
import { ActButton } from './act-bar.tsx';
import { Details } from './details.tsx';
import { cancelJob, dequeueJob } from './fleet-acts.ts';
import { ListSection } from './list-section.tsx';

const QUEUE = '/proc/schedule/queue';
const JOBS = '/proc/schedule/jobs';

const idOf = (row: Row): string => String(row.id);
const hrefOfJob = (row: Row): string => hrefOf('fleet', 'schedule', idOf(row));

/** States in which a job can still be ended. */
const OPEN: ReadonlySet<string> = new Set(['queued', 'running', 'starting']);

/** The tab. */
export function ScheduleTab({ rest: [id] }: { readonly rest: readonly string[] }): ReactNode {
  return (
    <>
      {id === undefined ? (
        <div className="row fleet-acts">
          <a className="button" href={hrefOf('files', 'queen', 'schedule', 'ctl')}>
            Queue a job
          </a>
        </div>
      ) : (
        <Job id={id} />
      )}
      <ListSection
        title="Waiting, in order"
        path={QUEUE}
        first={['id', 'role', 'priority', 'state', 'reason', 'attempt', 'ticks', 'budget_ms', 'resource']}
        idOf={idOf}
        hrefOf={hrefOfJob}
        chosen={id}
        empty={
          <>
            Nothing waits. A job: <code>coh job queue --ticks 10 --budget 1m</code>
          </>
        }
      />
      <ListSection
        title="Jobs"
        path={JOBS}
        first={[
          'id',
          'state',
          'reason',
          'worker',
          'role',
          'priority',
          'queued_ms',
          'started_ms',
          'ended_ms',
          'attempt',
        ]}
        idOf={idOf}
        hrefOf={hrefOfJob}
        chosen={id}
        empty="No job was queued yet."
      />
    </>
  );
}

function Job({ id }: { readonly id: string }): ReactNode {
  const queue = useRowsIfAny(QUEUE);
  const job = useRowsIfAny(JOBS).findLast((row) => row.id === id);
  const queued = queue.find((row) => row.id === id);
  const worker = typeof job?.worker === 'string' ? job.worker : undefined;
  return (
    <Details
      title={`Job ${id}`}
      path={job === undefined ? QUEUE : JOBS}
      row={job ?? queued}
      back={hrefOf('fleet', 'schedule')}
    >
      <div className="row fleet-acts">
        {OPEN.has(String(job?.state ?? queued?.state)) ? <ActButton label="Cancel" act={cancelJob(id)} /> : null}
        {queue[0]?.id === id ? <ActButton label="Dequeue" act={dequeueJob(id)} /> : null}
        {worker === undefined ? null : (
          <a className="button" href={hrefOf('fleet', 'workers', worker)}>
            {worker}
          </a>
        )}
      </div>
    </Details>
  );
}
