// coh model: which model is to be loaded, where it comes from, and the way back.

import type { Command } from 'commander';
import {
  MODEL_ACTIVATE,
  MODEL_APPROVE,
  MODEL_FORGET,
  MODEL_REGISTER,
  MODEL_REJECT,
  MODEL_ROLLBACK,
} from '../lines/models.ts';
import type { Runner } from './define.ts';
import { defineGroup, defineLine, defineList, type LineCommand, type ListCommand } from './lines.ts';

/** Adds `coh model`. */
export function defineModels(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'model',
    summary: 'register, activate and roll back models',
    description:
      'The models that GPUs of this hive may be told to load. Which one is active is a decision like any other: recorded, under policy, with a way back.',
    examples: [
      ['coh model list', 'what there is, and what is active'],
      ['coh model activate llama3-edge-v7', 'load that'],
      ['coh model rollback', 'load what was active before'],
    ],
  });
  for (const command of MODEL_LINES) defineLine(group, run, command);
  for (const command of MODEL_LISTS) defineList(group, run, command);
}

const HASH = 'b6ac3cc10386331c765f04f041c147d0f278f2aed8eaa021e2d0057fc6f6ff9e';

const MODEL_LINES: readonly LineCommand[] = [
  {
    word: 'register',
    form: MODEL_REGISTER,
    summary: 'make a model known',
    description:
      'Makes a model known: its base, the hashes of its files, what its evaluation said. Its id means this content from now on. coh peft import --publish does it with the hashes of the files.',
    examples: [
      [`coh model register llama3-edge-v7 --base llama3-8b --hash adapter=${HASH}:128 --job job_8932`, 'an adapter'],
    ],
  },
  {
    word: 'approve',
    form: MODEL_APPROVE,
    summary: 'vouch for a model that somebody else registered',
    description: 'Vouches for a model. With models.approval_required in the manifest no other is activated.',
    examples: [['coh --ticket approver.ticket model approve llama3-edge-v7', 'as another person']],
  },
  {
    word: 'reject',
    form: MODEL_REJECT,
    summary: 'say that a model must not be activated',
    description: 'Says that a model must not be activated, nor gone back to. One that is active stays so.',
    examples: [['coh model reject llama3-edge-v6 --reason drift', 'not that one']],
  },
  {
    word: 'remove',
    form: MODEL_FORGET,
    summary: 'forget a model that is not active',
    description: 'Forgets a model that is not active. The history keeps its activations.',
    examples: [['coh model remove llama3-edge-v5', 'make room']],
  },
  {
    word: 'activate',
    form: MODEL_ACTIVATE,
    summary: 'make a model the active one',
    description: 'Makes a model the active one of its host; bridges load what is active.',
    examples: [
      ['coh model activate llama3-edge-v7', 'on the only host that has models'],
      ['coh model activate llama3-edge-v7 --host gpu-a --base llama3-8b', 'there, and only if it is of that base'],
    ],
  },
  {
    word: 'rollback',
    form: MODEL_ROLLBACK,
    summary: 'go back to what was active before',
    description: 'Goes back to the model that was active before, any number of steps.',
    examples: [
      ['coh model rollback', 'one step'],
      ['coh model rollback --steps 3', 'three activations back'],
    ],
  },
];

const LINEAGE =
  '"host", "id", "previous", "base", "sha256", "evaluation", "job", "by", "approved_by", "at_ms", "entry"';

const MODEL_LISTS: readonly ListCommand[] = [
  {
    word: 'list',
    list: 'models',
    summary: 'what there is, and what is active',
    description: 'Lists the models of all hosts.',
    fields:
      '"id", "host", "state", "base", "sha256", "evaluation", "job", "approval", "decided_by", "by", "at_ms", "entry"',
    examples: [['coh model list', 'a table']],
  },
  {
    word: 'lineage',
    list: 'lineage',
    summary: 'where what is active comes from',
    description: 'Lists what is active on each host: base, adapter, evaluation, who activated it, who approved that.',
    fields: `${LINEAGE}, "loaded"`,
    examples: [['coh model lineage', 'of each host']],
  },
  {
    word: 'history',
    list: 'activations',
    summary: 'activations and rollbacks',
    description: 'Lists activations and rollbacks, oldest first, with the lineage there was then.',
    fields: `"op", ${LINEAGE}`,
    examples: [['coh model history', 'what was active when']],
  },
];
