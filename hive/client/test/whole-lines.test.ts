// Whole lines out of any pieces; frames as they come.

import { ok, type Result } from '@cohesix/wire';
import { expect, it } from 'vitest';
import { wholeLines } from '../src/whole-lines.ts';

async function through(...chunks: readonly Uint8Array[]): Promise<string[]> {
  const left = [...chunks];
  const source = wholeLines({
    next: async (): Promise<Result<Uint8Array | undefined>> => ok(left.shift()),
    stop: () => undefined,
  });
  const seen: string[] = [];
  for (let next = await source.next(); next.ok && next.value !== undefined; next = await source.next())
    seen.push(Buffer.from(next.value).toString('latin1'));
  return seen;
}

it('cuts after line feeds and gives what is left at the end', async () => {
  expect(await through(Buffer.from('a'), Buffer.from('b\nc'), Buffer.from('d\ne\nf'))).toEqual([
    'ab\n',
    'cd\ne\n',
    'f',
  ]);
});

it('passes frames on as they come, also where a piece begins in the middle of one, or with what looks like text', async () => {
  const frames = [Uint8Array.of(0xa1, 0x61, 0x61), Uint8Array.of(0x0a, 0xa1), Uint8Array.of(0x61, 0x62, 0x01)];
  expect(await through(...frames)).toEqual(frames.map((frame) => Buffer.from(frame).toString('latin1')));
});
