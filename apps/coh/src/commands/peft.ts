// coh peft activate, rollback, list: the registry of models on this host, and what the hive is told of it. Each ends with both
// changed or neither; where only the second half was cut off, the same command again finishes it.

import { resolve } from 'node:path';
import { type HiveClient, replyTo } from '@cohesix/client';
import { answer, type Context, note } from '../context.ts';
import { failLine, submit } from '../control-line.ts';
import { fail, failureOf } from '../failure.ts';
import { COMMAND } from '../io.ts';
import { controlOf, type Values } from '../lines/form.ts';
import { MODEL_ACTIVATE, MODEL_ROLLBACK } from '../lines/models.ts';
import { ModelRegistry } from '../peft/registry.ts';
import { DONE, withHive } from '../session.ts';
import { rowsOf } from './lists.ts';

/** What all commands about the registry are told. */
export interface RegistryOptions {
  readonly registry: string;
  readonly host?: string;
  readonly wait?: number;
}

/** The registry that is meant. */
export function registryAt(context: Context, { registry }: RegistryOptions): ModelRegistry {
  return new ModelRegistry(resolve(context.io.cwd, registry));
}

/** What shows the registry. */
export const LIST: string = `The registry: ${COMMAND} peft list`;

/** `coh peft activate`: makes a model of the registry the active one, in the hive and here. JSON: `{current, previous, entry}`. */
export async function activate(context: Context, model: string, options: RegistryOptions): Promise<number> {
  const registry = registryAt(context, options);
  const what = `cannot activate ${model}`;
  const known = await registry.verify(model);
  if (!known.ok) return fail(context, { ...failureOf(what, known.refusal), advice: [LIST] });
  const { host } = options;
  const values: Values = { id: model, host, ...(known.value.base === null ? {} : { base: known.value.base }) };
  return withHive(context, async (client) => {
    const control = controlOf(MODEL_ACTIVATE, values);
    const sent = await submit(context, client, control, options.wait);
    const isThere = !sent.ok && sent.refusal.code === 'invalid-transition' && (await activeIn(client, host)) === model;
    if (!sent.ok && !isThere)
      return failLine(context, client, {
        what,
        refusal: sent.refusal,
        control,
        advice: MODEL_ACTIVATE.advice[sent.refusal.code] ?? [],
      });
    const logged = sent.ok ? await replyTo(client, control) : undefined;
    return pointed(context, registry, { current: model, entry: logged?.entry ?? null });
  });
}

/** `coh peft rollback`: goes back to what was active before, in the hive and here. JSON: `{current, previous, entry}`. */
export async function rollback(
  context: Context,
  options: RegistryOptions & { readonly steps?: number },
): Promise<number> {
  const registry = registryAt(context, options);
  const { host, steps } = options;
  return withHive(context, async (client) => {
    const control = controlOf(MODEL_ROLLBACK, { host, steps });
    const what = 'cannot roll back';
    const sent = await submit(context, client, control, options.wait);
    if (!sent.ok)
      return failLine(context, client, {
        what,
        refusal: sent.refusal,
        control,
        advice: MODEL_ROLLBACK.advice[sent.refusal.code] ?? [],
      });
    const logged = await replyTo(client, control);
    const current = typeof logged?.reply.id === 'string' ? logged.reply.id : await activeIn(client, host);
    if (current === undefined)
      return fail(context, { what: 'cannot tell what is active now', code: 'failed', advice: MODEL_LOOK });
    if (!registry.has(current)) note(context, `warning: ${current} is not in the registry ${registry.root}.`);
    return pointed(context, registry, { current, entry: logged?.entry ?? null });
  });
}

const MODEL_LOOK = [`What is active: ${COMMAND} model list`];

/** The active model of a host as the hive has it. */
async function activeIn(client: HiveClient, host: string | undefined): Promise<string | undefined> {
  const found = await rowsOf(client, 'models');
  const active = found.ok ? found.value.rows.filter((row) => row.state === 'active') : [];
  const [first, ...more] = host === undefined ? active : active.filter((row) => row.host === host);
  return first === undefined || more.length > 0 ? undefined : String(first.id);
}

/** Writes down here what the hive has decided. */
async function pointed(
  context: Context,
  registry: ModelRegistry,
  { current, entry }: { readonly current: string; readonly entry: number | null },
): Promise<number> {
  const before = await registry.state();
  const kept = before.ok ? before.value : { current: undefined, previous: undefined };
  const previous = kept.current === current ? kept.previous : kept.current;
  const written = registry.point({ current, previous });
  if (!written.ok)
    return fail(context, {
      ...failureOf(`${current} is active in the hive, and cannot be written down here`, written.refusal),
      advice: [`Then again: ${COMMAND} peft activate --model ${current}`],
    });
  answer(context, { current, previous: previous ?? null, entry }, [
    `active ${current}${previous === undefined ? '' : ` previous=${previous}`}`,
  ]);
  return DONE;
}

/** `coh peft list`: what is in the registry. JSON: `{models: [{model, base, job, sha256, bytes, active, problem}]}`. */
export async function list(context: Context, options: RegistryOptions): Promise<number> {
  const registry = registryAt(context, options);
  const state = await registry.state();
  if (!state.ok) return fail(context, failureOf('cannot read the registry', state.refusal));
  const rows = await Promise.all(registry.models().map((model) => rowOf(registry, model, state.value.current)));
  const lines = rows.map(
    ({ model, base, sha256, active, problem }) =>
      `${active ? '*' : ' '} ${model} base=${base ?? 'none'} sha256=${sha256 ?? 'none'}${problem === null ? '' : ` problem: ${problem}`}`,
  );
  answer(context, { models: rows }, rows.length === 0 ? [`no models in ${registry.root}`] : lines);
  return DONE;
}

async function rowOf(registry: ModelRegistry, model: string, current: string | undefined) {
  const active = model === current;
  const verified = await registry.verify(model);
  if (!verified.ok)
    return { model, base: null, job: null, sha256: null, bytes: null, active, problem: verified.refusal.detail };
  const { base, job, files } = verified.value;
  const { sha256 = null, bytes = null } = files.adapter ?? {};
  return { model, base, job, sha256, bytes, active, problem: null };
}
