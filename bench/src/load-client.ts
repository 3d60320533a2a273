// The load client process: measures one job after the other for its parent, so that no CPU time of the parent or of
// the report is in a figure. Messages in: Job. Messages out: {ok: true, value} or {ok: false, error}.

import { type Job, type Measurement, measure } from './load.ts';

/** What comes back for a job. */
export type JobReply =
  | { readonly ok: true; readonly value: Measurement }
  | { readonly ok: false; readonly error: string };

process.on('message', (job: Job) => {
  measure(job).then(
    (value) => reply({ ok: true, value }),
    (error: unknown) => reply({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

function reply(message: JobReply): void {
  process.send?.(message);
}
