import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FollowedLines } from '../../src/files/lines.ts';
import { NAMES, TEXT } from '../../src/files/names.ts';
import { beat, pulse, pulseSource } from '../../src/files/pulse.ts';
import { contentOf } from '../../src/files/reads.ts';
import { type Hive, instead } from '../../src/session/hive.ts';
import { isVisible } from '../../src/session/platform.ts';
import { session } from '../../src/session/session.ts';
import { type FakeClient, FakeHive } from './fake-hive.ts';

/** Lets timers up to a beat and everything behind them happen. */
const soon = () => vi.advanceTimersByTimeAsync(200);

const show = (client: FakeClient, more: Partial<Hive> = {}): void =>
  instead.set({ mode: 'live', client, role: 'queen', subject: undefined, ...more });

beforeAll(async () => {
  // The page begins with a beat, of the platform's own timers.
  await vi.waitFor(() => expect(pulse.get()).toBeGreaterThan(0));
});
beforeEach(() => {
  vi.useFakeTimers();
  // Somebody is signed in, so that no hive means a lost connection.
  session.phase.set({ kind: 'connecting', attempt: 1 });
});
afterEach(async () => {
  instead.set(undefined);
  isVisible.set(true);
  await soon();
  vi.useRealTimers();
});

describe('what is pushed', () => {
  test('a line of events is a beat, and a hundred of them are one', async () => {
    const hive = new FakeHive();
    hive.stream('/trace/events');
    show(hive.client());
    await soon();
    expect(pulseSource.get()).toBe('events');
    const before = pulse.get();
    for (let line = 0; line < 100; line += 1) hive.publish('/trace/events', 'something\n');
    await soon();
    expect(pulse.get()).toBe(before + 1);
  });

  test('a ticket that may not follow events gets the clock, and the hive is not asked for them again', async () => {
    const hive = new FakeHive();
    const client = hive.client();
    const follow = vi.spyOn(client, 'follow');
    show(client);
    await soon();
    expect(pulseSource.get()).toBe('clock');
    const before = pulse.get();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(pulse.get()).toBeGreaterThan(before + 20);
    expect(follow).toHaveBeenCalledTimes(1);
  });

  test('a hidden tab reads nothing, and catches up with one beat', async () => {
    const hive = new FakeHive();
    hive.stream('/trace/events');
    hive.put('/hidden', 'one');
    show(hive.client());
    const content = contentOf('/hidden', TEXT);
    const unwatch = content.watch(() => undefined);
    await soon();
    isVisible.set(false);
    hive.reads.length = 0;
    hive.put('/hidden', 'two');
    for (let second = 0; second < 3600; second += 1) hive.publish('/trace/events', 'x\n');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(hive.reads).toEqual([]);
    isVisible.set(true);
    await soon();
    expect(hive.reads).toEqual(['/hidden']);
    expect(content.get()).toMatchObject({ kind: 'here', value: 'two' });
    unwatch();
  });
});

describe('a view that is watched', () => {
  test('is old as soon as the hive is gone, and fresh again when it is back', async () => {
    const hive = new FakeHive();
    hive.put('/view', 'one');
    show(hive.client());
    const content = contentOf('/view', TEXT);
    const unwatch = content.watch(() => undefined);
    await soon();
    instead.set(undefined);
    expect(content.get()).toEqual({ kind: 'here', value: 'one', isStale: true });
    show(hive.client());
    await soon();
    expect(content.get()).toEqual({ kind: 'here', value: 'one', isStale: false });
    unwatch();
  });

  test('what one hive answered is not shown of the other that came while it was asked', async () => {
    const [one, other] = [new FakeHive(), new FakeHive()];
    one.put('/race', 'of one');
    other.put('/race', 'of the other');
    show(one.client());
    const content = contentOf('/race', TEXT);
    const seen: unknown[] = [];
    const unwatch = content.watch(() => seen.push(content.get()));
    show(other.client(), { mode: 'past', at: 3 });
    await soon();
    expect(seen).toEqual([{ kind: 'here', value: 'of the other', isStale: false }]);
    unwatch();
  });

  test('that was left is not taken for fresh when somebody comes back', async () => {
    const hive = new FakeHive();
    hive.put('/left', 'one');
    show(hive.client());
    const unwatch = contentOf('/left', TEXT).watch(() => undefined);
    await soon();
    unwatch();
    hive.put('/left', 'two');
    beat();
    await soon();
    const content = contentOf('/left', TEXT);
    expect(content.get()).toMatchObject({ value: 'one', isStale: true });
    await soon();
    expect(content.get()).toMatchObject({ value: 'two', isStale: false });
  });

  test('what one recording said is not shown of another one', async () => {
    const [one, other] = [new FakeHive(), new FakeHive()];
    one.put('/whose', 'mine');
    show(one.client(), { mode: 'replay' });
    const content = contentOf('/whose', TEXT);
    const unwatch = content.watch(() => undefined);
    await soon();
    show(other.client(), { mode: 'replay' });
    expect(content.get()).toEqual({ kind: 'waiting' });
    await soon();
    expect(content.get()).toMatchObject({ kind: 'refused', refusal: { code: 'invalid-path' } });
    unwatch();
  });

  test('that is refused is asked for ever more rarely, and is there soon after it came to be', async () => {
    const hive = new FakeHive();
    hive.stream('/trace/events');
    show(hive.client());
    const content = contentOf('/later', TEXT);
    const unwatch = content.watch(() => undefined);
    await soon();
    hive.reads.length = 0;
    // Each refusal may be what the hive tells as an event: then the page would ask without end.
    for (let second = 0; second < 60; second += 1) {
      hive.publish('/trace/events', 'refused /later\n');
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(hive.reads.length).toBeLessThanOrEqual(12);
    hive.put('/later', 'here');
    hive.publish('/trace/events', 'something\n');
    await vi.advanceTimersByTimeAsync(10_200);
    expect(content.get()).toMatchObject({ kind: 'here', value: 'here' });
    hive.put('/later', 'changed');
    hive.publish('/trace/events', 'something\n');
    await soon();
    expect(content.get()).toMatchObject({ value: 'changed' });
    unwatch();
  });

  test('that is long is read once a second at most, and is not behind for longer', async () => {
    const hive = new FakeHive();
    hive.stream('/trace/events');
    hive.put('/long', 'x'.repeat(100_000));
    hive.put('/short', 'x');
    show(hive.client());
    const unwatch = [contentOf('/long', TEXT), contentOf('/short', TEXT)].map((one) => one.watch(() => undefined));
    await soon();
    hive.reads.length = 0;
    for (let beats = 0; beats < 20; beats += 1) {
      hive.publish('/trace/events', 'something\n');
      await soon();
    }
    const count = (path: string): number => hive.reads.filter((one) => one === path).length;
    expect([count('/long') <= 5, count('/short')]).toEqual([true, 20]);
    hive.put('/long', `${'x'.repeat(100_000)}y`);
    await vi.advanceTimersByTimeAsync(1200);
    expect(contentOf('/long', TEXT).get()).toMatchObject({ value: expect.stringMatching(/y$/) });
    for (const end of unwatch) end();
  });

  test('that was refused is asked for at once of another hive', async () => {
    const [one, other] = [new FakeHive(), new FakeHive()];
    show(one.client());
    const content = contentOf('/elsewhere', TEXT);
    const unwatch = content.watch(() => undefined);
    await soon();
    other.put('/elsewhere', 'here');
    show(other.client());
    await soon();
    expect(content.get()).toMatchObject({ kind: 'here' });
    unwatch();
  });

  test('a refusal is shown as what it is, and a reading that fails stops no other', async () => {
    const hive = new FakeHive();
    hive.put('/good', 'good');
    vi.stubGlobal('reportError', () => undefined);
    show(hive.client());
    const bad = contentOf('/bad', { ...TEXT, name: 'bad', read: () => Promise.reject(new Error('mistake')) });
    const list = contentOf('/good', NAMES);
    const good = contentOf('/good', TEXT);
    await soon();
    expect(bad.get()).toEqual({ kind: 'waiting' });
    expect(list.get()).toMatchObject({ kind: 'refused', refusal: { code: 'unsupported' } });
    expect(good.get()).toMatchObject({ value: 'good' });
    vi.unstubAllGlobals();
  });
});

test('a sign-out forgets what was seen, at once', async () => {
  const hive = new FakeHive();
  hive.put('/secret', 'of the queen');
  show(hive.client());
  const content = contentOf('/secret', TEXT);
  const unwatch = content.watch(() => undefined);
  await soon();
  instead.set(undefined);
  session.phase.set({ kind: 'signed-out' });
  expect(content.get()).toEqual({ kind: 'waiting' });
  unwatch();
});

describe('a stream that is followed', () => {
  const linesOf = (followed: FollowedLines): readonly string[] => {
    const content = followed.content.get();
    return content.kind === 'here' ? content.value.lines : [];
  };

  test('goes on after a lost connection where it was: nothing twice, nothing left out', async () => {
    const hive = new FakeHive();
    hive.stream('/log', 'one\n');
    const followed = new FollowedLines('/log', 10);
    show(hive.client());
    followed.start();
    await soon();
    hive.publish('/log', 'two\n');
    await soon();
    instead.set(undefined);
    expect(followed.content.get()).toMatchObject({ isStale: true });
    hive.publish('/log', 'three\n');
    show(hive.client());
    await soon();
    expect(linesOf(followed)).toEqual(['one', 'two', 'three']);
    expect(followed.content.get()).toMatchObject({ isStale: false });
    followed.end();
  });

  test('that began anew meanwhile is read from its beginning', async () => {
    const hive = new FakeHive();
    hive.stream('/log', 'a long line of before\n');
    const followed = new FollowedLines('/log', 10);
    show(hive.client());
    followed.start();
    await soon();
    instead.set(undefined);
    hive.put('/log', 'new\n');
    show(hive.client());
    await soon();
    expect(linesOf(followed)).toEqual(['a long line of before', 'new']);
    followed.end();
  });

  test('does not go on with cursors of now in the past', async () => {
    const hive = new FakeHive();
    hive.stream('/log', 'one\ntwo\n');
    const followed = new FollowedLines('/log', 10);
    show(hive.client());
    followed.start();
    await soon();
    const then = new FakeHive();
    then.stream('/log', 'one\n');
    show(then.client(), { mode: 'past', at: 1 });
    await soon();
    expect(linesOf(followed)).toEqual(['one']);
    followed.end();
  });

  test('keeps its last lines and says how many came before', async () => {
    const hive = new FakeHive();
    hive.stream('/log', '1\n2\n3\n4\n');
    const followed = new FollowedLines('/log', 2);
    show(hive.client());
    followed.start();
    await soon();
    expect(followed.content.get()).toMatchObject({ value: { lines: ['3', '4'], dropped: 2 } });
    followed.end();
  });

  test('that ends by itself is old, and begun again; one that may not be read is asked for once', async () => {
    const hive = new FakeHive();
    hive.stream('/log', 'one\n');
    const client = hive.client();
    const followed = new FollowedLines('/log', 10);
    show(client);
    followed.start();
    await soon();
    client.end('limit');
    await soon();
    expect(followed.content.get()).toMatchObject({ kind: 'here', isStale: true });
    client.over = undefined;
    hive.publish('/log', 'two\n');
    await vi.advanceTimersByTimeAsync(5000);
    expect(linesOf(followed)).toEqual(['one', 'two']);
    followed.end();
    const refused = new FollowedLines('/none', 10);
    hive.reads.length = 0;
    refused.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refused.content.get()).toMatchObject({ kind: 'refused', refusal: { code: 'invalid-path' } });
    expect(hive.reads).toEqual(['/none']);
    refused.end();
  });
});
