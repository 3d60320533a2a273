// The events of a hive that runs: what is told at which level, to whom, in which order, and how much of it is kept.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { placeForEach, queenOf, type startQuiet, textOf } from './fixture.ts';

interface Event {
  readonly seq: number;
  readonly ts_ms: number;
  readonly level: string;
  readonly cat: string;
  readonly task?: string;
  readonly msg: string;
}

const place = placeForEach();

function events(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

/** Starts a hive and its queen. */
async function started(...options: Parameters<typeof startQuiet> extends [string, ...infer Rest] ? Rest : never) {
  const hive = await place.start(...options);
  const queen = queenOf(hive);
  const write = async (path: string, line: object): Promise<string> => {
    const result = await queen.append(path, `${JSON.stringify(line)}\n`);
    return result.ok ? 'ok' : result.refusal.code;
  };
  const read = async (path: string): Promise<Event[]> => events(await textOf(queen, path));
  return { queen, write, read };
}

const spawn = { spawn: 'heartbeat', ticks: 1000 };

describe('events', () => {
  it('tell of the start, and at info nothing that happens all the time', async () => {
    const { read } = await started();
    const all = await read('/trace/events');
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all).toContainEqual(
      expect.objectContaining({ level: 'info', cat: 'boot', msg: expect.stringMatching(/^boot epoch=1 /) }),
    );
    expect(new Set(all.map(({ level }) => level))).toEqual(new Set(['info']));
    const kernel = await read('/kmesg');
    expect(kernel).toEqual(all.filter(({ cat }) => cat === 'kmesg'));
    expect(kernel[0]?.msg).toMatch(/^audit journal recovered /);
  });

  it('at debug tell of accepted lines, effects and workers; of a line only where it went', async () => {
    const { read, write } = await started();
    expect(await write('/trace/ctl', { set: { level: 'debug' } })).toBe('ok');
    const before = (await read('/trace/events')).length;
    expect(await write('/queen/ctl', spawn)).toBe('ok');
    const told = (await read('/trace/events')).slice(before);
    expect(told.map(({ level, cat, msg }) => [level, cat, msg.split(' ', 1)[0]])).toEqual(
      expect.arrayContaining([
        ['debug', 'ledger', 'accepted'],
        ['info', 'worker', 'spawned'],
        ['debug', 'effect', 'worker.start'],
      ]),
    );
    const accepted = told.find(({ cat, msg }) => cat === 'ledger' && msg.includes('path=/queen/ctl '));
    expect(accepted?.msg).toMatch(/ lines=1 characters=34 role=queen sid=\d+$/);
    expect(JSON.stringify(told)).not.toContain('"ticks"');
  });

  it('of other categories and lower levels are not made: numbers have no gaps', async () => {
    const { read, write } = await started();
    await write('/trace/ctl', { set: { level: 'debug', cats: ['effect'] } });
    const first = (await read('/trace/events')).length;
    await write('/queen/ctl', spawn);
    const told = (await read('/trace/events')).slice(first);
    expect(told.map(({ cat, seq }) => [cat, seq])).toEqual([['effect', first + 1]]);
    await write('/trace/ctl', { set: { level: 'error' } });
    await write('/queen/ctl', spawn);
    expect((await read('/trace/events')).slice(first)).toEqual(told);
  });

  it('tell of refusals at warn, without what was refused', async () => {
    const { read, write } = await started();
    await write('/trace/ctl', { set: { level: 'warn' } });
    const first = (await read('/trace/events')).length;
    expect(await write('/queen/ctl', { spawn: 'secret-kind' })).toBe('invalid-payload');
    const [told] = (await read('/trace/events')).slice(first);
    expect(told).toMatchObject({ level: 'warn', cat: 'refusal' });
    expect(told?.msg).toContain('detail=invalid-payload');
    expect(told?.msg).not.toContain('secret-kind');
  });

  it('never hold a ticket or a secret, whatever the level', async () => {
    const { queen, write } = await started();
    await write('/trace/ctl', { set: { level: 'trace' } });
    await write('/queen/ctl', spawn);
    const { hive } = place;
    if (hive === undefined) throw new Error('no hive');
    const ticket = readFileSync(hive.paths.queenTicket, 'utf8').trim();
    expect(hive.attach(`${ticket.slice(0, -8)}AAAAAAAA`).ok).toBe(false);
    const text = await textOf(queen, '/trace/events');
    expect(text).toContain('op=attach');
    for (const file of [hive.paths.queenTicket, hive.paths.approverTicket]) {
      expect(text).not.toContain(readFileSync(file, 'utf8').trim().slice(0, 40));
    }
    expect(text).not.toContain('AAAAAAAA');
  });

  it('can be followed from a cursor, and nobody writes them', async () => {
    const { queen, write } = await started();
    const stat = await queen.stat('/trace/events');
    const follow = await queen.follow('/trace/events', stat.ok ? stat.value.size : 0n);
    if (!follow.ok) throw new Error(follow.refusal.detail);
    await write('/queen/lifecycle/ctl', { no: 'word' });
    const chunk = await follow.value.next();
    expect(chunk.ok && events(Buffer.from(chunk.value ?? []).toString())[0]).toMatchObject({ cat: 'lifecycle' });
    follow.value.stop();
    for (const path of ['/trace/events', '/kmesg']) expect(await write(path, {})).toBe('denied');
  });

  it('are retained so many, the newest, and a reader is told of the others', async () => {
    const { queen, write } = await started((manifest) => ({
      ...manifest,
      trace: { ...manifest.trace, events_max: 16 },
    }));
    for (let round = 0; round < 20; round++) await write('/trace/ctl', { set: { level: 'info' } });
    const [marker = '', ...rest] = (await textOf(queen, '/trace/events')).trimEnd().split('\n');
    expect(marker).toMatch(/^~ lost bytes=\d+ next=\d+$/);
    const kept = rest.map((line) => (JSON.parse(line) as Event).seq);
    expect(kept).toHaveLength(16);
    expect(kept).toEqual(kept.map((_, index) => (kept[0] ?? 0) + index));
  });

  it('stay off over a restart when they were', async () => {
    const first = await started();
    await first.write('/trace/ctl', { set: { level: 'error' } });
    await place.hive?.stop();
    const { queen } = await started();
    expect(await textOf(queen, '/trace/events')).toBe('');
    expect(await textOf(queen, '/trace/state')).toMatch(/^trace level=error cats=all entry=\d+\n$/);
  });
});

describe('the events of a worker', () => {
  it('are at /proc/<worker>/trace, and go with it; who follows them is told', async () => {
    const { queen, write, read } = await started();
    await write('/trace/ctl', { set: { level: 'debug' } });
    await write('/queen/ctl', spawn);
    const own = await read('/proc/worker-1/trace');
    expect(own.length).toBeGreaterThan(2);
    expect(new Set(own.map(({ task }) => task))).toEqual(new Set(['worker-1']));
    const all = await read('/trace/events');
    expect(all).toEqual(expect.arrayContaining(own));
    const follow = await queen.follow('/proc/worker-1/trace', undefined);
    if (!follow.ok) throw new Error(follow.refusal.detail);
    await write('/queen/ctl', { kill: 'worker-1' });
    let last = await follow.value.next();
    while (last.ok && last.value !== undefined) last = await follow.value.next();
    expect(last).toMatchObject({ ok: false, refusal: { code: 'stale' } });
    expect(await textOf(queen, '/proc/worker-1/trace')).toBe('invalid-path');
    expect(await textOf(queen, '/proc/worker-9/trace')).toBe('invalid-path');
  });

  it('are as many as the manifest says', async () => {
    const { queen, write } = await started((manifest) => ({
      ...manifest,
      trace: { ...manifest.trace, worker_events_max: 2 },
    }));
    await write('/trace/ctl', { set: { level: 'debug' } });
    await write('/queen/ctl', spawn);
    const [marker, ...kept] = (await textOf(queen, '/proc/worker-1/trace')).trimEnd().split('\n');
    expect(marker).toMatch(/^~ lost /);
    expect(kept).toHaveLength(2);
  });
});
