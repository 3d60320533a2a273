// coh job: work that the hive starts when its turn has come.

import { Argument, type Command } from 'commander';
import { JOB_CANCEL, JOB_DEQUEUE, JOB_QUEUE } from '../lines/jobs.ts';
import { type Runner, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList, defineShow, type LineCommand } from './lines.ts';

/** Adds it. */
export function defineJobs(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'job',
    summary: 'queue, watch, list and cancel jobs',
    description:
      'A job waits for its turn and for what it needs; then the hive starts a worker for it. Jobs are queued in every state of the lifecycle.',
    examples: [
      ['coh job queue --ticks 10 --budget 1m', 'a heartbeat of ten ticks'],
      ['coh job list', 'what runs, what waits and why'],
    ],
  });
  for (const command of LINES) defineLine(group, run, command);
  defineWatch(group, run);
  defineList(group, run, {
    word: 'list',
    list: 'jobs',
    summary: 'what runs, what waits and why',
    description: 'Lists the jobs that run, then those that wait, in the order of their turns, and why each waits.',
    fields:
      '"id", "state", "seq", "attempt", "worker", "fence", "queued_ms", "started_ms", "ended_ms", "reason", and of those that wait "role", "priority", "ticks", "budget_ms", "waits"',
    examples: [['coh job list', 'a table']],
  });
  defineList(group, run, {
    word: 'history',
    list: 'ended_jobs',
    summary: 'jobs that ended',
    description: 'Lists the jobs that ended, oldest first, and how.',
    fields: '"id", "state", "seq", "attempt", "worker", "fence", "queued_ms", "started_ms", "ended_ms", "reason"',
    examples: [['coh job history', 'a table']],
  });
  defineShow(group, run, {
    word: 'show',
    record: 'job',
    summary: 'show one job',
    description: 'Shows the job of that id that has not ended, else the last one that did.',
    examples: [['coh job show j1', 'all that the hive knows of it']],
  });
}

const LINES: readonly LineCommand[] = [
  {
    word: 'queue',
    form: JOB_QUEUE,
    summary: 'queue a job',
    description: 'Queues a job and prints its id. With a resource it holds a lease of it while it runs.',
    examples: [
      ['coh job queue --ticks 10 --budget 1m', 'a heartbeat of ten ticks'],
      ['coh job queue --ticks 10 --budget 1m --deadline 5m --retries 2', 'not later than in five minutes'],
      ['coh job queue --ticks 10 --budget 1m --resource gpu:GPU-0 --id j1', 'when the GPU is free'],
    ],
  },
  {
    word: 'cancel',
    form: JOB_CANCEL,
    summary: 'end a job',
    description: 'Ends a job; one that runs ends when its worker has.',
    examples: [['coh job cancel j1', 'queued or running']],
  },
  {
    word: 'dequeue',
    form: JOB_DEQUEUE,
    summary: 'take the head of the queue out',
    description: 'Takes the job whose turn it is out of the queue, for a dispatcher outside; no other job (stale).',
    examples: [['coh job dequeue j1', 'somebody else does it']],
  },
];

function defineWatch(group: Command, run: Runner): void {
  withHelp(
    group
      .command('watch')
      .summary('see what becomes of a job')
      .description(
        'Prints a line for each change of a job until it has ended. Exit status 0 when it succeeded, 1 when not.',
      )
      .addArgument(new Argument('<job>', 'id of the job'))
      .action((id: string) => run(async (context) => (await import('../commands/jobs.ts')).watchJob(context, id))),
    {
      notes: ['Ctrl-C ends the watch (status 130), not the job.'],
      examples: [['coh job watch j1', 'until it has ended']],
      json: 'one record of the job, as coh job show has it, for each change',
    },
  );
}
