// A Follow over any source that is pulled chunk by chunk: one iteration at a time, stopped at most once, its end
// told by `ended` whoever caused it.

import { ok, type Result } from '@cohesix/wire';
import type { Follow } from './hive-client.ts';
import type { LocalFollow } from './local-door.ts';

/** Wraps a pulled source. `ended` settles when the iteration saw the end or `stop` was called. */
export function followOf(source: LocalFollow, whenEnded?: (result: Result<void>) => void): Follow {
  let finish: (result: Result<void>) => void = () => {};
  const ended = new Promise<Result<void>>((resolve) => {
    finish = resolve;
  });
  let isOver = false;
  const end = (result: Result<void>): void => {
    if (isOver) return;
    isOver = true;
    finish(result);
    whenEnded?.(result);
  };
  const stop = (): void => {
    source.stop();
    end(ok(undefined));
  };
  return { stop, ended, [Symbol.asyncIterator]: () => iterate(source, end, stop) };
}

async function* iterate(
  source: LocalFollow,
  end: (result: Result<void>) => void,
  stop: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (;;) {
      const chunk = await source.next();
      if (!chunk.ok) return end(chunk);
      if (chunk.value === undefined) return end(ok(undefined));
      yield chunk.value;
    }
  } finally {
    stop();
  }
}
