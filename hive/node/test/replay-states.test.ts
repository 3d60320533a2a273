// States of the past out of a journal in memory: where one cannot be made, and when nobody wants them any more.

import type { JournalEntry } from '@cohesix/journal';
import type { NoteSigner } from '@cohesix/tlog';
import { ok, type Result, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { nodeHost } from '../src/host.ts';
import { PastStates } from '../src/replay-states.ts';
import { makeBooks, plainManifest } from './fixture.ts';

/** Bodies of seven lines; the fifth cordons. */
function bodies(): readonly string[] {
  const books = makeBooks();
  books.sink.isInstant = true;
  for (const ops of [1, 2, 3]) books.submit('/queen/ctl', { budget: { ops } });
  books.submit('/queen/lifecycle/ctl', 'cordon');
  for (const ops of [4, 5]) books.submit('/queen/ctl', { budget: { ops } });
  return books.sink.bodies;
}

interface Standing {
  readonly past: PastStates;
  /** Numbers of the records that were read. */
  readonly read: number[];
}

function standing(journal: readonly (string | Result<never>)[]): Standing {
  const read: number[] = [];
  const past = new PastStates({
    manifest: plainManifest(),
    host: nodeHost,
    signer: {} as NoteSigner,
    snapshots: '/nonexistent/snapshots',
    directory: '/nonexistent/journal',
    lastLine: () => 7,
    journal: {
      async *read(from: number): AsyncGenerator<Result<JournalEntry>> {
        for (const [index, body] of journal.entries()) {
          const seq = index + 1;
          if (seq < from) continue;
          read.push(seq);
          yield typeof body === 'string'
            ? ok({ seq, body: Buffer.from(body), end: { seq, segment: 1, offset: seq } })
            : body;
        }
      },
    },
  });
  return { past, read };
}

function stateAt({ past }: Standing, line: number): string {
  const file = past.rootAt(line)?.child('proc')?.child('lifecycle')?.child('state')?.file;
  return file?.kind === 'view' ? Buffer.from(file.render({}, undefined as never)).toString() : 'none';
}

describe('a state of the past', () => {
  it('is made of the records before it and no others, from the nearest that is there', async () => {
    const place = standing(bodies());
    expect(await place.past.ready(4)).toEqual(ok(undefined));
    expect(await place.past.ready(6)).toEqual(ok(undefined));
    expect(place.past.ready(4)).toBeUndefined();
    expect(place.read).toEqual([1, 2, 3, 4, 5, 6]);
    expect([stateAt(place, 4), stateAt(place, 5), stateAt(place, 6)]).toEqual([
      'state=ONLINE\n',
      'none',
      'state=DRAINING\n',
    ]);
  });

  it('ends where this program decides otherwise, and does not tell what is there', async () => {
    const edited = bodies().map((body) => body.replace('new=DRAINING', 'new=ONLINE'));
    const place = standing(edited);
    expect(await place.past.ready(4)).toEqual(ok(undefined));
    for (const line of [5, 6]) {
      const made = await place.past.ready(line);
      expect(made).toMatchObject({ ok: false, refusal: { code: 'stale' } });
      expect(JSON.stringify(made)).toMatch(/decides line 5 otherwise/);
      expect(JSON.stringify(made)).not.toContain('DRAINING');
    }
    expect(stateAt(place, 5)).toBe('none');
    expect(place.past.lines()).toEqual([4]);
  });

  it('is refused as the journal refuses, and when that ends too early; later ones are made all the same', async () => {
    const [one = '', two = '', three = ''] = bodies();
    const place = standing([one, two, three, refuse('audit-unavailable', 'A sector is gone.')]);
    const [bad, good] = [place.past.ready(5), place.past.ready(2)];
    expect(await bad).toEqual(refuse('audit-unavailable', 'A sector is gone.'));
    expect(await good).toEqual(ok(undefined));
    expect(await standing([one]).past.ready(2)).toMatchObject({ ok: false, refusal: { code: 'audit-unavailable' } });
  });

  it('of no line there is', async () => {
    const { past, read } = standing(bodies());
    for (const line of [0, -1, 8])
      expect(await past.ready(line)).toEqual(refuse('invalid-path', 'Lines are numbered from 1 to 7.'));
    expect(read).toEqual([]);
  });

  it('nobody waits for a hive that stops', async () => {
    const { past } = standing(bodies());
    const waiting = past.ready(3);
    past.stop();
    expect(await waiting).toMatchObject({ ok: false, refusal: { code: 'closed' } });
    expect(await past.ready(3)).toMatchObject({ ok: false, refusal: { code: 'closed' } });
  });
});
