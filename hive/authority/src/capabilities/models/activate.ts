// `/gpu/models/active`: which model a host is to have loaded. A line is the id of a model, as the source has it, or says more as
// JSON. It is decided and journaled like any other: the pointer is the one or the other, and whoever reads it reads one id.

import type { Models } from '@cohesix/manifest';
import { ok, type Result, refuse } from '@cohesix/wire';
import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { parseJson } from '../../kernel/json.ts';
import { logField } from '../../kernel/text.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { approversOf } from '../policy/approvers.ts';
import { manifestIn } from '../settings/queries.ts';
import { knownModels } from '../updates/queries.ts';
import { modelsChange } from './changes.ts';
import { hostField, hostIn, idField } from './fields.ts';
import { MODEL_ID } from './manifest-text.ts';
import { type Activation, activeOf, contentHash, hostsOf, type Model, type ModelsSlice, modelKey } from './record.ts';

const closed = { additionalProperties: false } as const;

const activateLine = Type.Object(
  {
    op: Type.Literal('activate'),
    id: idField,
    host: hostField,
    base: Type.Optional(
      Type.String({ pattern: MODEL_ID, description: 'Refuse when it is an adapter of another base, or none.' }),
    ),
  },
  { ...closed, description: 'Makes a model the active one of its host.' },
);

/** Furthest that one line goes back; the most that any manifest remembers. */
const STEPS_MAX = 1024;

const rollbackLine = Type.Object(
  {
    op: Type.Literal('rollback'),
    host: hostField,
    steps: Type.Optional(
      Type.Integer({ minimum: 1, maximum: STEPS_MAX, description: 'How many activations to go back; default 1.' }),
    ),
  },
  { ...closed, description: 'Makes the model active that was so before.' },
);

const activeLine = Type.Union([activateLine, rollbackLine]);

const control: Control<ModelsSlice, Static<typeof activeLine>> = {
  pattern: '/gpu/models/active',
  summary:
    'The model that is to be loaded: reading gives its id (a line `host= id=` each when several hosts have models), a line activates one or goes back.',
  schema: activeLine,
  parseWord: lineValue,
  writers: ['queen', 'system'],
  examples: [
    'llama3-edge-v7',
    '{"op":"activate","id":"llama3-edge-v7","base":"llama3-8b"}',
    '{"op":"rollback"}',
    '{"op":"rollback","host":"local","steps":2}',
  ],
  text: pointerText,
  decide(slice, command, state) {
    const { value } = command;
    const host = hostIn(slice, value.host);
    if (!host.ok) return reject(host.refusal.code, host.refusal.detail);
    const setting = { slice, state, host: host.value };
    return value.op === 'activate'
      ? decideActivate(setting, command, value)
      : decideRollback(setting, command, value.steps ?? 1);
  },
};

/** The control file. */
export const activeCtl: Control<ModelsSlice, never> = control;

/** A word is the id of a model to activate: the same value as the long line has, so that rules about fields are about both. */
function lineValue(line: string): unknown {
  const text = line.trim();
  if (!text.startsWith('{')) return { op: 'activate', id: text };
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}

/** What reading the pointer gives: what was decided, else what the bridge reports. */
function pointerText(slice: Readonly<ModelsSlice>): string {
  const hosts = hostsOf(slice);
  const idOf = (host: string): string | undefined => activeOf(slice, host) ?? slice.reported.get(host);
  const known = hosts.flatMap((host) => {
    const id = idOf(host);
    return id === undefined ? [] : [hosts.length === 1 ? `${id}\n` : `host=${host} id=${id}\n`];
  });
  return known.join('');
}

interface Setting {
  readonly slice: Readonly<ModelsSlice>;
  readonly state: Readonly<State>;
  readonly host: string;
}

function decideActivate(setting: Setting, command: ParsedCommand, { id, base }: Static<typeof activateLine>): Decision {
  const { slice, state, host } = setting;
  const may = mayBeActive(setting, id);
  if (!may.ok) return reject(may.refusal.code, may.refusal.detail);
  const model = may.value;
  if (base !== undefined && model.base !== base)
    return reject('invalid-transition', `${id} is of ${model.base ?? 'no base'}, not of ${base}.`);
  const stack = slice.pointers.get(host)?.stack ?? [];
  if (stack.at(-1) === id) return reject('invalid-transition', `${id} is active on ${host} already.`);
  const { history_max: max } = manifestIn(state).models;
  return pointTo(setting, command, { kind: 'activate', model, stack: [...stack, id].slice(-max) });
}

function decideRollback(setting: Setting, command: ParsedCommand, steps: number): Decision {
  const { slice, host } = setting;
  const stack = slice.pointers.get(host)?.stack ?? [];
  const left = stack.slice(0, Math.max(0, stack.length - steps));
  const id = left.at(-1);
  if (id === undefined)
    return reject('not-found', `${host} has ${Math.max(0, stack.length - 1)} activations to go back; ${steps} asked.`);
  const may = mayBeActive(setting, id);
  if (!may.ok) return reject(may.refusal.code, may.refusal.detail);
  return pointTo(setting, command, { kind: 'rollback', model: may.value, stack: left });
}

interface Aim {
  readonly kind: Activation['kind'];
  readonly model: Model;
  readonly stack: readonly string[];
}

function pointTo({ slice, state, host }: Setting, command: ParsedCommand, { kind, model, stack }: Aim): Decision {
  const { who, at, seq: entry } = command;
  const approvers = approversOf(state, command).map(({ subject }) => subject);
  const { id, base, evaluation, job } = model;
  const activation: Activation = {
    kind,
    host,
    id,
    previous: activeOf(slice, host) ?? null,
    base,
    sha256: contentHash(model),
    evaluation,
    job,
    by: who.subject,
    approvedBy: approvers.length > 0 ? approvers : [who.subject],
    at,
    entry,
  };
  const { history_max: historyMax } = manifestIn(state).models;
  return accept({
    changes: [modelsChange({ kind: 'point', activation, stack, historyMax })],
    log: [
      `model ${kind === 'activate' ? 'activated' : 'rolled-back'} host=${host} id=${id} previous=${activation.previous ?? 'none'} by=${logField(who.subject)} approved_by=${logField(activation.approvedBy.join(','))}`,
    ],
    reply: { id, host, previous: activation.previous ?? 'none' },
  });
}

/** The model, when it may be active. `not-found`: there is none; `invalid-transition`: what is wrong with it. */
function mayBeActive({ slice, state, host }: Setting, id: string): Result<Model> {
  const model = slice.models.get(modelKey(host, id));
  if (model === undefined) return refuse('not-found', `No model ${id} on ${host}; see /gpu/models/list.`);
  const problem =
    modelProblem(model, manifestIn(state).models) ?? storedProblem(state, model) ?? baseProblem(slice, model);
  return problem === undefined ? ok(model) : refuse('invalid-transition', `${id}: ${problem}`);
}

function modelProblem(model: Model, limits: Models): string | undefined {
  const { base, approval, decidedBy } = model;
  if (approval === 'rejected') return `${decidedBy.join(', ') || 'its publisher'} rejected it.`;
  if (limits.approval_required && approval !== 'approved')
    return 'nobody approved it; models.approval_required wants a second person to.';
  if (limits.hash_required && contentHash(model) === null)
    return `it was registered without the hash of its ${base === null ? 'weights' : 'adapter'}.`;
  if (limits.bases.length > 0 && !limits.bases.includes(base ?? model.id))
    return `models.bases does not list ${base ?? model.id}.`;
  return undefined;
}

function storedProblem(state: Readonly<State>, { stored }: Model): string | undefined {
  if (stored === null || knownModels(state).get(stored)?.removedBy === null) return undefined;
  return `its weights /models/${stored} are gone.`;
}

/** A base that is registered too must be the one the adapter was made for. */
function baseProblem({ models }: Readonly<ModelsSlice>, { host, base, baseSha256 }: Model): string | undefined {
  const known = base === null ? undefined : models.get(modelKey(host, base));
  if (known === undefined) return undefined;
  if (known.approval === 'rejected') return `its base ${base} was rejected.`;
  const hash = contentHash(known);
  if (baseSha256 === null || hash === null || hash === baseSha256) return undefined;
  return `it was made for another ${base}: ${baseSha256.slice(0, 16)}… is not ${hash.slice(0, 16)}….`;
}
