// coh peft import: checks what a training run left and puts it into the registry of this host; with `--publish` the hive knows it, too.
// The files lie ready beside their place before the hive is asked, and are renamed when it has said yes; or go.

import { resolve } from 'node:path';
import type { ControlLine, HiveClient } from '@cohesix/client';
import { ok, type Result, refuse } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { controlOf, type Values } from '../lines/form.ts';
import { MODEL_FORGET, MODEL_REGISTER } from '../lines/models.ts';
import { type Adapter, type Content, readAdapter, sha256Of } from '../peft/adapter.ts';
import type { Staged } from '../peft/registry.ts';
import { shellWord } from '../places.ts';
import { DONE, withHive } from '../session.ts';
import { rowsOf } from './lists.ts';
import { LIST, type RegistryOptions, registryAt } from './peft.ts';

/** What `coh peft import` is told. */
export interface ImportOptions extends RegistryOptions {
  readonly model: string;
  readonly from: string;
  readonly job: string;
  readonly export: string;
  readonly evaluation?: string;
  readonly publish?: boolean;
}

/** A model that was checked and lies ready. */
interface Prepared {
  readonly adapter: Adapter;
  readonly manifest: string;
  readonly values: Values;
  readonly staged: Staged;
}

/** `coh peft import`. JSON: `{model, base, manifest, sha256, bytes, tensors, published}`. */
export async function importModel(context: Context, options: ImportOptions): Promise<number> {
  const prepared = await prepare(context, options);
  if (!prepared.ok)
    return fail(context, { ...failureOf(`cannot import ${options.model}`, prepared.refusal), advice: IMPORT_ADVICE });
  const { staged } = prepared.value;
  let isDone = false;
  try {
    const status = await (options.publish === true
      ? withHive(context, (client) => published(context, client, { options, prepared: prepared.value }))
      : committed(context, { options, prepared: prepared.value }));
    isDone = status === DONE;
    return status;
  } finally {
    // Whatever ended it, of what is not in the registry nothing stays.
    if (!isDone) staged.discard();
  }
}

const IMPORT_ADVICE = [
  'The adapter is in --from: adapter.safetensors, lora.json, metrics.json if there is one.',
  `The job is in --export, as ${COMMAND} peft export wrote it.`,
  LIST,
];

/** Forms of what the hive would take (contracts-1, 5.7); the job names a folder, too. */
const FORMS = {
  model: /^(?!\.\.?$)[A-Za-z0-9._-]{1,128}$/,
  job: /^[A-Za-z0-9_-]{1,64}$/,
  evaluation: /^[A-Za-z0-9._:=,+-]{1,128}$/,
} as const;

async function prepare(context: Context, options: ImportOptions): Promise<Result<Prepared>> {
  for (const [name, form] of Object.entries(FORMS)) {
    const given = options[name as keyof typeof FORMS];
    if (given !== undefined && !form.test(given))
      return refuse('invalid-payload', `--${name} takes what fits ${form.source}.`);
  }
  const { cwd } = context.io;
  const exported = resolve(cwd, options.export, options.job);
  const adapter = readAdapter({ from: resolve(cwd, options.from), exported });
  if (!adapter.ok) return adapter;
  const { modelManifestText } = await import('@cohesix/authority');
  const { described, values } = describe(options, adapter.value);
  const manifest = modelManifestText(described);
  const files = [...filesOf(adapter.value), { name: 'manifest.toml', bytes: Buffer.from(manifest) }];
  const staged = registryAt(context, options).stage(options.model, files);
  return staged.ok ? ok({ adapter: adapter.value, manifest, values, staged: staged.value }) : staged;
}

interface Import {
  readonly options: ImportOptions;
  readonly prepared: Prepared;
}

/** Registers it in the hive, then puts it in place. */
async function published(context: Context, client: HiveClient, { options, prepared }: Import): Promise<number> {
  const control = controlOf(MODEL_REGISTER, prepared.values);
  const sent = await submit(context, client, control, options.wait);
  if (!sent.ok && !(sent.refusal.code === 'exists' && (await hasSame(client, prepared)))) {
    const advice = MODEL_REGISTER.advice[sent.refusal.code] ?? [];
    return failLine(context, client, {
      what: `cannot import ${options.model}`,
      refusal: sent.refusal,
      control,
      advice,
    });
  }
  const status = await committed(context, { options, prepared });
  if (status !== DONE && sent.ok) await takeBack(client, controlOf(MODEL_FORGET, prepared.values));
  return status;
}

async function takeBack(client: HiveClient, { path, line }: ControlLine): Promise<void> {
  await client.append(path, line);
}

/** Puts it in place and tells. */
async function committed(context: Context, { options, prepared }: Import): Promise<number> {
  const { model, publish = false } = options;
  const done = prepared.staged.commit();
  if (!done.ok) return fail(context, failureOf(`cannot import ${model}`, done.refusal));
  const { adapter, base, weights } = prepared.adapter;
  const { length: bytes } = adapter.bytes;
  const manifest = sha256Of(Buffer.from(prepared.manifest));
  const told = { model, base, manifest, sha256: adapter.sha256, bytes, tensors: weights.tensors, published: publish };
  answer(context, told, [
    `imported ${model} base=${base} tensors=${weights.tensors} bytes=${bytes} sha256=${adapter.sha256}`,
    ...(publish ? [`the hive knows it; to activate it: ${COMMAND} ${activation(options)}`] : []),
  ]);
  return DONE;
}

/** The command that activates it. */
function activation({ model, registry }: ImportOptions): string {
  return `peft activate --model ${model} --registry ${shellWord(registry)}`;
}

function filesOf({ adapter, lora, metrics }: Adapter): readonly Content[] {
  return metrics === undefined ? [adapter, lora] : [adapter, lora, metrics];
}

/** The model as its manifest has it, and as a line registers it. */
function describe(options: ImportOptions, read: Adapter) {
  const { model, host, job, evaluation = read.evaluation } = options;
  const { adapter, lora, metrics, policy, telemetry, base } = read;
  const contents = { adapter, lora, ...(metrics === undefined ? {} : { metrics }), policy, telemetry };
  const hashes = Object.entries(contents).map(
    ([name, { sha256, bytes }]) => [name, { sha256, bytes: bytes.length }] as const,
  );
  const described = {
    id: model,
    base,
    baseSha256: null,
    files: Object.fromEntries(hashes),
    stored: null,
    evaluation: evaluation ?? null,
    job,
    approval: 'pending',
  } as const;
  const texts = Object.fromEntries(hashes.map(([name, { sha256, bytes }]) => [name, `${sha256}:${bytes}`]));
  const values: Values = { id: model, host, base, hashes: texts, evaluation, job };
  return { described, values };
}

/** Whether the hive has this very content under this id already. */
async function hasSame(client: HiveClient, { values, adapter }: Prepared): Promise<boolean> {
  const { id, host } = values;
  const found = await rowsOf(client, 'models');
  if (!found.ok) return false;
  return found.value.rows.some(
    (row) => row.id === id && (host === undefined || row.host === host) && row.sha256 === adapter.adapter.sha256,
  );
}
