// What Approvals says of requests, and the lines that it sends.

import { describe, expect, test } from 'vitest';
import { askingAct } from '../../src/act/asks.ts';
import { decidedOf } from '../../src/places/approvals/decisions.ts';
import { effectOf } from '../../src/places/approvals/effect.ts';
import { decisionAct, endedText, leftText, requestsOf, statusOf, whyNot } from '../../src/places/approvals/requests.ts';
import { acceptedText, preflightText, ruleOf, whyText } from '../../src/places/approvals/rules.ts';

const PENDING = {
  id: 'ask-1',
  entry: 4,
  who: { subject: 'queen/swarmui', role: 'queen', ticket: 'aa' },
  target: '/queen/ctl',
  line: '{"kill":"worker-1"}',
  rule: 'queen-ctl',
  asked_ms: 1000,
  expires_ms: 901_000,
  needs: 2,
  approved_by: ['alice'],
  generation: null,
  target_entry: 3,
};
const request = (change: object = {}) => {
  const [first] = requestsOf([{ ...PENDING, ...change }]);
  if (first === undefined) throw new Error('no request');
  return first;
};

describe('a request', () => {
  test('is decided with the line that the command sends', () => {
    expect(decisionAct(request(), 'approve')).toMatchObject({
      path: '/actions/queue',
      line: '{"id":"ask-1","entry":4,"decision":"approve"}',
    });
    expect(decisionAct(request(), 'approve', true).line).toBe(
      '{"id":"ask-1","entry":4,"decision":"approve","generation":3}',
    );
  });

  test('is not decided by who asked, under any name, nor approved twice by one', () => {
    expect(whyNot(request(), 'queen', 'approve')).toContain('second person');
    expect(whyNot(request(), 'queen', 'deny')).toContain('second person');
    expect(whyNot(request(), 'alice', 'approve')).toContain('approved this already');
    expect(whyNot(request(), 'alice', 'deny')).toBeUndefined();
    expect(whyNot(request(), 'approver', 'approve')).toBeUndefined();
    expect(whyNot(request({ generation: 2 }), 'approver', 'approve')).toContain('took line 3');
  });

  test('that is damaged is left out', () => {
    expect(requestsOf([null, 'x', { id: 'a' }, { ...PENDING, line: 7 }])).toEqual([]);
  });

  test('has an end in words', () => {
    const ended = (state: string, more: object = {}) => endedText(statusOf(JSON.stringify({ state, ...more })));
    expect(ended('denied', { decided_by: 'bob' })).toBe('Denied by bob.');
    expect(ended('consumed', { decided_by: 'bob', entry: 9 })).toBe(
      'Approved by bob, and used by line 9 of the journal.',
    );
    expect(ended('expired')).toContain('expired');
    expect(endedText(statusOf(''))).toBe('It is not open any more.');
  });

  test('says how much time is left', () => {
    expect([leftText(61_000), leftText(900), leftText(0), leftText(7_260_000), leftText(Number.NaN)]).toEqual([
      '1 min 1 s',
      '1 s',
      'expired',
      '2 h 1 min',
      'no time limit',
    ]);
  });
});

test('a line that needs an approval is asked for with the line that --wait sends', () => {
  const act = askingAct({ path: '/queen/ctl', line: '{"kill":"worker-1"}' }, 'ask-2');
  expect(JSON.parse(act.line)).toEqual({
    id: 'ask-2',
    target: '/queen/ctl',
    line: '{"kill":"worker-1"}',
    decision: 'request',
  });
});

test('the rule that asks is said in words, with its condition', () => {
  const text = JSON.stringify({
    rules: [
      { id: 'policy-ctl', target: '/policy/ctl', when: { fields: { op: ['apply', 'rollback'] } }, built_in: true },
    ],
  });
  const rule = ruleOf(text, 'policy-ctl');
  expect(rule === undefined ? '' : whyText(rule)).toBe(
    'Every hive has this rule: lines for /policy/ctl where op is apply or rollback need an approval.',
  );
  expect(ruleOf(text, 'other')).toBeUndefined();
  expect(preflightText('diff rules=1\nrule id=policy-ctl target=/policy/ctl queued=2 consumed=5\n', 'policy-ctl')).toBe(
    'Under this rule: 2 approved and not sent yet, 5 sent.',
  );
});

describe('what a line would do is said by its file', () => {
  const object = (name: string, description: string, field: object = { type: 'string' }): object => ({
    type: 'object',
    required: [name],
    properties: { [name]: field },
    additionalProperties: false,
    description,
  });
  const doc = (schema: object, isWord = false) => ({ summary: 'Workers.', schema, isWord });

  test('for the form that it has, field by field', () => {
    const budget = object('ttl_s', '', { type: 'integer', description: 'Seconds.' });
    const schema = {
      anyOf: [
        object('kill', 'Ends a worker.', { type: 'string', description: 'Worker id.' }),
        object('budget', 'Sets a budget.', { ...budget, description: 'The budget.' }),
      ],
    };
    expect(effectOf(doc(schema), '{"kill":"worker-1"}')).toEqual({
      summary: 'Workers.',
      form: 'Ends a worker.',
      fields: [{ name: 'kill', value: 'worker-1', meaning: 'Worker id.' }],
      problem: '',
    });
    expect(effectOf(doc(schema), '{"budget":{"ttl_s":7}}')).toMatchObject({
      form: 'Sets a budget.',
      fields: [
        { name: 'budget', meaning: 'The budget.' },
        { name: 'budget.ttl_s', value: '7', meaning: 'Seconds.' },
      ],
    });
    expect(effectOf(doc(schema), '{"kill":7}').problem).toBe('kill: a text');
  });

  test('for a word, whatever its case, and for a word that begins a form', () => {
    const words = { anyOf: [{ const: 'cordon', description: 'Nothing new.' }, { const: 'resume' }] };
    expect(effectOf(doc(words, true), 'Cordon')).toMatchObject({ form: 'Nothing new.', problem: '' });
    expect(effectOf(doc(words, true), 'melt')).toMatchObject({ form: '', problem: 'no such word: melt' });
    const forms = { anyOf: [object('lease', 'Leases.'), object('release', 'Gives back.')] };
    expect(effectOf(doc(forms, true), 'RELEASE worker-3 done').form).toBe('Gives back.');
  });

  test('and nothing is made up for a form that nobody described', () => {
    const forms = { anyOf: [object('begin', 'Starts.'), object('piece', 'More.')] };
    expect(effectOf(doc(forms, true), 'b64:AAAA')).toMatchObject({ form: '', problem: '' });
  });
});

test('decisions are told newest first, without refusals and requests', () => {
  const lines = [
    '{"seq":null,"at":1,"subject":"queen","outcome":"deny","reason":"needs-approval","path":"/queen/ctl"}',
    '{"seq":4,"at":2,"subject":"queen","outcome":"request","id":"a","target":"/queen/ctl"}',
    '{"seq":5,"at":3,"subject":"bob","outcome":"approve","id":"a","target":"/queen/ctl"}',
    '{"seq":6,"at":4,"subject":"queen","outcome":"allow","id":"a","path":"/queen/ctl"}',
    'damaged',
  ];
  expect(decidedOf(lines).map(({ seq, verb }) => [seq, verb])).toEqual([
    [6, 'sent under it'],
    [5, 'approved'],
  ]);
});

test('the log of a control file is told line by line; another content stays as it is', () => {
  const log = '{"seq":6,"at":1,"who":{"subject":"queen"},"line":"cordon","reply":{}}\n';
  expect(acceptedText(log)).toBe('line 6 by queen: cordon');
  expect(acceptedText('state=ONLINE\n')).toBe('state=ONLINE');
});
