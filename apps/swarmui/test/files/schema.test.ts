// Which shape a value is meant for, and what a form begins with.

import { expect, test } from 'vitest';
import { emptyOf, hintOf, problemsOf, type Schema, titleOf, variantOf } from '../../src/places/files/schema.ts';

const word = (value: string): Schema => ({ type: 'string', const: value });
const object = (properties: Record<string, Schema>, required: string[], description?: string): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  ...(description === undefined ? {} : { description }),
});

const host = object({ spawn: word('host') }, ['spawn'], 'Starts one. More of it.');
const adapter = object({ spawn: { anyOf: [word('lora'), word('bus')] }, adapter: { type: 'string' } }, ['spawn']);
const kill = object({ kill: { type: 'string', minLength: 1 } }, ['kill']);
const all: Schema = { anyOf: [host, adapter, kill] };

test('a value belongs to the shape whose constants it has, else to the one with its fields', () => {
  expect(variantOf([host, adapter, kill], { spawn: 'bus' })).toBe(1);
  expect(variantOf([host, adapter, kill], { spawn: 'host' })).toBe(0);
  expect(variantOf([host, adapter, kill], { kill: '' })).toBe(2);
  expect(variantOf([host, kill], { spawn: 'host', kill: 'worker-1' })).toBe(0);
});

test('every shape can be begun, and is then recognised as itself', () => {
  for (const [index, variant] of [host, adapter, kill].entries())
    expect(variantOf([host, adapter, kill], emptyOf(variant)), `${index}`).toBe(index);
});

test('what a form begins with has nothing in it that somebody must choose', () => {
  expect(emptyOf(host)).toEqual({ spawn: 'host' });
  expect(emptyOf(kill)).toEqual({ kill: '' });
  expect(problemsOf(all, emptyOf(kill))).toEqual([{ path: 'kill', message: 'missing' }]);
});

test('lists and maps are checked item by item', () => {
  const list: Schema = { type: 'array', items: { type: 'integer', maximum: 3 }, minItems: 1, maxItems: 2 };
  expect(problemsOf(list, [])).toEqual([{ path: '', message: 'at least 1' }]);
  expect(problemsOf(list, [1, 4])).toEqual([{ path: '1', message: 'at most 3' }]);
  expect(problemsOf(list, [1, 2, 3])).toEqual([{ path: '', message: 'at most 2' }]);
  const map: Schema = { type: 'object', additionalProperties: { type: 'boolean' } };
  expect(problemsOf(map, { a: true, b: 'no' })).toEqual([{ path: 'b', message: 'yes or no' }]);
});

test('a name that every object has is no field', () => {
  expect(problemsOf(kill, JSON.parse('{"kill":"a","constructor":1}'))).toEqual([
    { path: 'constructor', message: 'no such field' },
  ]);
});

test('shapes and fields are told in words', () => {
  expect(titleOf(host)).toBe('spawn host: Starts one');
  expect(titleOf(adapter)).toBe('spawn lora or bus');
  expect(titleOf(kill)).toBe('kill');
  expect(hintOf({ type: 'integer', minimum: 1, maximum: 9, default: 3 })).toBe('1 to 9, default 3');
  expect(hintOf({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER })).toBe('from 0');
});
