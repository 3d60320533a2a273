// The formats of `/metrics`, and the reading of views into values.

import { expect, test } from 'vitest';
import type { Family } from '../src/metrics/family.ts';
import { fieldsOf, numberOf, rowsOf } from '../src/metrics/fields.ts';
import { formatOf, metricsText } from '../src/metrics/text.ts';

const FAMILIES: readonly Family[] = [
  {
    name: 'x_refusals',
    kind: 'counter',
    help: 'A \\ and a "quote"\nand a line.',
    samples: [{ labels: { tag: 'a"b\\c\nd' }, value: 3 }],
  },
  { name: 'x_size_bytes', kind: 'gauge', unit: 'bytes', help: 'Size.', samples: [{ labels: {}, value: 1.5e9 }] },
  { name: 'x_hive', kind: 'info', help: 'Which.', samples: [{ labels: { version: '1', place: 'here' }, value: 1 }] },
  { name: 'x_nothing', kind: 'gauge', help: 'No samples.', samples: [] },
];

test('the Prometheus format 0.0.4', () => {
  expect(metricsText(FAMILIES, 'prometheus')).toBe(`# TYPE x_refusals_total counter
# HELP x_refusals_total A \\\\ and a "quote"\\nand a line.
x_refusals_total{tag="a\\"b\\\\c\\nd"} 3
# TYPE x_size_bytes gauge
# HELP x_size_bytes Size.
x_size_bytes 1500000000
# TYPE x_hive_info gauge
# HELP x_hive_info Which.
x_hive_info{version="1",place="here"} 1
`);
});

test('OpenMetrics 1.0: names without suffix in the head, units, an escaped quote, an end', () => {
  expect(metricsText(FAMILIES, 'openmetrics')).toBe(`# TYPE x_refusals counter
# HELP x_refusals A \\\\ and a \\"quote\\"\\nand a line.
x_refusals_total{tag="a\\"b\\\\c\\nd"} 3
# TYPE x_size_bytes gauge
# UNIT x_size_bytes bytes
# HELP x_size_bytes Size.
x_size_bytes 1500000000
# TYPE x_hive info
# HELP x_hive Which.
x_hive_info{version="1",place="here"} 1
# EOF
`);
});

test('numbers that are none are written as both formats write them', () => {
  const of = (value: number): string =>
    metricsText([{ name: 'x', kind: 'gauge', help: 'H.', samples: [{ labels: {}, value }] }], 'prometheus').split(
      '\n',
    )[2] ?? '';
  expect([of(Number.NaN), of(Number.POSITIVE_INFINITY), of(Number.NEGATIVE_INFINITY)]).toEqual([
    'x NaN',
    'x +Inf',
    'x -Inf',
  ]);
});

test.each([
  [undefined, 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/plain', 'prometheus'],
  ['application/openmetrics-text', 'openmetrics'],
  // What Prometheus 2.42 sends.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  ['application/openmetrics-text;q=0.2, text/plain;q=0.9', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
])('Accept %s gives %s', (accept, format) => {
  expect(formatOf(accept)).toBe(format);
});

test('fields of words, of quoted words and of JSON', () => {
  expect([...fieldsOf('sessions total=2 worker=1\nshard 13 1\n')]).toEqual([
    ['total', '2'],
    ['worker', '1'],
  ]);
  expect(fieldsOf('state=sealed reason="no space = left" seq=4').get('reason')).toBe('no space = left');
  expect(fieldsOf('state=sealed reason="no space = left" seq=4').get('seq')).toBe('4');
  expect(fieldsOf('{"schema":"x/1","entries":7}\n{"id":1}').get('entries')).toBe('7');
  expect([...fieldsOf('{"cut off')]).toEqual([]);
  expect([numberOf('12'), numberOf('none'), numberOf(''), numberOf(undefined), numberOf('1e3')]).toEqual([
    12,
    undefined,
    undefined,
    undefined,
    1000,
  ]);
});

test('rows up to the bound, and how many more there are', () => {
  const text = Array.from({ length: 5 }, (_, index) => `host=h${index} mem_mb=${index}/9`).join('\n');
  expect(rowsOf(text, 4)).toMatchObject({ rows: { length: 4 }, left: 1 });
  expect(rowsOf(text, 5)).toMatchObject({ rows: { length: 5 }, left: 0 });
});
