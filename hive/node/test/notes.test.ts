// What clients write into streams: marked as theirs, and unable to steer whoever reads.

import type { Session } from '@cohesix/ninedoor';
import { Ring } from '@cohesix/telemetry';
import { expect, it } from 'vitest';
import { appendNote, streamTextProblem } from '../src/notes.ts';

const SESSION = { principal: { role: 'queen', subject: 'alice' } } as Session;

function noted(text: string | Uint8Array): string {
  const log = new Ring({ capacity: 4096 });
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const result = appendNote(log, bytes, SESSION);
  return result.ok ? Buffer.from(log.lastLines(99)).toString() : result.refusal.code;
}

it('marks every line with who wrote it, so that none looks like the hive\u2019s own', () => {
  expect(noted('one\naudit session.attach sid=1\n')).toBe(
    'note queen:alice one\nnote queen:alice audit session.attach sid=1\n',
  );
});

it('leaves out empty lines, and refuses notes that would be more than the log holds, before making them', () => {
  expect(noted('\n\none\n\n')).toBe('note queen:alice one\n');
  expect(noted('x\n'.repeat(240))).toBe('too-big');
});

it.each(['plain ~ text\twith a tab\n', 'Grüße, 世界 🦊\n', '\n'])('takes %j', (text) => {
  expect(streamTextProblem(Buffer.from(text))).toBeUndefined();
});

it.each([
  ['an escape sequence', 'a\u001b[2Jb\n', 'U+001B'],
  ['a carriage return', 'real\rfake\n', 'U+000D'],
  ['DEL', 'a\u007f\n', 'U+007F'],
  ['a C1 control', 'a\u009b2J\n', 'U+009B'],
  ['a line separator', 'a\u2028b\n', 'U+2028'],
])('refuses %s and appends nothing', (_, text, name) => {
  expect(noted(`fine\n${text}`)).toBe('invalid-payload');
  expect(streamTextProblem(Buffer.from(text))).toContain(name);
});

it('refuses what is not UTF-8', () => {
  expect(noted(Uint8Array.of(0x61, 0x9b, 0x0a))).toBe('invalid-payload');
});
