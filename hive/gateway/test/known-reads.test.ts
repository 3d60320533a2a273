// What is kept of a read from one request to the next: the question, and the answer to the same bytes.

import { expect, it } from 'vitest';
import { KnownRead, KnownReads } from '../src/files/known-reads.ts';
import type { ContentAsked } from '../src/files/reads.ts';
import { Query, Targets } from '../src/http/query.ts';
import type { Reply } from '../src/route.ts';

const ASKED: ContentAsked = { verb: 'CAT', path: '/proc/boot', maxBytes: 4096, from: undefined, lines: undefined };

function replyOf(text: string): Reply {
  return { status: 200, type: 'application/json', body: text };
}

it('makes an answer anew when one byte of the content is another, or when it is longer or shorter', () => {
  const read = new KnownRead(ASKED);
  const made: string[] = [];
  const answer = (text: string): Reply =>
    read.replyTo(new TextEncoder().encode(text), () => {
      made.push(text);
      return replyOf(text);
    });
  for (const text of ['a=1', 'a=1', 'a=2', 'a=2', 'a=22', 'a=', '', '']) expect(answer(text)).toEqual(replyOf(text));
  expect(made).toEqual(['a=1', 'a=2', 'a=22', 'a=', '']);
});

it('is not misled by a content that is written over', () => {
  const read = new KnownRead(ASKED);
  const content = new TextEncoder().encode('a=1');
  read.replyTo(content, () => replyOf('one'));
  content[2] = 0x32;
  expect(read.replyTo(content, () => replyOf('two'))).toEqual(replyOf('two'));
});

it('keeps the answer to a content of 1 KiB, and of no longer one', () => {
  for (const [length, times] of [
    [1024, 1],
    [1025, 3],
  ] as const) {
    const read = new KnownRead(ASKED);
    let made = 0;
    for (let count = 0; count < 3; count += 1)
      read.replyTo(new Uint8Array(length), () => {
        made += 1;
        return replyOf('x');
      });
    expect([length, made]).toEqual([length, times]);
  }
});

it('reads a query once, a bad one too', () => {
  const asked: string[] = [];
  const reads = new KnownReads((query) => {
    const path = query.get('path') ?? '';
    asked.push(path);
    return path === '' ? replyOf('a path is needed') : { ...ASKED, path };
  });
  const [good, bad] = [new Query('path=/log'), new Query('')];
  for (let count = 0; count < 2; count += 1) {
    expect(reads.of(good)).toMatchObject({ asked: { path: '/log' } });
    expect(reads.of(bad)).toEqual(replyOf('a path is needed'));
  }
  expect(asked).toEqual(['/log', '']);
});

it('keeps the last spellings of targets, short ones only, and reads each as it is spelled', () => {
  const targets = new Targets();
  const read = (text: string) => {
    const target = targets.read(text);
    if (!target.ok) return target.refusal.code;
    return target.value;
  };
  const first = read('/v1/fs/cat?path=/a');
  expect(read('/v1/fs/cat?path=/a')).toBe(first);
  expect(read('/v1/fs/cat?path=/b')).not.toBe(first);
  expect(read('/v1/../cat')).toBe('invalid-frame');
  const long = `/v1/fs/cat?path=/${'x'.repeat(512)}`;
  expect(read(long)).not.toBe(read(long));
  for (let count = 0; count < 256; count += 1) read(`/v1/fs/cat?path=/${count}`);
  expect(read('/v1/fs/cat?path=/a')).not.toBe(first);
});
