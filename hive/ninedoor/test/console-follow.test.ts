// Follows on the console: beside other commands, behind slow readers, and every way they end.

import { Ring } from '@cohesix/telemetry';
import { ok } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { Follows } from '../src/follows.ts';
import type { NodeDefinition } from '../src/node.ts';
import { attachedConsole, connectConsole, makeFixture } from './fixture.ts';

const encoder = new TextEncoder();
const LOG = '/log/queen.log';

function lines(...texts: string[]): Uint8Array {
  return encoder.encode(texts.map((text) => `${text}\n`).join(''));
}

describe('a follow', () => {
  it('starts at the end, shows what is appended, and ends with END and OK STOP', async () => {
    const fixture = makeFixture();
    fixture.ring.append(lines('old'));
    const wire = await attachedConsole(fixture);
    expect(await wire.say(`follow ${LOG}`)).toEqual([`OK FOLLOW path=${LOG}`]);
    fixture.ring.append(lines('one', 'two'));
    expect(await wire.take()).toEqual(['one', 'two']);
    expect(await wire.say('stop')).toEqual(['END', 'OK STOP']);
    fixture.ring.append(lines('three'));
    expect(await wire.take()).toEqual([]);
    expect(fixture.ring.listenerCount).toBe(0);
  });

  it('starts at a cursor, at what is retained, or at the end when the cursor is beyond it', async () => {
    const fixture = makeFixture();
    fixture.ring.append(lines('first', 'second'));
    for (const [cursor, shown] of [
      [0, ['first', 'second']],
      [6, ['second']],
      [13, []],
      [14, []],
      ['18446744073709551615', []],
    ] as const) {
      const wire = await attachedConsole(fixture);
      expect(await wire.say(`follow ${LOG} ${cursor}`)).toEqual([`OK FOLLOW path=${LOG}`, ...shown]);
      wire.connection.closed();
    }
  });

  it('runs beside other commands, whose answers stay whole', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    const answers = await wire.say(`follow ${LOG}`, 'ls /proc/pressure', `echo ${LOG} hello`, 'ping');
    expect(answers.filter((line) => line === 'hello').length).toBe(1);
    expect(answers.filter((line) => line !== 'hello')).toEqual([
      `OK FOLLOW path=${LOG}`,
      'OK LS path=/proc/pressure entries=4',
      'busy',
      'cut',
      'policy',
      'quota',
      'END',
      `OK ECHO path=${LOG} bytes=6`,
      'OK PING reply=pong',
    ]);
  });

  it('goes on while a command waits for the journal', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    await wire.say(`follow ${LOG}`);
    fixture.holdsWrites = true;
    expect(await wire.say('echo /queen/ctl {}')).toEqual([]);
    fixture.ring.append(lines('meanwhile'));
    expect(await wire.take()).toEqual(['meanwhile']);
    fixture.submitted[0]?.done(ok(undefined));
    expect(await wire.take()).toEqual(['OK ECHO path=/queen/ctl bytes=3']);
  });

  it('is one at a time; the second is refused and the first goes on', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    expect(await wire.say(`follow ${LOG}`, `follow ${LOG}`)).toEqual([
      `OK FOLLOW path=${LOG}`,
      `ERR FOLLOW reason=busy detail=busy path=${LOG} error=EBUSY`,
    ]);
    fixture.ring.append(lines('still'));
    expect(await wire.take()).toEqual(['still']);
    expect(await wire.say('stop', `follow ${LOG} 0`)).toEqual(['END', 'OK STOP', `OK FOLLOW path=${LOG}`, 'still']);
  });

  it('ends when its stream is gone, when the session is, and with the connection', async () => {
    const fixture = makeFixture();
    const gone = await attachedConsole(fixture);
    await gone.say(`follow ${LOG}`);
    fixture.door.follows.end(fixture.ring);
    expect(await gone.take()).toEqual([`ERR FOLLOW reason=quota detail=stale path=${LOG} error=ESTALE`]);
    expect(await gone.say('stop', `follow ${LOG}`)).toEqual([
      'ERR STOP reason=policy detail=invalid-transition error=EALREADY',
      `OK FOLLOW path=${LOG}`,
      `ERR FOLLOW reason=quota detail=stale path=${LOG} error=ESTALE`,
    ]);

    const other = makeFixture();
    const revoked = await attachedConsole(other);
    await revoked.say(`follow ${LOG}`);
    other.door.closeWhere(() => true, { code: 'revoked', detail: 'gone' });
    expect(await revoked.take()).toEqual([`ERR FOLLOW reason=cut detail=revoked path=${LOG} error=EKEYREVOKED`]);
    const closed = await attachedConsole(other);
    await closed.say(`follow ${LOG}`);
    closed.connection.closed();
    expect(other.ring.listenerCount).toBe(0);
  });

  it('ends before another attach is answered, and a new one is not ended by the old', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    const again = `attach queen ${fixture.token()}`;
    expect(await wire.say(`follow ${LOG}`, again, `follow ${LOG}`, 'ping')).toEqual([
      `OK FOLLOW path=${LOG}`,
      'END',
      'OK ATTACH role=queen',
      `OK FOLLOW path=${LOG}`,
      'OK PING reply=pong',
    ]);
    fixture.ring.append(lines('new'));
    expect(await wire.take()).toEqual(['new']);
  });

  it('keeps a client from being idle, and a client without one is not', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    expect(wire.connection.hasFollow).toBe(false);
    await wire.say(`follow ${LOG}`);
    expect(wire.connection.hasFollow).toBe(true);
    await wire.say('stop');
    expect(wire.connection.hasFollow).toBe(false);
  });

  it('needs the right to read, and bandwidth', async () => {
    const fixture = makeFixture();
    const writer = await attachedConsole(fixture, { scopes: [{ path: '/log', verbs: 'write', ratePerS: 0 }] });
    expect(await writer.say(`follow ${LOG}`)).toEqual([
      `ERR FOLLOW reason=policy detail=denied path=${LOG} error=EPERM`,
    ]);
    const poor = await attachedConsole(fixture, { quotas: { bandwidthBurst: 10 } });
    await poor.say(`follow ${LOG}`);
    fixture.ring.append(lines('12345'));
    expect(await poor.take()).toEqual(['12345']);
    fixture.ring.append(lines('6789x'));
    expect(await poor.take()).toEqual([`ERR FOLLOW reason=quota detail=exhausted path=${LOG} error=EDQUOT`]);
  });
});

describe('a follower that does not read', () => {
  it('costs one chunk over its bound, and is told what it lost', async () => {
    const bound = 16_384;
    const big = new Ring({ capacity: 262_144 });
    const node: NodeDefinition = { pattern: '/log/big', file: { kind: 'stream', ring: () => big, append: undefined } };
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: bound } }), [node]);
    const wire = await attachedConsole(fixture);
    await wire.say('follow /log/big');
    wire.sink.isStuck = true;
    const before: string[] = [];
    for (let line = 0; line < 20_000; line++) {
      big.append(lines(`${line} ${'x'.repeat(90)}`));
      if (line % 10 === 0) before.push(...(await wire.take()));
    }
    expect(wire.sink.queuedBytes).toBeGreaterThan(bound);
    expect(wire.sink.queuedBytes).toBeLessThan(bound + 2 * 65_536);

    wire.sink.release();
    wire.connection.drained();
    const after = await wire.take();
    const shown = [...before, ...after];
    const marks = shown.filter((line) => line.startsWith('~ lost bytes='));
    expect(marks.length).toBe(1);
    const numbers = shown.filter((line) => !line.startsWith('~')).map((line) => Number(line.split(' ')[0]));
    const gap = numbers.findIndex((number, index) => number !== index);
    expect(numbers.slice(gap)).toEqual(
      Array.from({ length: numbers.length - gap }, (_, index) => (numbers[gap] ?? 0) + index),
    );
    expect(numbers.at(-1)).toBe(19_999);
    const lostBytes = Array.from(
      { length: (numbers[gap] ?? 0) - gap },
      (_, index) => lines(`${gap + index} ${'x'.repeat(90)}`).length,
    );
    expect(marks[0]).toMatch(`~ lost bytes=${lostBytes.reduce((sum, size) => sum + size, 0)} `);
  });

  it('does not hold up others', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: 4096 } }));
    const slow = await attachedConsole(fixture);
    slow.sink.isStuck = true;
    await slow.say(`follow ${LOG}`);
    const quick = await attachedConsole(fixture);
    await quick.say(`follow ${LOG}`);
    for (let line = 0; line < 200; line++) {
      fixture.ring.append(lines(`line ${line}`));
      expect(await quick.take()).toEqual([`line ${line}`]);
    }
    expect(await quick.say('ping')).toEqual(['OK PING reply=pong']);
  });

  it('can be stopped while it waits, and be cut off', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: 4096 } }));
    const wire = await attachedConsole(fixture);
    await wire.say(`follow ${LOG}`);
    wire.sink.isStuck = true;
    for (let round = 0; round < 8; round++) {
      fixture.ring.append(lines('x'.repeat(1000)));
      await wire.take();
    }
    wire.connection.timeOut();
    expect(wire.sink.isEnded).toBe(true);
    expect(fixture.ring.listenerCount).toBe(0);
    expect(fixture.door.sessions.size).toBe(0);
  });
});

describe('Follows', () => {
  const waiter = (calls: string[] = [], name = 'x') => ({
    onAppend: () => void calls.push(name),
    onEnd: () => void calls.push(`end ${name}`),
  });

  it('holds as many as its bound on one stream, more than a ring has listeners', () => {
    const ring = new Ring({ capacity: 64, listenersMax: 1 });
    const follows = new Follows(2000);
    const all = Array.from({ length: 2000 }, () => waiter());
    for (const one of all) expect(follows.add(ring, one).ok).toBe(true);
    const refused = follows.add(ring, waiter());
    expect(refused.ok ? 'ok' : refused.refusal.code).toBe('limit');
    for (const one of all) follows.remove(ring, one);
    expect(ring.listenerCount).toBe(0);
  });

  it('does not call who was removed by another during one append', () => {
    const ring = new Ring({ capacity: 64 });
    const follows = new Follows();
    const calls: string[] = [];
    const second = waiter(calls, 'second');
    follows.add(ring, { ...waiter(calls), onAppend: () => follows.remove(ring, second) });
    follows.add(ring, second);
    ring.append(lines('x'));
    expect(calls).toEqual([]);
  });

  it('ends all at once, and refuses who comes after', () => {
    const ring = new Ring({ capacity: 64 });
    const follows = new Follows();
    const calls: string[] = [];
    follows.add(ring, waiter(calls, 'a'));
    follows.add(ring, waiter(calls, 'b'));
    follows.end(ring);
    follows.end(ring);
    expect(calls).toEqual(['end a', 'end b']);
    const late = follows.add(ring, waiter());
    expect(late.ok ? 'ok' : late.refusal.code).toBe('stale');
    expect(ring.listenerCount).toBe(0);
  });
});

describe('a console that is not attached', () => {
  it('cannot follow', async () => {
    const wire = connectConsole(makeFixture());
    expect(await wire.say('AUTH door-token', `follow ${LOG}`)).toEqual([
      'OK AUTH',
      'ERR FOLLOW reason=policy detail=unauthenticated error=EACCES',
    ]);
  });
});
