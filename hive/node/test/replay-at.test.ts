// `/replay/at/<line>`: the hive as it was after any line of its journal, in whatever order it is asked for, while it goes on.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { defaultManifest } from '@cohesix/manifest';
import type { Entry, PathSession } from '@cohesix/ninedoor';
import type { Claims } from '@cohesix/ticket';
import { describe, expect, it, vi } from 'vitest';
import { namespaceOf, readHistory } from '../src/history.ts';
import { ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

/** Paths and what is there: names of a directory with a slash each, or the text of a file. */
type Tree = Readonly<Record<string, string>>;

/** What `coh at` makes of the journal: the whole namespace after a line. */
async function expected(to: number): Promise<Tree> {
  const directory = place.hive?.paths.journal ?? '';
  const history = await readHistory({ directory, manifest: defaultManifest(), to });
  if (!history.ok) throw new Error(history.refusal.detail);
  const tree: Record<string, string> = {};
  const look = (entry: Entry): void => {
    const { file, path, params } = entry;
    if (file?.kind === 'control') tree[path] = Buffer.from(file.log(params)).toString();
    else if (file?.kind === 'view') tree[path] = Buffer.from(file.render(params, undefined as never)).toString();
    else {
      tree[path] = entry.list().join('/');
      for (const name of entry.list()) look(entry.child(name) as Entry);
    }
  };
  look(namespaceOf(history.value));
  return tree;
}

/** The same, through a session. */
async function seen(session: PathSession, line: number): Promise<Tree> {
  const root = `/replay/at/${line}`;
  const tree: Record<string, string> = {};
  const look = async (path: string): Promise<void> => {
    const names = await session.list(`${root}${path}`.replace(/\/$/, ''));
    if (!names.ok) {
      tree[path] = await textOf(session, `${root}${path}`);
      return;
    }
    tree[path] = names.value.join('/');
    for (const name of names.value) await look(path === '/' ? `/${name}` : `${path}/${name}`);
  };
  await look('/');
  return tree;
}

/** A hive that has done something of each kind; value: the number of its last line. */
async function lived(): Promise<{ session: PathSession; last: number }> {
  const hive = await place.start();
  const session = queenOf(hive);
  const say = async (path: string, ...lines: readonly (string | object)[]): Promise<void> => {
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    expect(await session.append(path, text)).toMatchObject({ ok: true });
  };
  await say('/queen/ctl', { spawn: 'heartbeat', ticks: 1000, budget: {} });
  // Three lines of one append: the state after each is that after all.
  await say('/queen/ctl', { budget: { ops: 7 } }, { spawn: 'heartbeat', ticks: 5, budget: {} }, { budget: { ops: 8 } });
  await say('/queen/ctl', { kill: 'worker-1' });
  await say('/queen/lifecycle/ctl', 'cordon');
  await say('/queen/lifecycle/ctl', 'resume');
  await say('/queen/telemetry/cam-1/ctl', { new: 'segment', mime: 'text/plain' });
  await say('/replay/ctl', { from: 0 });
  return { session, last: await lastLine(session) };
}

async function lastLine(session: PathSession): Promise<number> {
  return Number(/ seq=(\d+) /.exec(await textOf(session, '/proc/journal'))?.[1]);
}

/** The numbers 1 to `count` in an order that jumps about, the same each time. */
function jumbled(count: number): readonly number[] {
  const step = [7, 11, 13, 17].find((prime) => count % prime !== 0) ?? 1;
  return Array.from({ length: count }, (_, index) => ((index * step) % count) + 1);
}

describe('/replay/at', () => {
  it('shows what `coh at` shows for every line, in any order, while the hive goes on', {
    timeout: 60_000,
  }, async () => {
    const { session, last } = await lived();
    expect(last).toBeGreaterThan(9);
    for (const line of jumbled(last)) {
      const going = session.append('/queen/ctl', `${JSON.stringify({ budget: { ops: line } })}\n`);
      expect(await seen(session, line)).toEqual(await expected(line));
      expect(await going).toMatchObject({ ok: true });
    }
  });

  it('comes to the same from a state near by, a foothold, and the beginning of a long journal', async () => {
    const { session } = await lived();
    await Promise.all(
      Array.from({ length: 3000 }, (_, n) => place.hive?.system('/queen/ctl', `{"budget":{"ops":${n + 1}}}`)),
    );
    const newest = async (line: number): Promise<string> =>
      (await textOf(session, `/replay/at/${line}/queen/ctl`)).trimEnd().split('\n').at(-1) ?? '';
    const start = (await lastLine(session)) - 2900;
    for (const line of [2500, 2501, 2700, 2499, 2100, 2498, 20, 2500, 1, 2899])
      expect(JSON.parse(await newest(start + line)).seq).toBe(start + line);
  });

  it('begins at a snapshot where that saves much, and says when the journal is damaged on the way', {
    timeout: 60_000,
  }, async () => {
    const hive = await place.start((manifest) => ({
      ...manifest,
      journal: { ...manifest.journal, segment_bytes: 1 << 20, snapshot_records: 17_000 },
    }));
    const session = queenOf(hive);
    for (let turn = 0; turn < 20; turn++)
      await Promise.all(Array.from({ length: 1000 }, () => hive.system('/queen/ctl', '{"budget":{"ops":1}}')));
    await vi.waitFor(() => expect(readdirSync(hive.paths.snapshots)).toContainEqual(expect.stringMatching(/\.snap$/)));
    const [first = ''] = readdirSync(hive.paths.journal).filter((name) => name.endsWith('.seg'));
    const damaged = readFileSync(`${hive.paths.journal}/${first}`);
    damaged[200] = (damaged[200] ?? 0) ^ 1;
    writeFileSync(`${hive.paths.journal}/${first}`, damaged);
    expect(await textOf(session, '/replay/at/19000/proc/lifecycle/state')).toBe('state=ONLINE\n');
    expect(await textOf(session, '/replay/at/9000/proc/lifecycle/state')).toBe('audit-unavailable');
    expect(await textOf(session, '/replay/at/19001/proc/lifecycle/state')).toBe('state=ONLINE\n');
  });

  it('lists a few lines at hand, all of which can be looked at', async () => {
    const { session, last } = await lived();
    for (let line = 1; line <= last; line++) await textOf(session, `/replay/at/${line}/proc/lifecycle/state`);
    const listed = await session.list('/replay/at');
    expect(listed).toMatchObject({ ok: true });
    const names = listed.ok ? listed.value : [];
    expect(names.length).toBeLessThanOrEqual(6);
    expect(names).toContain(String(last));
    for (const name of names) expect(await session.list(`/replay/at/${name}`)).toMatchObject({ ok: true });
  });

  it('answers a line that is asked for many times at once, and is busy when too many are', async () => {
    const { session, last } = await lived();
    const same = await Promise.all(
      Array.from({ length: 40 }, () => textOf(session, '/replay/at/2/proc/lifecycle/state')),
    );
    expect(new Set(same)).toEqual(new Set(['state=ONLINE\n']));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => place.hive?.system('/queen/ctl', `{"budget":{"ops":${n + 1}}}`)),
    );
    const many = Array.from({ length: 20 }, (_, n) =>
      textOf(session, `/replay/at/${last + n + 1}/proc/lifecycle/state`),
    );
    const answers = await Promise.all(many);
    expect(answers.filter((answer) => answer === 'busy')).toHaveLength(4);
    expect(answers.filter((answer) => answer === 'state=ONLINE\n')).toHaveLength(16);
    expect(await textOf(session, '/replay/at/3/proc/lifecycle/state')).toBe('state=ONLINE\n');
  });

  it('knows no line that was not written, no other spelling, and nothing that was not there then', async () => {
    const { session, last } = await lived();
    const one = '/proc/lifecycle/state';
    for (const line of ['0', '01', '-1', '1.0', 'x', '', String(last + 1), '9'.repeat(17)])
      expect([line, await textOf(session, `/replay/at/${line}${one}`)]).toEqual([line, 'invalid-path']);
    const before = '/replay/at/1/worker/worker-1/info';
    expect(await textOf(session, before)).toBe('invalid-path');
    expect(await textOf(session, before.replace('/1/', `/${last}/`))).toBe('invalid-path');
    expect(await textOf(session, before.replace('/at/1/', '/at/3/'))).toContain('"kind":"heartbeat"');
    // Streams and what the machine says are no state.
    expect(await textOf(session, '/replay/at/1/log/queen.log')).toBe('invalid-path');
    expect(await textOf(session, '/replay/at/1/replay/at/1/queen/ctl')).toBe('invalid-path');
  });

  it('is read-only, whether or not the line is at hand', async () => {
    const { session, last } = await lived();
    const files = ['queen/ctl', 'queen/lifecycle/ctl', 'proc/lifecycle/state'];
    for (const [index, file] of files.entries()) {
      const path = `/replay/at/${index + 1}/${file}`;
      expect(await session.append(path, 'cordon\n')).toMatchObject({ ok: false, refusal: { code: 'denied' } });
      expect(await session.stat(path)).toMatchObject({ ok: true, value: { kind: 'view', mode: 0o444 } });
      expect(await session.follow(path, undefined)).toMatchObject({ ok: false, refusal: { code: 'unsupported' } });
      expect(await session.openStored(path, 'write')).toMatchObject({ ok: false, refusal: { code: 'denied' } });
    }
    expect(await session.append('/replay/at/1', 'x\n')).toMatchObject({ ok: false, refusal: { code: 'is-directory' } });
    expect(await lastLine(session)).toBe(last);
  });

  it('a bind leads there too, when the line is not at hand any more as well', async () => {
    const { session, last } = await lived();
    await textOf(session, '/replay/at/2/queen/ctl');
    const bound = await session.append('/queen/ctl', '{"bind":{"from":"/replay/at/2/proc","to":"/then"}}\n');
    expect(bound).toMatchObject({ ok: true });
    for (let line = 3; line <= last; line++) await textOf(session, `/replay/at/${line}/queen/ctl`);
    expect(await textOf(session, '/then/lifecycle/state')).toBe('state=ONLINE\n');
  });
});

async function sessionWith(claims: Partial<Claims>): Promise<PathSession> {
  const hive = place.hive;
  if (hive === undefined) throw new Error('start it first');
  const session = hive.attach(await ticketOf(hive, claims));
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}

describe('a ticket', () => {
  const lease = 'proc/lifecycle/state';

  it.each([
    ['the whole tree', ['/'], { in: 'state=ONLINE\n', names: 'more' }],
    [
      '/replay alone: nothing of the hive, so nothing of its past',
      ['/replay'],
      { in: 'invalid-path', names: 'proc,replay' },
    ],
    [
      '/replay and one folder: that folder',
      ['/replay', '/proc/lifecycle'],
      { in: 'state=ONLINE\n', names: 'proc,replay' },
    ],
    ['one line and one folder', ['/replay/at/2', '/proc/lifecycle'], { in: 'state=ONLINE\n', names: 'proc,replay' }],
    ['another line', ['/replay/at/3', '/proc/lifecycle'], { in: 'invalid-path', names: 'invalid-path' }],
    ['a place in the past but not now', [`/replay/at/2/${lease}`], { in: 'invalid-path', names: '' }],
    ['that place now but not the past', ['/proc/lifecycle'], { in: 'invalid-path', names: 'invalid-path' }],
  ])('for %s', async (_, paths, { in: text, names }) => {
    await lived();
    const session = await sessionWith({ scopes: paths.map((path) => ({ path, verbs: 'read', ratePerS: 0 })) });
    expect(await textOf(session, `/replay/at/2/${lease}`)).toBe(text);
    const listed = await session.list('/replay/at/2');
    if (names === 'more') expect(listed.ok && listed.value.length).toBeGreaterThan(5);
    else expect(listed.ok ? listed.value.join() : listed.refusal.code).toBe(names);
  });

  it('of a worker sees nothing of the past', async () => {
    await lived();
    const session = await sessionWith({ role: 'worker-heartbeat', subject: 'worker-2' });
    expect(await textOf(session, `/replay/at/2/${lease}`)).toBe('invalid-path');
  });
});
