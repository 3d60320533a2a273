// coh gpu and coh run: what hosts publish, who holds which part of it, and commands under a lease.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { fromWord } from '../lines/form.ts';
import { GPU_WITHDRAW } from '../lines/gpus.ts';
import { count, type Runner, waitOption, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList } from './lines.ts';

const AMOUNT = { least: 0, most: 4_294_967_295, what: 'MiB' };
const STREAMS = { least: 1, most: 255, what: 'streams' };
const RECEIPT = 'write what was asked, what the hive gave back, and the leases then, as JSON';
const FENCE = { least: 1, most: 999_999_999_999, what: 'as a fence' };
const PRIORITY = { least: 0, most: 255, what: 'as a priority' };

/** Seconds of `90s`, `15m`, `8h`. */
function durationSeconds(text: string): number {
  return Number(fromWord('seconds', text));
}

/** Adds `coh gpu` and `coh run`. */
export function defineGpus(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'gpu',
    summary: 'GPUs of hosts, leases on them, and a made-up publisher',
    description:
      'Hosts publish their GPUs as files below /gpu. A worker gets a part of one as a lease: memory, streams, a time and a fence.',
    examples: [
      ['coh gpu publish --mock --once', 'two GPUs that do not exist, to look around'],
      ['coh gpu list', 'what there is, and what is held of it'],
      ['coh gpu lease GPU-0 --mem-mb 4096 --streams 2 --ttl 10m', 'a worker with a part of one'],
    ],
  });
  defineList(group, run, {
    word: 'list',
    list: 'gpus',
    summary: 'the GPUs, and what is held of each',
    description: 'Lists the GPUs that hosts publish, and how much of each is held.',
    fields:
      '"host", "id", "name", "memory_mb", "sm_count", "driver", "runtime", "holders", "mem_mb": "held/all", "streams": "held/all"',
    examples: [['coh gpu list', 'what is free']],
  });
  defineStatus(group, run);
  defineLease(group, run);
  defineRelease(group, run);
  defineJob(group, run);
  definePublish(group, run);
  defineLine(group, run, {
    word: 'withdraw',
    form: GPU_WITHDRAW,
    summary: 'take a host away from its publisher',
    description: 'The host publishes nothing any more: its leases end, and anybody may publish under its name.',
    examples: [['coh gpu withdraw local', 'after its publisher went away for good']],
  });
  defineRun(program, run);
}

function defineStatus(group: Command, run: Runner): void {
  withHelp(
    group
      .command('status')
      .summary('one GPU: leases, jobs, and what happened')
      .description(
        'Shows what a GPU is, who holds which part of it, which jobs have not ended, and its last status lines.',
      )
      .argument('<gpu>', 'its id while one host publishes, else HOST/ID')
      .action((gpu: string) => run(async (context) => (await import('../commands/gpus.ts')).gpuStatus(context, gpu))),
    {
      examples: [
        ['coh gpu status GPU-0', 'of the only host'],
        ['coh gpu status lab-1/GPU-0', 'of one of several'],
      ],
      json: '{"info": {...}, "leases": [{...}], "jobs": [{...}], "status": [text]}',
    },
  );
}

function defineLease(group: Command, run: Runner): void {
  withHelp(
    group
      .command('lease')
      .summary('start a worker with a part of a GPU')
      .description('Starts a worker of kind gpu with a lease, and prints both. The worker ends with its lease.')
      .argument('<gpu>', 'its id while one host publishes, else HOST/ID')
      .requiredOption('--mem-mb <number>', 'MiB of its memory', (text) => count(text, AMOUNT))
      .requiredOption('--streams <number>', 'streams of it', (text) => count(text, STREAMS))
      .requiredOption('--ttl <duration>', 'how long it holds: 90s, 15m, 8h', durationSeconds)
      .option('--priority <number>', 'more is more important', (text) => count(text, PRIORITY))
      .option('--budget-ttl <duration>', 'time of the worker; default: that of the lease', durationSeconds)
      .option('--budget-ops <number>', 'operations of the worker; default: 8 a stream', (text) =>
        count(text, { ...AMOUNT, what: 'operations' }),
      )
      .option('--receipt-out <file>', RECEIPT)
      .addOption(waitOption())
      .action((gpu: string, options: import('../commands/gpus.ts').LeaseOptions) =>
        run(async (context) => (await import('../commands/gpus.ts')).gpuLease(context, gpu, options)),
      ),
    {
      examples: [
        ['coh gpu lease GPU-0 --mem-mb 4096 --streams 2 --ttl 10m', 'a part, for ten minutes'],
        ['coh gpu lease GPU-0 --mem-mb 4096 --streams 2 --ttl 10m --wait 300', 'ask for the approval first'],
      ],
      json: '{"worker": text, "lease": text, "fence": number, "expires_ms": number, "entry": number, "line": text}',
    },
  );
}

function defineRelease(group: Command, run: Runner): void {
  withHelp(
    group
      .command('release')
      .summary('give the part of a worker back')
      .description('Ends what a worker holds of a GPU. A worker that was started for it ends with it.')
      .argument('<gpu>', 'its id while one host publishes, else HOST/ID')
      .argument('<worker>', 'id, as in /worker')
      .option('--reason <word>', 'one word, kept with it', 'released')
      .addOption(waitOption())
      .action((gpu: string, worker: string, options: import('../commands/gpus.ts').ReleaseOptions) =>
        run(async (context) => (await import('../commands/gpus.ts')).gpuRelease(context, { gpu, worker }, options)),
      ),
    {
      examples: [['coh gpu release GPU-0 worker-2', 'whoever waits gets it']],
      json: '{"gpu": text, "worker": text, "entry": number or null, "line": text}',
    },
  );
}

const SIZE = { least: 1, most: 4_294_967_295, what: 'threads' };

/** Three whole numbers: `16,16,1`. @throws InvalidArgumentError. */
function sizes(text: string): readonly number[] {
  const parts = text.split(',').map((part) => count(part, SIZE));
  if (parts.length === 3) return parts;
  throw new InvalidArgumentError('It takes three numbers: 16,16,1.');
}

function defineJob(group: Command, run: Runner): void {
  withHelp(
    group
      .command('job')
      .summary('queue a kernel for a GPU, under a lease')
      .description('Queues a job with an inline payload. It runs when the bridge of the host takes it up, not before.')
      .argument('<gpu>', 'its id while one host publishes, else HOST/ID')
      .addOption(new Option('--kernel <name>', 'what is run').choices(['vadd', 'matmul']).makeOptionMandatory())
      .requiredOption('--payload <file>', 'the bytes for it, at most 5000')
      .option('--id <name>', 'name of the job on this GPU; default: a new one')
      .option('--grid <x,y,z>', 'blocks', sizes, [1, 1, 1])
      .option('--block <x,y,z>', 'threads of a block', sizes, [256, 1, 1])
      .option('--timeout <duration>', 'how long it may run', (text) => 1000 * durationSeconds(text), 60_000)
      .option('--worker <worker>', 'whose lease; needed when several hold the GPU')
      .option('--fence <number>', 'only if the lease has this fence', (text) => count(text, FENCE))
      .option('--follow', 'stay until it has ended; status 1 when that is not OK')
      .addOption(waitOption())
      .action((gpu: string, options: import('../commands/gpu-job.ts').JobOptions) =>
        run(async (context) => (await import('../commands/gpu-job.ts')).gpuJob(context, gpu, options)),
      ),
    {
      examples: [
        ['coh gpu job GPU-0 --kernel vadd --payload floats.bin', 'QUEUED, until a bridge runs it'],
        ['coh gpu job GPU-0 --kernel matmul --payload floats.bin --follow', 'and how it ended'],
      ],
      json: '{"gpu", "job", "state", "detail", "worker", "fence", "line"}',
    },
  );
}

function definePublish(group: Command, run: Runner): void {
  withHelp(
    group
      .command('publish')
      .summary('publish GPUs that do not exist')
      .description('Publishes two made-up GPUs under the name of a host, once or until Ctrl-C.')
      .requiredOption('--mock', 'that they are made up: bridges to real ones come later')
      .option('--host <name>', 'name of the host', 'local')
      .option('--once', 'say it once, and end')
      .option(
        '--every <duration>',
        'say it again so often; three times as long without it the hive takes them as lost',
        durationSeconds,
        10,
      )
      .option('--run-jobs', 'carry out jobs, on the CPU')
      .action((options: import('../commands/gpu-publish.ts').PublishOptions) =>
        run(async (context) => (await import('../commands/gpu-publish.ts')).publishGpus(context, options)),
      ),
    {
      notes: [
        'A job of a mock is run for real, on the CPU, and its outcome says so. Without --run-jobs jobs stay QUEUED.',
      ],
      examples: [
        ['coh gpu publish --mock --once', 'until they are withdrawn'],
        ['coh gpu publish --mock --run-jobs', 'until Ctrl-C; what is queued is run'],
      ],
      json: '{"host": text, "gpus": number, "jobs": number}',
    },
  );
}

function defineRun(program: Command, run: Runner): void {
  withHelp(
    program
      .command('run')
      .summary('run a command of this machine under a lease of a GPU')
      .description(
        'Runs a command while a lease holds: START and EXIT are told in the status of the GPU, and the command is stopped when the lease ends.',
      )
      .requiredOption('--gpu <gpu>', 'its id while one host publishes, else HOST/ID')
      .option('--worker <worker>', 'whose lease; default: your own, or the one granted with this ticket')
      .option('--fence <number>', 'only if the lease has this fence', (text) => count(text, FENCE))
      .option('--receipt-out <file>', RECEIPT)
      .argument('<command...>', 'the command and its arguments, after --')
      .action((words: readonly string[], options: import('../commands/gpu-run.ts').RunOptions) =>
        run(async (context) => (await import('../commands/gpu-run.ts')).runUnderLease(context, words, options)),
      ),
    {
      notes: [
        'The exit status is that of the command, 128 and the number of the signal that ended it, or 5 when the lease ended first. The command finds COH_GPU, COH_GPU_WORKER, COH_GPU_FENCE and COH_GPU_MEM_MB in its environment.',
      ],
      examples: [
        ['coh run --gpu GPU-0 -- python3 train.py', 'under the lease that was granted with this ticket'],
        ['coh run --gpu GPU-0 --worker worker-2 --fence 7 -- nvidia-smi', 'under exactly this one'],
      ],
      json: '{"gpu", "worker", "fence", "status": "OK" or "ERR", "exit_code": number}; what the command writes goes to stderr then',
    },
  );
}
