// The tracer without a hive: what a line of the log is about, how long an event can be, and what happens when memory is short.

import { describe, expect, it } from 'vitest';
import { taskOf, topicOf } from '../src/trace-lines.ts';
import { Tracer } from '../src/tracer.ts';

const BOUNDS = { events_max: 16, worker_events_max: 4, ring_budget_bytes: 65_536 };

function tracer(change: Partial<typeof BOUNDS> = {}): Tracer {
  const made = new Tracer({ now: () => 7, isTask: (name) => name.startsWith('w'), bounds: { ...BOUNDS, ...change } });
  made.obey({ level: 'info', cats: null });
  return made;
}

const textOf = (ring: { snapshot(): Uint8Array } | undefined): string => Buffer.from(ring?.snapshot() ?? []).toString();

describe('a line of the log', () => {
  it.each([
    ['boot epoch=1 version=0.1.0 manifest=f00d', 'info boot'],
    ['restarted workers=2 expired=0', 'info boot'],
    ['audit journal recovered records=1', 'info kmesg'],
    ['audit journal sealed reason="EIO"', 'error kmesg'],
    ['audit journal archive failed reason="x"', 'warn kmesg'],
    ['audit journal segment archived', 'info journal'],
    ['audit snapshot failed reason="x"', 'warn kmesg'],
    ['audit invariant broken policy: x', 'error kmesg'],
    ['audit cosigned records=4 witness=w', 'info journal'],
    ['journal sealed reason=x', 'warn journal'],
    ['audit session.attach sid=1 role=queen subject=queen ticket=00 door=9p', 'info session'],
    ['audit tcp.conn.open conn_id=1 peer=::1', 'debug tcp'],
    ['audit refused reason=policy detail=denied sid=1 op=read path="/x"', 'warn refusal'],
    ['audit refused reason=policy detail=invalid-frame op=9p peer=9p#1', 'warn ninep'],
    ['audit refused reason=policy detail=unauthenticated op=auth why=invalid-token peer=x', 'warn tcp'],
    ['audit refused suppressed=7', 'warn refusal'],
    ['lifecycle transition old=ONLINE new=DRAINING reason=cordon', 'info lifecycle'],
    ['lifecycle denied action=drain state=ONLINE reason=invalid-transition', 'warn lifecycle'],
    ['root cut how=eof', 'warn lifecycle'],
    ['spawned worker-1 ticks=5 ttl=60 ops=none', 'info worker'],
    ['policy-gate outcome=deny role=queen ticket=00 reason=missing-approval path=/x', 'warn policy'],
    ['policy-gate outcome=allow role=queen ticket=00 id=a', 'info policy'],
    ['lease granted id=a subject=s resource=r fence=1 expires_ms=1', 'info lease'],
    ['schedule running id=j worker=worker-3 fence=4 attempt=1 seq=9', 'info schedule'],
    ['export opened id=w ttl=1 by=queen', 'info control'],
    ['constructor of nothing', 'info control'],
    ['', 'info control'],
  ])('%s is %s', (line, topic) => {
    const { level, cat } = topicOf(line);
    expect(`${level} ${cat}`).toBe(topic);
  });

  it.each([
    ['spawned worker-1 ticks=5', 'worker-1'],
    ['revoked worker-2: exit status 0', 'worker-2'],
    ['schedule running id=j worker=worker-3 fence=4', 'worker-3'],
    ['audit session.attach sid=1 role=worker-heartbeat subject=worker-4/helper ticket=00', 'worker-4'],
    ['audit session.detach sid=1 reason=closed', undefined],
  ])('%s names %s', (line, task) => {
    expect(taskOf(line)).toBe(task);
  });
});

describe('an event', () => {
  it('is one JSON line with the fields of the source, in their order', () => {
    const events = tracer();
    events.tell('warn', 'lease', { msg: 'two\nlines', task: 'w1' });
    expect(textOf(events.events)).toBe(
      '{"seq":1,"ts_ms":7,"level":"warn","cat":"lease","task":"w1","msg":"two\\nlines"}\n',
    );
  });

  it('has a message of 512 characters; a longer one is cut and says so', () => {
    const msgOf = (length: number): string => {
      const events = tracer();
      events.tell('info', 'boot', { msg: 'x'.repeat(length) });
      return (JSON.parse(textOf(events.events)) as { msg: string }).msg;
    };
    expect(msgOf(512)).toBe('x'.repeat(512));
    expect(msgOf(513)).toBe(`${'x'.repeat(511)}…`);
  });

  it('finds room however much of it must be escaped', () => {
    const events = tracer();
    for (let count = 0; count < 20; count++) events.tell('info', 'kmesg', { msg: '\u0001'.repeat(600) });
    expect(textOf(events.events).trimEnd().split('\n')).toHaveLength(16);
    expect(textOf(events.kmesg)).toBe(textOf(events.events));
  });

  it('names a worker only when there is one', () => {
    const events = tracer();
    events.line('spawned nobody ticks=1');
    expect(textOf(events.events)).not.toContain('"task"');
    expect(events.ringOf('nobody')).toBeUndefined();
  });

  it('about a worker without room is told to the others', () => {
    const events = tracer({ ring_budget_bytes: 256 });
    for (const worker of ['w1', 'w2']) events.tell('info', 'worker', { msg: 'hello', task: worker });
    expect(textOf(events.ringOf('w1'))).toContain('hello');
    expect(textOf(events.ringOf('w2'))).toBe('');
    expect(textOf(events.events).trimEnd().split('\n')).toHaveLength(2);
    events.forget('w1');
    events.tell('info', 'worker', { msg: 'now', task: 'w2' });
    expect(textOf(events.ringOf('w2'))).toContain('now');
  });

  it('is asked for before it is made: a filter answers for level and category', () => {
    const events = tracer();
    events.obey({ level: 'debug', cats: ['boot', 'lease'] });
    expect([events.isOn('debug', 'lease'), events.isOn('trace', 'lease'), events.isOn('error', 'worker')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
