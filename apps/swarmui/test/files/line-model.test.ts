// Lines of control files as the form reads them: against every control file that a hive documents.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ControlDoc, docFor, docsOf } from '../../src/places/files/control-doc.ts';
import { firstLine, lineText, readLine } from '../../src/places/files/line-model.ts';

/** The reference (`docs/reference/schemas.json`, made from the hive) as `/proc/controls` says it. */
const reference: readonly ControlDoc[] = JSON.parse(
  readFileSync(new URL('../../../../docs/reference/schemas.json', import.meta.url), 'utf8'),
).controls;
const text = reference
  .map(({ lineBytesMax, isWord, ...doc }) => JSON.stringify({ ...doc, line_bytes_max: lineBytesMax, is_word: isWord }))
  .join('\n');
const docs = docsOf(text);

function doc(pattern: string): ControlDoc {
  const found = docs.find((one) => one.pattern === pattern);
  if (found === undefined) throw new Error(`no ${pattern}`);
  return found;
}

function problems(pattern: string, line: string): readonly string[] {
  const read = readLine(doc(pattern), line);
  return read.kind === 'broken' ? [read.why] : read.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('every control file of the reference is read; what is no line of it is left out', () => {
  expect(docs).toEqual(reference);
  expect(docsOf(`${text}\n{"pattern":1}\n… truncated\n`)).toHaveLength(reference.length);
});

describe.each(docs.map(({ pattern }) => pattern))('%s', (pattern) => {
  test('each example fits, and is still the same line after the form has read it', () => {
    const one = doc(pattern);
    expect(one.examples.length).toBeGreaterThan(0);
    for (const example of one.examples) {
      const read = readLine(one, example);
      expect(read, example).toMatchObject({ kind: 'value', problems: [] });
      if (read.kind === 'value') expect(lineText(one, read.value)).toBe(example);
    }
  });

  test('the line a form begins with can be read', () => {
    expect(readLine(doc(pattern), firstLine(doc(pattern))).kind).toBe('value');
  });
});

test('a line is refused where it does not fit, and the field is named', () => {
  const queen = '/queen/ctl';
  expect(problems(queen, '{"spawn":"heartbeat","ticks":0}')).toEqual(['ticks: at least 1']);
  expect(problems(queen, '{"spawn":"heartbeat","ticks":""}')).toEqual(['ticks: missing']);
  expect(problems(queen, '{"spawn":"heartbeat","ticks":"ten"}')).toEqual(['ticks: a whole number']);
  expect(problems(queen, '{"spawn":"heartbeat"}')).toEqual(['ticks: missing']);
  expect(problems(queen, '{"spawn":"heartbeat","ticks":1,"colour":"red"}')).toEqual(['colour: no such field']);
  expect(problems(queen, '{"kill":""}')).toEqual(['kill: missing']);
  expect(problems(queen, '{"budget":{}}')).toEqual(['budget: at least 1 of its fields']);
  expect(problems('/queen/lifecycle/ctl', 'explode')).toEqual([': one of cordon, drain, resume, quiesce, reset']);
});

test('what two readers could read differently is no JSON', () => {
  const [twice] = problems('/queen/ctl', '{"kill":"worker-1","kill":"worker-2"}');
  expect(twice).toMatch(/^Not JSON yet: .*kill/);
  expect(problems('/queen/ctl', '{"kill":"worker-1"}\n{"kill":"worker-2"}')).toEqual(['A line has no line end in it.']);
});

test('a line of as many bytes as the file takes fits, one more does not', () => {
  const words: ControlDoc = { ...doc('/bus/:adapter/ctl'), lineBytesMax: 6, schema: { type: 'string' } };
  expect(readLine(words, 'äöü')).toMatchObject({ problems: [] });
  expect(readLine(words, 'äöüx')).toMatchObject({ problems: [{ path: '', message: '7 bytes; the file takes 6' }] });
});

test('a path finds its control file; one without parameters goes before one with', () => {
  expect(docFor(docs, '/queen/ctl')?.pattern).toBe('/queen/ctl');
  expect(docFor(docs, '/gpu/edge-1/ctl')?.pattern).toBe('/gpu/:host/ctl');
  expect(docFor(docs, '/gpu/models/ctl')?.pattern).toBe('/gpu/models/ctl');
  expect(docFor(docs, '/proc/boot')).toBeUndefined();
});
