// The ledger: all or nothing, durable before visible, sealed for good when the disk fails.

import { refuse } from '@cohesix/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Books, makeBooks, QUEEN, replayed, START_MS } from './fixture.ts';

const HOST = { spawn: 'host', budget: {} };
const BEAT = { spawn: 'heartbeat', ticks: 3, budget: {} };
const KILL_NOBODY = { kill: 'worker-99' };

function workers(books: Books): string[] {
  return books.authority.listNames(books.ledger.shown, '/worker/:worker');
}

describe('an append', () => {
  it('of several lines is one record', () => {
    const books = makeBooks();
    books.submit('/queen/ctl', HOST, BEAT);
    books.sink.release();
    expect(books.answers).toEqual(['ok']);
    expect(workers(books)).toEqual(['worker-1', 'worker-2']);
    const record = JSON.parse(books.sink.bodies[1] ?? '') as { seq: number; lines: string[]; outcomes: unknown[] };
    expect([record.seq, record.lines.length, record.outcomes.length]).toEqual([2, 2, 2]);
    expect(books.ledger.shownSeq).toBe(3);
  });

  it('whose second line is refused leaves nothing: no record, no state, no number', () => {
    const books = makeBooks();
    const before = books.shownText();
    books.submit('/queen/ctl', HOST, KILL_NOBODY);
    expect(books.answers).toEqual(['not-found']);
    expect(books.sink.bodies.length).toBe(1);
    expect(books.shownText()).toBe(before);
    books.submit('/queen/ctl', BEAT);
    books.sink.release();
    expect(workers(books)).toEqual(['worker-1']);
    expect((JSON.parse(books.sink.bodies[1] ?? '') as { seq: number }).seq).toBe(2);
  });

  it('that is refused half-way keeps what is decided and not yet durable', () => {
    const books = makeBooks();
    books.submit('/queen/ctl', HOST);
    books.submit('/queen/ctl', BEAT, KILL_NOBODY);
    books.submit('/queen/ctl', { kill: 'worker-1' });
    expect(books.answers).toEqual(['not-found']);
    books.submit('/queen/ctl', BEAT);
    books.sink.release();
    expect(books.answers).toEqual(['not-found', 'ok', 'ok', 'ok']);
    expect(workers(books)).toContain('worker-2');
  });

  it('that the journal does not take is refused with its reason and undone', () => {
    const books = makeBooks();
    books.sink.refusal = refuse('buffer-full', 'the disk is slow');
    books.submit('/queen/ctl', HOST);
    expect(books.answers).toEqual(['buffer-full']);
    books.sink.refusal = undefined;
    books.submit('/queen/ctl', HOST);
    books.sink.release();
    expect(workers(books)).toEqual(['worker-1']);
  });

  it('that is refused says why in the log and does nothing else', () => {
    const books = makeBooks();
    books.submit('/queen/lifecycle/ctl', 'resume');
    expect(books.answers).toEqual(['invalid-transition']);
    expect(books.log.join('\n')).toContain('lifecycle denied action=resume');
    expect(books.events).toEqual(['done invalid-transition']);
  });
});

describe('durable before visible', () => {
  it('shows nothing, answers nothing and starts nothing before the disk has it', () => {
    const books = makeBooks();
    const before = books.shownText();
    books.submit('/queen/ctl', HOST);
    expect([books.shownText(), books.answers, books.effects, books.ledger.shownSeq]).toEqual([before, [], [], 1]);
    books.sink.release();
    expect(workers(books)).toEqual(['worker-1']);
    expect(books.events).toEqual(['shown', 'done ok', 'effect worker.start']);
  });

  it('decides what comes meanwhile on what is decided, not on what is shown', () => {
    const books = makeBooks();
    books.submit('/queen/ctl', HOST);
    books.submit('/queen/ctl', { kill: 'worker-1' });
    books.submit('/queen/ctl', { kill: 'worker-1' });
    expect(books.answers).toEqual(['not-found']);
    books.sink.release(1);
    expect(books.answers).toEqual(['not-found', 'ok']);
    expect(workers(books)).toEqual(['worker-1']);
    books.sink.release();
    expect(books.effects.map(({ kind }) => kind)).toEqual(['worker.start', 'worker.stop']);
  });

  it('lets a callback submit again', () => {
    const books = makeBooks();
    books.ledger.submit(QUEEN, '/queen/ctl', [JSON.stringify(HOST)], () => books.submit('/queen/ctl', BEAT));
    books.sink.release();
    books.sink.release();
    expect(workers(books)).toEqual(['worker-1', 'worker-2']);
  });
});

describe('time', () => {
  it('never goes back, however the clock does', () => {
    const books = makeBooks();
    const times: number[] = [];
    for (const clock of [START_MS + 10, START_MS - 1e9, 0, START_MS + 5, START_MS + 11, START_MS + 1e12, START_MS]) {
      books.clock = clock;
      books.submit('/queen/ctl', BEAT);
      times.push((JSON.parse(books.sink.bodies.at(-1) ?? '') as { at: number }).at);
    }
    books.sink.release();
    expect(books.answers.every((answer) => answer === 'ok')).toBe(true);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[1]).toBe(START_MS + 10);
  });
});

describe('a sealed ledger', () => {
  function sealed(): Books {
    const books = makeBooks();
    books.submit('/queen/ctl', HOST);
    books.sink.release();
    books.submit('/queen/ctl', BEAT);
    books.submit('/queen/ctl', { kill: 'worker-1' });
    books.sink.fail('EIO on fdatasync');
    return books;
  }

  it('refuses everything that waited, and every change after it, with one code', () => {
    const books = sealed();
    books.submit('/queen/ctl', BEAT);
    books.submit('/queen/ctl', 'nonsense');
    expect(books.answers).toEqual(['ok', ...Array(4).fill('audit-unavailable')]);
    expect(books.sink.bodies.length).toBe(4);
    expect(books.ledger.sealedBy).toBe('EIO on fdatasync');
  });

  it('shows what was durable, goes on being read, and starts nothing of what was not', () => {
    const books = sealed();
    expect(workers(books)).toEqual(['worker-1']);
    expect(books.ledger.shownSeq).toBe(2);
    expect(books.effects.length).toBe(1);
    expect(books.authority.renderView(books.ledger.shown, '/proc/lifecycle/state')).toBe('state=ONLINE\n');
    expect(books.ledger.sealedBy).toBe('EIO on fdatasync');
  });

  it('holds no decided line back that could come out later', () => {
    const books = sealed();
    expect(books.sink.waiting.length).toBe(0);
    books.sink.release();
    expect(workers(books)).toEqual(['worker-1']);
  });
});

describe('any mix of appends, refusals and disk delays', () => {
  it('ends in the state that its records replay to', () => {
    const line = fc.constantFrom<object>(
      HOST,
      BEAT,
      { kill: 'worker-1' },
      { kill: 'worker-2' },
      { budget: { ttl_s: 5 } },
      KILL_NOBODY,
      { surprise: 1 },
    );
    const act = fc.oneof(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('release one', 'release all', 'full', 'not full'),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const books = makeBooks();
        for (const one of acts) {
          if (one === 'release one') books.sink.release(1);
          else if (one === 'release all') books.sink.release();
          else if (one === 'full') books.sink.refusal = refuse('buffer-full');
          else if (one === 'not full') books.sink.refusal = undefined;
          else if (typeof one !== 'string') books.submit('/queen/ctl', ...one);
        }
        books.sink.release();
        const again = makeBooks(undefined, replayed(books.authority, books.sink.bodies));
        expect(again.shownText()).toBe(books.shownText());
        expect(books.authority.invariants(books.ledger.shown)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
