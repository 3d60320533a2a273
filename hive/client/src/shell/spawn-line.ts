// `spawn` in words as the line of `/queen/ctl`: `spawn heartbeat ticks=100 ttl_s=120 ops=500`,
// `spawn gpu gpu_id=GPU-0 mem_mb=4096 streams=1 ttl_s=120 [priority= budget_ttl_s= budget_ops=]`
// (contracts-1.md 5.1). Other kinds take `ttl_s` and `ops` as their budget. A text that begins with `{` is taken as it is.

import { ok, type Result, refuse } from '@cohesix/wire';
import { keyedWords, words } from './words.ts';

type Fields = Record<string, string | number>;

/** What the words of a kind mean: where each goes. */
interface SpawnForm {
  readonly top: readonly string[];
  readonly lease: readonly string[];
  /** Word → name in `budget`. */
  readonly budget: ReadonlyMap<string, string>;
  readonly required: readonly string[];
}

const PLAIN_BUDGET: SpawnForm['budget'] = new Map([
  ['ttl_s', 'ttl_s'],
  ['ops', 'ops'],
]);

const GPU_BUDGET: SpawnForm['budget'] = new Map([
  ['budget_ttl_s', 'ttl_s'],
  ['budget_ops', 'ops'],
]);

const FORMS: ReadonlyMap<string, SpawnForm> = new Map([
  ['heartbeat', { top: ['ticks'], lease: [], budget: PLAIN_BUDGET, required: ['ticks'] }],
  [
    'gpu',
    {
      top: [],
      lease: ['gpu_id', 'mem_mb', 'streams', 'ttl_s', 'priority'],
      budget: GPU_BUDGET,
      required: ['gpu_id', 'mem_mb', 'streams', 'ttl_s'],
    },
  ],
]);

const OTHER_FORM: SpawnForm = { top: [], lease: [], budget: PLAIN_BUDGET, required: [] };

/** The JSON line for the rest of a `spawn`; the refusal's sentence names the word that is wrong. */
export function spawnLine(rest: string): Result<string> {
  if (rest.startsWith('{')) return ok(rest);
  const [kind, ...given] = words(rest);
  if (kind === undefined) return refuse('invalid-payload', 'missing required argument: payload');
  const keyed = keyedWords(given);
  if (keyed === undefined) return refuse('invalid-payload', 'invalid value for argument spawn');
  const form = FORMS.get(kind) ?? OTHER_FORM;
  const missing = form.required.find((name) => !keyed.has(name));
  if (missing !== undefined) return refuse('invalid-payload', `missing required argument: ${missing}`);
  return formed(kind, form, keyed);
}

function formed(kind: string, form: SpawnForm, keyed: ReadonlyMap<string, string>): Result<string> {
  const top: Fields = {};
  const lease: Fields = {};
  const budget: Fields = {};
  for (const [name, text] of keyed) {
    const value = name === 'gpu_id' ? text : decimal(text);
    if (value === undefined) return refuse('invalid-payload', `invalid value for argument ${name}`);
    const budgetName = form.budget.get(name);
    if (form.top.includes(name)) top[name] = value;
    else if (form.lease.includes(name)) lease[name] = value;
    else if (budgetName !== undefined) budget[budgetName] = value;
    else return refuse('invalid-payload', `invalid value for argument ${name}`);
  }
  const leasePart = form.lease.length > 0 ? { lease } : {};
  const budgetPart = Object.keys(budget).length > 0 ? { budget } : {};
  return ok(JSON.stringify({ spawn: kind, ...top, ...leasePart, ...budgetPart }));
}

function decimal(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
