// Tools out of control files: names, arguments, lines.

import { ok, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import type { ControlDoc } from '../src/hive-port.ts';
import { callControl, OneAtATime, refusedResult, withDeadline } from '../src/mcp/control-call.ts';
import { controlTool } from '../src/mcp/control-tool.ts';
import { parseResourceUri, resourceUri } from '../src/mcp/resource-uri.ts';
import { shownText } from '../src/mcp/shown-text.ts';

const text = { type: 'string' };
const doc = (pattern: string, schema: object, more: Partial<ControlDoc> = {}): ControlDoc => ({
  pattern,
  summary: 'Does it.',
  schema: { ...schema },
  isWord: false,
  writers: ['queen'],
  lineBytesMax: 100,
  examples: [],
  ...more,
});
const object = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

describe('the tool of a control file', () => {
  it('has the path in its name, parameters without their colon', () => {
    expect(controlTool(doc('/queen/lease/ctl', object({}))).name).toBe('queen_lease_ctl');
    expect(controlTool(doc('/gpu/:host/:gpu/ctl', object({}))).name).toBe('gpu_host_gpu_ctl');
  });

  it('takes the parameters of the path beside the fields of the line', () => {
    const tool = controlTool(doc('/worker/:worker/ctl', object({ op: text }, ['op'])));
    expect(tool.definition.inputSchema).toMatchObject({
      type: 'object',
      required: ['worker', 'op'],
      additionalProperties: false,
      properties: { worker: { type: 'string' }, op: text },
    });
    expect(tool.lineOf({ op: 'stop', worker: 'w1' })).toEqual(ok({ path: '/worker/w1/ctl', line: '{"op":"stop"}' }));
  });

  it('nests the line where a field has the name of a parameter', () => {
    const tool = controlTool(doc('/a/:host/ctl', { anyOf: [object({ host: text }), object({ b: text })] }));
    expect(tool.definition.inputSchema).toMatchObject({ required: ['host', 'line'] });
    const line = { host: 'inner' };
    expect(tool.lineOf({ host: 'h', line })).toEqual(ok({ path: '/a/h/ctl', line: '{"host":"inner"}' }));
    expect(tool.lineOf({ host: 'h', line: 'text' })).toMatchObject({ ok: false, refusal: { code: 'invalid-payload' } });
  });

  it('keeps the branches of a choice, each with the parameters', () => {
    const tool = controlTool(doc('/a/:id/ctl', { anyOf: [object({ op: text }, ['op']), object({ set: text })] }));
    expect(tool.definition.inputSchema).toMatchObject({
      type: 'object',
      anyOf: [{ required: ['id', 'op'] }, { required: ['id'], properties: { id: text, set: text } }],
    });
  });

  it('takes a word where lines are words', () => {
    const word = { anyOf: [{ type: 'string', const: 'cordon' }] };
    const tool = controlTool(doc('/queen/lifecycle/ctl', word, { isWord: true }));
    expect(tool.lineOf({ word: 'cordon' })).toEqual(ok({ path: '/queen/lifecycle/ctl', line: 'cordon' }));
    expect(controlTool(doc('/cap', { type: 'integer' }, { isWord: true })).lineOf({ word: 250 })).toMatchObject({
      value: { line: '250' },
    });
    expect(tool.lineOf({ word: { not: 'a word' } })).toMatchObject({ ok: false });
    const forms = { anyOf: [{ ...object({ reset: text }), description: 'In words: `RESET`.' }] };
    expect(controlTool(doc('/gpu/ctl', forms, { isWord: true })).definition.inputSchema).toMatchObject({
      properties: { word: { type: 'string', description: 'In words: `RESET`.', maxLength: 100 } },
    });
  });

  it('makes one line of the same arguments, in whatever order they come', () => {
    const { lineOf } = controlTool(doc('/a/ctl', object({ a: text, b: object({ c: text, d: text }) })));
    const [one, other] = [lineOf({ b: { d: '1', c: '2' }, a: 'x' }), lineOf({ a: 'x', b: { c: '2', d: '1' } })];
    expect(one).toEqual(ok({ path: '/a/ctl', line: '{"a":"x","b":{"c":"2","d":"1"}}' }));
    expect(other).toEqual(one);
  });

  it('has another hash when anything of it is another', () => {
    const hash = (summary: string): unknown =>
      controlTool({ ...doc('/a/ctl', object({ a: text })), summary }).definition._meta?.['cohesix/definition'];
    expect(hash('Does it.')).toBe(hash('Does it.'));
    expect(hash('Does it!')).not.toBe(hash('Does it.'));
  });
});

describe('a call', () => {
  it('waits for the one before, so that each reads its own result', async () => {
    const turn = new OneAtATime();
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = turn.run(() => promise.then(() => order.push('first')));
    const second = turn.run(async () => order.push('second'));
    resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('goes on after one that failed', async () => {
    const turn = new OneAtATime();
    await expect(turn.run(async () => Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');
    expect(await turn.run(async () => 'next')).toBe('next');
  });

  it('is unknown when no answer comes in time, never guessed', async () => {
    const never = new Promise<never>(() => {});
    const called = await withDeadline(never, 1);
    expect(called).toMatchObject({ kind: 'refused', refusal: { code: 'timeout' } });
    if (called.kind === 'accepted') throw new Error('accepted');
    expect(refusedResult('/a', called.refusal, '').structuredContent).toMatchObject({ status: 'unknown' });
  });

  it('tells the sentence the hive keeps for the session', async () => {
    const client = {
      append: async () => refuse('denied', 'short'),
      explain: async () => 'You may not write /a.',
    } as never;
    expect(await callControl(client, { path: '/a', line: 'x' })).toEqual({
      kind: 'refused',
      refusal: { code: 'denied', detail: 'You may not write /a.' },
    });
  });
});

describe('resources', () => {
  it('have URIs from which no name escapes', () => {
    for (const path of ['/a b/%2e%2e/ü', '/x?y#z', '/worker/w1/telemetry']) {
      expect(parseResourceUri(resourceUri(path))).toEqual(ok({ path }));
    }
    expect(parseResourceUri('cohesix:///log/queen.log?from=12')).toEqual(ok({ path: '/log/queen.log', from: 12n }));
    for (const uri of [
      'file:///etc/passwd',
      'cohesix://host/a',
      'cohesix:///a%2fb',
      'cohesix:///%zz',
      'cohesix:///a?x=1',
    ]) {
      expect(parseResourceUri(uri)).toMatchObject({ ok: false, refusal: { code: 'invalid-path' } });
    }
  });

  it('shows what does not show as itself', () => {
    expect(shownText('a\u202eb\u200bc\u{e0041}\n')).toBe('a\\u{202e}b\\u{200b}c\\u{e0041}\\u{a}');
    expect(shownText('x'.repeat(20), 10)).toBe(`${'x'.repeat(10)}…`);
  });
});
