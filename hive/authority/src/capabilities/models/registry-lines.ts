// `/gpu/models/ctl`: models are registered, vouched for by a second person, and removed. Nothing here changes what is active:
// that is one file, `/gpu/models/active`, so that one rule of the policy is about all of it.

import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { areTwoPersons, partyOf } from '../../principal.ts';
import type { Control, Decision, ParsedCommand, Rejection, State } from '../../types.ts';
import { exportedJob } from '../lora-jobs/queries.ts';
import { approversOf } from '../policy/approvers.ts';
import { manifestIn } from '../settings/queries.ts';
import { knownModels } from '../updates/queries.ts';
import { modelsChange } from './changes.ts';
import { hostField, hostIn, idField } from './fields.ts';
import { MODEL_ID } from './manifest-text.ts';
import {
  activeOf,
  type FileHash,
  MODEL_FILES,
  type Model,
  type ModelFile,
  type ModelsSlice,
  modelKey,
} from './record.ts';

const closed = { additionalProperties: false } as const;

const hash = Type.Optional(
  Type.String({ pattern: '^[0-9a-f]{64}:(?:0|[1-9][0-9]{0,14})$', description: 'SHA-256, hex, a colon, and bytes.' }),
);
const sha256 = (description: string) => Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description }));

const registerLine = Type.Object(
  {
    op: Type.Literal('register'),
    id: idField,
    host: hostField,
    base: Type.Optional(Type.String({ pattern: MODEL_ID, description: 'The model it adapts.' })),
    base_sha256: sha256('Of the weights of that model.'),
    hashes: Type.Optional(
      Type.Object(
        { adapter: hash, lora: hash, metrics: hash, policy: hash, telemetry: hash, weights: hash },
        { ...closed, description: 'What its files must be.' },
      ),
    ),
    stored: sha256('Of its weights in the content store, which must be there whole: `/models/<sha256>`.'),
    evaluation: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9._:=,+-]{1,128}$', description: 'What its evaluation said.' }),
    ),
    job: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'The LoRA job it was trained from.' }),
    ),
  },
  { ...closed, description: 'Registers a model. Its id means this content from now on.' },
);

const approveLine = Type.Object(
  { op: Type.Literal('approve'), id: idField, host: hostField },
  { ...closed, description: 'Vouches for a model that somebody else registered.' },
);

const rejectLine = Type.Object(
  {
    op: Type.Literal('reject'),
    id: idField,
    host: hostField,
    reason: Type.String({ pattern: '^[A-Za-z0-9._:-]{1,64}$', description: 'Why, for the log.' }),
  },
  { ...closed, description: 'Says that a model must not be activated.' },
);

const removeLine = Type.Object(
  { op: Type.Literal('remove'), id: idField, host: hostField },
  { ...closed, description: 'Forgets a model that is not active. History keeps its activations.' },
);

const registryLine = Type.Union([registerLine, approveLine, rejectLine, removeLine]);
type RegistryLine = Static<typeof registryLine>;
type RegisterLine = Static<typeof registerLine>;

const ADAPTER = 'b6ac3cc10386331c765f04f041c147d0f278f2aed8eaa021e2d0057fc6f6ff9e';

const control: Control<ModelsSlice, RegistryLine> = {
  pattern: '/gpu/models/ctl',
  summary: 'Registers models, says whether they may be activated, and removes them.',
  schema: registryLine,
  writers: ['queen', 'system'],
  examples: [
    `{"op":"register","id":"llama3-edge-v7","base":"llama3-8b","hashes":{"adapter":"${ADAPTER}:128"},"evaluation":"loss=0.42","job":"job_8932"}`,
    '{"op":"approve","id":"llama3-edge-v7"}',
    '{"op":"reject","id":"llama3-edge-v6","reason":"drift"}',
    '{"op":"remove","id":"llama3-edge-v5","host":"local"}',
  ],
  decide(slice, command, state) {
    const { value } = command;
    const host = hostIn(slice, value.host);
    if (!host.ok) return reject(host.refusal.code, host.refusal.detail);
    if (value.op === 'register') return decideRegister(slice, { ...command, value }, { host: host.value, state });
    const model = slice.models.get(modelKey(host.value, value.id));
    if (model === undefined) return reject('not-found', `No model ${value.id} on ${host.value}; see /gpu/models/list.`);
    if (value.op === 'remove') return decideRemove(slice, model, command);
    return decideVerdict(model, { ...command, value });
  },
};

/** The control file. */
export const registryCtl: Control<ModelsSlice, never> = control;

interface Setting {
  readonly host: string;
  readonly state: Readonly<State>;
}

function decideRegister(
  slice: Readonly<ModelsSlice>,
  command: ParsedCommand<RegisterLine>,
  { host, state }: Setting,
): Decision {
  const { value, who, at, seq } = command;
  const { id, base = null, job = null } = value;
  const problem =
    roomProblem(slice, value, { host, state }) ?? baseProblem(value, state) ?? storedProblem(value, state);
  if (problem !== undefined) return problem;
  const approvers = approversOf(state, command);
  const model: Model = {
    id,
    host,
    base,
    baseSha256: value.base_sha256 ?? null,
    files: filesOf(value),
    stored: value.stored ?? null,
    evaluation: value.evaluation ?? null,
    job,
    approval: approvers.length > 0 ? 'approved' : 'pending',
    decidedBy: approvers.map(({ subject }) => subject),
    text: null,
    by: partyOf(who),
    at,
    entry: seq,
  };
  return accept({
    changes: [modelsChange({ kind: 'put', model })],
    log: [`model registered host=${host} id=${id} base=${logField(base ?? 'none')} by=${logField(who.subject)}`],
    reply: { id, host, approval: model.approval },
  });
}

function roomProblem(
  { models }: Readonly<ModelsSlice>,
  { id }: RegisterLine,
  { host, state }: Setting,
): Rejection | undefined {
  const { registered_max: max } = manifestIn(state).models;
  if (models.has(modelKey(host, id)))
    return reject('exists', `${id} is registered on ${host}; an id is never given to another content.`);
  return models.size >= max ? reject('buffer-full', `models.registered_max is ${max}; remove one.`) : undefined;
}

/** An adapter of another base than it may be, or than the job it was trained from. */
function baseProblem({ id, base, job }: RegisterLine, state: Readonly<State>): Rejection | undefined {
  const { bases } = manifestIn(state).models;
  if (base === id) return reject('invalid-payload', '$.base: a model cannot be its own base.');
  if (base !== undefined && bases.length > 0 && !bases.includes(base))
    return reject('denied', `$.base: models.bases does not list ${base}.`);
  const trained = job === undefined ? undefined : exportedJob(state, job);
  if (trained === undefined || trained.base === base) return undefined;
  return reject('invalid-payload', `$.base: job ${job} is of ${trained.base}, not of ${base ?? 'no base'}.`);
}

/** Weights of the content store must be there whole, and be those that the line tells of. */
function storedProblem(value: RegisterLine, state: Readonly<State>): Rejection | undefined {
  const { stored } = value;
  if (stored === undefined) return undefined;
  const kept = knownModels(state).get(stored);
  if (kept?.removedBy !== null) return reject('not-found', `$.stored: /models/${stored} is not there whole.`);
  const { weights } = filesOf(value);
  const isSame = weights === undefined || (weights.sha256 === stored && weights.bytes === kept.weightsBytes);
  return isSame ? undefined : reject('invalid-payload', `$.hashes.weights: /models/${stored} has other weights.`);
}

function filesOf({ hashes = {} }: RegisterLine): Model['files'] {
  const files: Partial<Record<ModelFile, FileHash>> = {};
  for (const name of MODEL_FILES) {
    const [hex = '', bytes = ''] = (hashes[name] ?? '').split(':');
    if (hex !== '') files[name] = { sha256: hex, bytes: Number(bytes) };
  }
  return files;
}

function decideVerdict(
  model: Model,
  { value, who }: ParsedCommand<Static<typeof approveLine> | Static<typeof rejectLine>>,
): Decision {
  const { id, host } = model;
  const approval = value.op === 'approve' ? 'approved' : 'rejected';
  if (value.op === 'approve' && !areTwoPersons(model.by, who))
    return reject('denied', `${id} is yours; another subject with another root ticket must approve it.`);
  if (model.approval === approval) return reject('invalid-transition', `${id} is ${approval} already.`);
  const why = value.op === 'reject' ? ` reason=${value.reason}` : '';
  return accept({
    changes: [modelsChange({ kind: 'decide', host, id, approval, by: [who.subject] })],
    log: [`model ${approval} host=${host} id=${id} by=${logField(who.subject)}${why}`],
    reply: { id, host, approval },
  });
}

function decideRemove(
  slice: Readonly<ModelsSlice>,
  { id, host }: Model,
  { who }: Pick<ParsedCommand, 'who'>,
): Decision {
  if (activeOf(slice, host) === id)
    return reject('busy', `${id} is active on ${host}; activate another, or roll back.`);
  return accept({
    changes: [modelsChange({ kind: 'drop', host, id })],
    log: [`model removed host=${host} id=${id} by=${logField(who.subject)}`],
    reply: { id, host },
  });
}
