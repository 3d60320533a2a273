// The lines of the page fit the control files they are for. That they are those of the commands: tests/ui/fleet-lines.test.ts.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ControlDoc, docFor } from '../../src/places/files/control-doc.ts';
import { readLine } from '../../src/places/files/line-model.ts';
import * as acts from '../../src/places/fleet/fleet-acts.ts';

const reference: readonly ControlDoc[] = JSON.parse(
  readFileSync(new URL('../../../../docs/reference/schemas.json', import.meta.url), 'utf8'),
).controls;

const ALL = [
  acts.kill('worker-7'),
  acts.lifecycle('cordon'),
  acts.lifecycle('drain'),
  acts.lifecycle('resume'),
  acts.release('l1'),
  acts.renew('l1', 60),
  acts.preempt('l1', 'maintenance'),
  acts.cancelJob('j1'),
  acts.dequeueJob('j1'),
  acts.activateModel('m1', 'h1'),
  acts.rollbackModel('h1'),
  acts.approveModel('m1', 'h1'),
  acts.rejectModel('m1', 'h1', 'drift'),
  acts.withdrawGpus('h1'),
];

test.each(ALL)('$what: $line', ({ path, line, what }) => {
  const doc = docFor(reference, path);
  expect(doc).toBeDefined();
  if (doc === undefined) return;
  const read = readLine(doc, line);
  if (doc.isWord && line.startsWith('{')) {
    // A file of words and of objects (`/gpu/models/active`): the object is one of its examples' kind.
    expect(doc.examples.map((example) => example.slice(0, 14))).toContain(line.slice(0, 14));
  }
  expect(read).toMatchObject({ kind: 'value', problems: [] });
  expect(what.length).toBeGreaterThan(5);
});

test('what ends or removes something says so', () => {
  expect(ALL.filter(({ isDanger }) => isDanger === true).map(({ what }) => what.split(' ')[0])).toEqual([
    'Kill',
    'Release',
    'Preempt',
    'Cancel',
    'Dequeue',
    'Roll',
    'Reject',
    'Withdraw',
  ]);
});

test('words of spawn are those of the shell, and a wrong one is named', () => {
  expect(acts.spawn(' heartbeat ticks=3 ')).toMatchObject({
    ok: true,
    value: { path: '/queen/ctl', line: '{"spawn":"heartbeat","ticks":3}', what: 'Spawn heartbeat ticks=3' },
  });
  expect(acts.spawn('heartbeat')).toMatchObject({ ok: false, refusal: { detail: 'missing required argument: ticks' } });
});

test('a name with quotes in it stays one value', () => {
  expect(acts.kill('a","kill":"b').line).toBe(JSON.stringify({ kill: 'a","kill":"b' }));
});
