// What is taken for weights, and what is not.

import { describe, expect, it } from 'vitest';
import { checkSafetensors } from '../src/peft/safetensors.ts';
import { safetensors } from './peft-files.ts';

const tensor = (begin: number, end: number, more: object = {}): object => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
  ...more,
});

function problemOf(bytes: Uint8Array): string {
  const checked = checkSafetensors(bytes);
  return checked.ok ? 'ok' : checked.refusal.detail;
}

const eight = Buffer.alloc(8);

describe('a file of weights', () => {
  it('is counted: tensors and numbers', () => {
    const bytes = safetensors({ a: tensor(0, 8), b: tensor(8, 12), __metadata__: { format: 'pt' } }, Buffer.alloc(12));
    expect(checkSafetensors(bytes)).toEqual({ ok: true, value: { tensors: 2, parameters: 3 } });
  });

  it('may have an empty tensor, and a scalar', () => {
    expect(problemOf(safetensors({ a: tensor(0, 0), b: tensor(0, 4, { shape: [] }) }, Buffer.alloc(4)))).toBe('ok');
  });

  it('may lie at an odd place in its buffer', () => {
    const bytes = safetensors({ a: tensor(0, 4) }, Buffer.alloc(4));
    expect(problemOf(Buffer.concat([Buffer.alloc(3), bytes]).subarray(3))).toBe('ok');
  });

  it.each([
    ['a pickle of torch', Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]), 'a pickle'],
    ['a pickle of protocol 4', Buffer.from([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0]), 'a pickle'],
    ['a zip of torch.save', Buffer.from('PK\u0003\u0004archive/data.pkl'), 'a zip'],
    ['nothing', Buffer.alloc(0), 'shorter'],
    ['seven bytes', Buffer.alloc(7), 'shorter'],
    ['a header longer than the file', Buffer.concat([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), eight]), 'header would'],
    ['a header of 2^63 bytes', Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 128]), eight]), 'header would'],
    ['no JSON', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{a')]), 'no JSON object'],
    ['a list', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('[]')]), 'no JSON object'],
    ['no tensor', safetensors({}, Buffer.alloc(0)), 'no tensor'],
    ['a hole', safetensors({ a: tensor(0, 4), b: tensor(8, 12) }, Buffer.alloc(12)), 'begins at 8'],
    ['an overlap', safetensors({ a: tensor(0, 8), b: tensor(4, 12) }, Buffer.alloc(12)), 'begins at 4'],
    ['bytes that belong to nothing', safetensors({ a: tensor(0, 4) }, Buffer.alloc(5)), 'the file 5'],
    ['fewer bytes than it says', safetensors({ a: tensor(0, 8) }, Buffer.alloc(4)), 'the file 4'],
    ['another shape', safetensors({ a: tensor(0, 8, { shape: [3] }) }, eight), 'its shape wants 12'],
    [
      'a shape that overflows',
      safetensors({ a: tensor(0, 8, { shape: [2 ** 40, 2 ** 40] }) }, eight),
      'its shape wants',
    ],
    ['a shape of minus one', safetensors({ a: tensor(0, 8, { shape: [-1] }) }, eight), 'no shape'],
    ['an unknown dtype', safetensors({ a: tensor(0, 8, { dtype: 'OBJECT' }) }, eight), 'no known dtype'],
    ['a dtype of every object', safetensors({ a: tensor(0, 8, { dtype: 'toString' }) }, eight), 'no known dtype'],
    [
      'an end before its begin',
      safetensors({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, eight),
      'has -4',
    ],
  ])('is not %s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toContain(problem);
  });

  it.each([
    ['F16', 2, [0x00, 0x7c], [0xff, 0x7b]],
    ['BF16', 2, [0xc0, 0x7f], [0x7f, 0x7f]],
    ['F32', 4, [0, 0, 0x80, 0xff], [0xff, 0xff, 0x7f, 0x7f]],
    ['F64', 8, [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], [0, 0, 0, 0, 0, 0, 0xef, 0x7f]],
    ['F8_E5M2', 1, [0x7c], [0x7b]],
    ['F8_E4M3', 1, [0xff], [0x7e]],
  ])('of %s has numbers, the largest too, and no NaN or infinity', (dtype, size, bad, largest) => {
    const three = (last: readonly number[]): Uint8Array => {
      const data = Buffer.concat([Buffer.alloc(size * 2), Buffer.from(last)]);
      return safetensors({ 'layer.0': { dtype, shape: [3], data_offsets: [0, size * 3] } }, data);
    };
    expect(problemOf(three(largest))).toBe('ok');
    expect(problemOf(three(bad))).toContain('tensor "layer.0" has NaN or an infinity at number 2');
  });

  it('of whole numbers has no NaN', () => {
    const data = Buffer.from([0xff, 0x7f]);
    expect(problemOf(safetensors({ a: { dtype: 'I16', shape: [1], data_offsets: [0, 2] } }, data))).toBe('ok');
  });
});
