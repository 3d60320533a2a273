// The commands that write lines against the schemas of their control files: nothing is missing, nothing is made up.

import { createAuthority } from '@cohesix/authority';
import { defaultManifest } from '@cohesix/manifest';
import { describe, expect, it } from 'vitest';
import { controlOf, type Field, type Form, type Values } from '../src/lines/form.ts';
import { GPU_WITHDRAW } from '../src/lines/gpus.ts';
import {
  HOST_TICKET_CANCEL,
  HOST_TICKET_CLAIM,
  HOST_TICKET_REPORT,
  HOST_TICKET_SEND,
} from '../src/lines/host-tickets.ts';
import { HOST_DECLARE, HOST_RELEASE, HOST_RESULT } from '../src/lines/hosts.ts';
import { EPOCH_RAISE, INTENT_SEND } from '../src/lines/intents.ts';
import { JOB_CANCEL, JOB_DEQUEUE, JOB_QUEUE } from '../src/lines/jobs.ts';
import {
  LEASE_GRANT,
  LEASE_PREEMPT,
  LEASE_QUOTA,
  LEASE_RELEASE,
  LEASE_RENEW,
  LEASE_UNQUOTA,
} from '../src/lines/leases.ts';
import {
  LORA_PUBLISH,
  LORA_REMOVE,
  MODEL_ACTIVATE,
  MODEL_APPROVE,
  MODEL_FORGET,
  MODEL_REGISTER,
  MODEL_REJECT,
  MODEL_ROLLBACK,
} from '../src/lines/models.ts';
import { SESSION_CLOSE, SESSION_DRAIN } from '../src/lines/sessions.ts';
import { DEVICE_FORGET, SEGMENT_NEW } from '../src/lines/telemetry.ts';
import {
  MODEL_REMOVE,
  STORE_COLLECT,
  UPDATE_ACTIVATE,
  UPDATE_REMOVE,
  UPDATE_ROLLBACK,
  UPDATE_VERIFY,
} from '../src/lines/updates.ts';
import { WINDOW_CLOSE, WINDOW_OPEN } from '../src/lines/windows.ts';

/** A line as its schema describes it. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
}

const { controls } = createAuthority(defaultManifest());

function controlAt(path: string) {
  const found = controls.find(({ control }) => control.pattern === path);
  if (found === undefined) throw new Error(`no control file ${path}`);
  return found.control;
}

/** Form, and values that choose its file and its kind of line. */
const FORMS: readonly (readonly [name: string, form: Form, chosen: Values])[] = [
  ['lease grant', LEASE_GRANT, {}],
  ['lease renew', LEASE_RENEW, {}],
  ['lease release', LEASE_RELEASE, {}],
  ['lease preempt', LEASE_PREEMPT, {}],
  ['lease quota', LEASE_QUOTA, {}],
  ['lease unquota', LEASE_UNQUOTA, {}],
  ['job queue', JOB_QUEUE, {}],
  ['job cancel', JOB_CANCEL, {}],
  ['job dequeue', JOB_DEQUEUE, {}],
  ['window open', WINDOW_OPEN, {}],
  ['window close', WINDOW_CLOSE, {}],
  ['host-ticket send', HOST_TICKET_SEND, {}],
  ['host-ticket cancel', HOST_TICKET_CANCEL, {}],
  ['host-ticket claim', HOST_TICKET_CLAIM, {}],
  ['host-ticket report running', HOST_TICKET_REPORT, { state: 'running' }],
  ['host-ticket report failed', HOST_TICKET_REPORT, { state: 'failed' }],
  ['host declare', HOST_DECLARE, {}],
  ['host release', HOST_RELEASE, {}],
  ['host result', HOST_RESULT, {}],
  ['gpu withdraw', GPU_WITHDRAW, {}],
  ['intent send', INTENT_SEND, {}],
  ['epoch raise', EPOCH_RAISE, {}],
  ['session close', SESSION_CLOSE, {}],
  ['session drain', SESSION_DRAIN, {}],
  ['telemetry push', SEGMENT_NEW, { device: ':device' }],
  ['telemetry forget', DEVICE_FORGET, {}],
  ['cas activate', UPDATE_ACTIVATE, {}],
  ['cas rollback', UPDATE_ROLLBACK, {}],
  ['cas remove', UPDATE_REMOVE, {}],
  ['cas recheck', UPDATE_VERIFY, {}],
  ['cas collect', STORE_COLLECT, {}],
  ['cas remove-model', MODEL_REMOVE, {}],
  ['model register', MODEL_REGISTER, {}],
  ['model approve', MODEL_APPROVE, {}],
  ['model reject', MODEL_REJECT, {}],
  ['model forget', MODEL_FORGET, {}],
  ['model activate', MODEL_ACTIVATE, {}],
  ['model rollback', MODEL_ROLLBACK, {}],
  ['lora publish', LORA_PUBLISH, {}],
  ['lora remove', LORA_REMOVE, {}],
];

/** The schema of the lines that a form makes: of several the one that takes its fixed fields, and its fields. */
function schemaOf(form: Form, chosen: Values): Node {
  const whole = controlAt(controlOf(form, chosen).path).schema as Node;
  const names = form.fields.map(({ name }) => name);
  const branches = (whole.anyOf ?? [whole]).filter(({ properties = {} }) => {
    const fixed = Object.entries(form.fixed).every(([name, value]) => takes(properties[name], value));
    const isSame = properties.op === undefined ? form.fixed.op === undefined : form.fixed.op !== undefined;
    const isInside = form.inside === undefined ? undefined : form.inside in properties;
    return (
      fixed &&
      isSame &&
      (isInside ?? (names.length === 0 || Object.keys(properties).some((name) => names.includes(name))))
    );
  });
  expect(branches).toHaveLength(1);
  const [branch = {}] = branches;
  return form.inside === undefined ? branch : (branch.properties?.[form.inside] ?? {});
}

function takes(node: Node | undefined, value: unknown): boolean {
  return (node?.anyOf ?? [node]).some((one) => one?.const === value);
}

const TYPES: Readonly<Record<Field['kind'], string>> = {
  text: 'string',
  words: 'string',
  number: 'integer',
  seconds: 'integer',
  ms: 'integer',
  moment: 'integer',
  flag: 'boolean',
  pairs: 'object',
  list: 'array',
};

describe('the forms of lines', () => {
  it.each(FORMS)('%s has the fields of its schema', (_, form, chosen) => {
    const { properties = {}, required = [] } = schemaOf(form, chosen);
    const names = [...Object.keys(form.fixed), ...form.fields.map(({ name }) => name)];
    // How long a claim holds is not for who gives it up.
    const known = Object.keys(properties).concat(chosen.state === 'failed' ? ['claim_ttl_s'] : []);
    expect(names.toSorted()).toEqual(known.toSorted());
    for (const { name, kind } of form.fields) {
      const node = properties[name];
      const type = node?.type ?? (node?.anyOf === undefined ? undefined : 'string');
      if (node !== undefined) expect([name, type]).toEqual([name, TYPES[kind]]);
    }
    const fresh = { nowMs: 1, id: (word: string) => word };
    const completed = form.complete?.({}, fresh) ?? {};
    const given = form.fields.filter(({ flags, isNeeded, fallback, isFound }) => {
      return flags === undefined || isNeeded === true || fallback !== undefined || isFound === true;
    });
    const sure = [...Object.keys(form.fixed), ...given.map(({ name }) => name), ...Object.keys(completed)];
    expect(required.filter((name) => !sure.includes(name))).toEqual([]);
    const needed = form.fields.filter(({ isNeeded }) => isNeeded === true).map(({ name }) => name);
    expect(needed.filter((name) => !required.includes(name))).toEqual([]);
  });

  it.each(FORMS)('%s gives a duration the unit of its field', (_, form) => {
    for (const { name, kind } of form.fields) {
      if (kind === 'seconds') expect(name).toMatch(/_s$/);
      if (kind === 'ms' || kind === 'moment') expect(name).toMatch(/_ms$/);
    }
  });

  const paths = [...new Set(FORMS.map(([, form, chosen]) => controlOf(form, chosen).path))];

  it.each(paths)('every example of %s can be said as a command', (path) => {
    // A word is the short form of a line; commands write the long one.
    for (const example of controlAt(path).examples.filter((one) => one.startsWith('{'))) {
      const line = JSON.parse(example) as Record<string, unknown>;
      const said = FORMS.map(([, form, chosen]) => {
        const values = (form.inside === undefined ? line : line[form.inside]) as Values | undefined;
        if (values === undefined || controlOf(form, { ...chosen, ...values }).path !== path) return undefined;
        return JSON.parse(controlOf(form, values).line) as unknown;
      });
      expect(said).toContainEqual(line);
    }
  });
});
