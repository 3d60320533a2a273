// coh peft: the way from telemetry to an adapter, and back into the hive.

import type { Command } from 'commander';
import type { RegistryOptions } from '../commands/peft.ts';
import type { CollectOptions } from '../commands/peft-collect.ts';
import type { ImportOptions } from '../commands/peft-import.ts';
import type { ExportOptions, PublishOptions } from '../commands/peft-jobs.ts';
import { LORA_REMOVE } from '../lines/models.ts';
import { count, type Runner, waitOption, withHelp } from './define.ts';
import { defineGroup, defineLine, defineList } from './lines.ts';

const REGISTRY = 'out/model_registry';
const JOBS_OUT = 'out/lora_jobs';

/** Adds `coh peft`. */
export function definePeft(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'peft',
    summary: 'LoRA jobs out of the hive, adapters into it',
    description:
      'From telemetry to an adapter and back: export a job while a window is open, train elsewhere, import the adapter, activate it, go back.',
    examples: [
      ['coh peft export job_8932', 'fetch what a training run needs'],
      ['coh peft import --model llama3-edge-v7 --from out/adapter --job job_8932 --publish', 'bring its result in'],
      ['coh peft activate --model llama3-edge-v7', 'load it'],
    ],
  });
  defineCollect(group, run);
  definePublish(group, run);
  defineExport(group, run);
  defineImport(group, run);
  defineActivate(group, run);
  defineRollback(group, run);
  defineRegistryList(group, run);
  defineList(group, run, {
    word: 'jobs',
    list: 'lora_jobs',
    summary: 'LoRA jobs that are published',
    description: 'Lists the LoRA jobs that are published, with what their files are.',
    fields: '"id", "base", "telemetry_sha256", "telemetry_bytes", …, "by", "at_ms", "entry"',
    examples: [['coh peft jobs', 'a table']],
  });
  defineLine(group, run, {
    word: 'remove',
    form: LORA_REMOVE,
    summary: 'remove a published job',
    description: 'Removes a LoRA job and its files from the hive.',
    examples: [['coh peft remove job_8932', 'it was exported']],
  });
}

function defineCollect(group: Command, run: Runner): void {
  const made = group
    .command('collect')
    .summary('make the telemetry of a job out of streams')
    .description(
      'Takes the gpu-telemetry/v1 records out of worker telemetry or segments, the newest that fit, and writes them as a CBOR sequence.',
    )
    .argument('<path...>', 'streams of the hive')
    .option('--out <file>', 'where to', 'telemetry.cbor')
    .option('--model <id>', 'only of this model')
    .option('--lora <id>', 'only of this adapter')
    .action((paths: readonly string[], options: CollectOptions) =>
      run(async (context) => (await import('../commands/peft-collect.ts')).collect(context, paths, options)),
    );
  withHelp(made, {
    examples: [['coh peft collect /worker/worker-3/telemetry --model llama3-edge-v7', 'what it told of that model']],
    json: '{"out", "records", "bytes", "left_out", "not_taken"}',
  });
}

function definePublish(group: Command, run: Runner): void {
  const made = group
    .command('publish')
    .summary('publish a LoRA job for export')
    .description('Writes the files of a LoRA job into the hive and publishes them: all of them or none.')
    .argument('<lora-job>', 'name of the job')
    .requiredOption('--base <model>', 'the base model')
    .requiredOption('--telemetry <file>', 'telemetry.cbor, at most 131072 bytes')
    .requiredOption('--policy <file>', 'policy.toml, at most 8192 bytes')
    .addOption(waitOption())
    .action((job: string, options: PublishOptions) =>
      run(async (context) => (await import('../commands/peft-jobs.ts')).publish(context, job, options)),
    );
  withHelp(made, {
    examples: [
      [
        'coh peft publish job_8932 --base llama3-8b --telemetry telemetry.cbor --policy policy.toml',
        'for a host publisher',
      ],
    ],
    json: '{"job", "base", "files": [{"file", "bytes", "sha256"}]}',
  });
}

function defineExport(group: Command, run: Runner): void {
  const made = group
    .command('export')
    .summary('fetch a LoRA job while a window is open')
    .description(
      'Fetches the files of a LoRA job into a folder of its name. What is here already is not fetched again, and what was cut off goes on.',
    )
    .argument('[lora-job]', 'name of the job')
    .option('--job <name>', 'the same as an option')
    .option('--out <folder>', 'where to', JOBS_OUT)
    .action((named: string | undefined, { job = named, ...options }: ExportOptions & { job?: string }) =>
      run(async (context) => {
        if (job === undefined) return group.error("error: missing required argument 'lora-job'");
        return (await import('../commands/peft-jobs.ts')).exportJob(context, job, options);
      }),
    );
  withHelp(made, {
    examples: [
      ['coh window open job_8932 --ttl 10m', 'nothing leaves the hive outside a window'],
      ['coh peft export job_8932', 'into out/lora_jobs/job_8932'],
    ],
    json: '{"job", "base", "out", "files": [{"file", "bytes", "sha256", "fetched"}]}',
  });
}

function withRegistry(command: Command): Command {
  return command
    .option('--registry <folder>', 'the registry of models of this host', REGISTRY)
    .option('--host <name>', 'host in the hive; default: the only one that has models');
}

function defineImport(group: Command, run: Runner): void {
  const made = withRegistry(group.command('import'))
    .summary('check an adapter and put it into the registry')
    .description(
      'Checks an adapter (safetensors, no pickle, no NaN, of the base of its job) and puts it into the registry of this host, with the hashes of all it was made from.',
    )
    .requiredOption('--model <id>', 'what it is to be called')
    .requiredOption('--from <folder>', 'adapter.safetensors, lora.json and metrics.json')
    .requiredOption('--job <name>', 'the LoRA job it was trained from')
    .option('--export <folder>', 'where the job was exported to', JOBS_OUT)
    .option('--evaluation <text>', 'what its evaluation said; default: the numbers in metrics.json')
    .option('--publish', 'register it in the hive, too')
    .option('--refresh-gpu-models', 'the same')
    .addOption(waitOption())
    .action((options: ImportOptions & { readonly refreshGpuModels?: boolean }) =>
      run(async (context) => {
        const publish = options.publish === true || options.refreshGpuModels === true;
        return (await import('../commands/peft-import.ts')).importModel(context, { ...options, publish });
      }),
    );
  withHelp(made, {
    examples: [
      ['coh peft import --model llama3-edge-v7 --from out/adapter --job job_8932', 'into out/model_registry'],
      ['coh peft import --model llama3-edge-v7 --from out/adapter --job job_8932 --publish', 'and into the hive'],
    ],
    json: '{"model", "base", "manifest", "sha256", "bytes", "tensors", "published"}',
  });
}

function defineActivate(group: Command, run: Runner): void {
  const made = withRegistry(group.command('activate'))
    .summary('make a model of the registry the active one')
    .description(
      'Makes a model the active one, in the hive and in active_state.toml of the registry; its files are looked at first.',
    )
    .requiredOption('--model <id>', 'which')
    .addOption(waitOption())
    .action(({ model, ...options }: RegistryOptions & { readonly model: string }) =>
      run(async (context) => (await import('../commands/peft.ts')).activate(context, model, options)),
    );
  withHelp(made, {
    examples: [['coh peft activate --model llama3-edge-v7', 'load it']],
    json: '{"current", "previous", "entry"}',
  });
}

function defineRollback(group: Command, run: Runner): void {
  const made = withRegistry(group.command('rollback'))
    .summary('go back to what was active before')
    .description('Goes back to the model that was active before, in the hive and in active_state.toml of the registry.')
    .option('--steps <number>', 'how far back; default: 1', (text) =>
      count(text, { least: 1, most: 1024, what: 'steps' }),
    )
    .addOption(waitOption())
    .action((options: RegistryOptions & { readonly steps?: number }) =>
      run(async (context) => (await import('../commands/peft.ts')).rollback(context, options)),
    );
  withHelp(made, {
    examples: [['coh peft rollback', 'one step']],
    json: '{"current", "previous", "entry"}',
  });
}

function defineRegistryList(group: Command, run: Runner): void {
  const made = withRegistry(group.command('list'))
    .summary('what is in the registry of this host')
    .description('Lists the models in the registry of this host, and whether their files are what their manifests say.')
    .action((options: RegistryOptions) =>
      run(async (context) => (await import('../commands/peft.ts')).list(context, options)),
    );
  withHelp(made, {
    examples: [['coh peft list', 'which there are; * is active']],
    json: '{"models": [{"model", "base", "job", "sha256", "bytes", "active", "problem"}]}',
  });
}
