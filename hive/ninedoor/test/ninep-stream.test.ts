// 9P2000.L over time: follows that wait, frames cut anywhere, a peer that does not read.

import { describe, expect, it } from 'vitest';
import { attached, attachText, connect, framesOf, makeFixture, settled, VERSION } from './fixture.ts';

describe('follow', () => {
  const follow = ["Twalk tag 2 fid 1 newfid 2 'log' 'queen.log'", 'Tlopen tag 2 fid 2 flags 020000000000'];
  const line = new TextEncoder().encode('a line\n');

  it('waits at the end and answers what is appended', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow);
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 99')).toEqual([]);
    fixture.ring.append(line);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 3 count 7 'a line\\n'"]);
    expect(fixture.ring.listenerCount).toBe(0);
  });

  it('is answered within the bandwidth of its ticket, and refused when that is used up', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture, { quotas: { bandwidthBurst: 5 } });
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    fixture.ring.append(line);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 3 count 5 'a lin'"]);
    expect(fixture.door.pressure.counts.quota).toBe(0);
    expect(wire.say('Tread tag 3 fid 2 offset 7 count 99')).toEqual(['Rlerror tag 3 ecode 122']);
  });

  it('is refused when another session of its ticket used the bandwidth up while it waited', async () => {
    const fixture = makeFixture();
    const token = fixture.token({ quotas: { bandwidthBurst: 5 } });
    const [waiting, other] = [connect(fixture), connect(fixture)];
    waiting.say(VERSION, attachText(token), ...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    other.say(VERSION, attachText(token), "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 2 fid 2 flags 0');
    expect(other.say('Tread tag 2 fid 2 offset 0 count 99')).toEqual(["Rread tag 2 count 5 'Cohes'"]);
    fixture.ring.append(line);
    await settled();
    expect(waiting.take()).toEqual(['Rlerror tag 3 ecode 122']);
    expect(fixture.door.pressure.counts.quota).toBe(1);
    expect(fixture.audit.at(-1)).toMatch(/detail=exhausted sid=1 op=read path="\/log\/queen.log"$/);
    expect(fixture.ring.listenerCount).toBe(0);
  });

  it('without the follow flag the end is the end', () => {
    const wire = attached(makeFixture());
    wire.say("Twalk tag 2 fid 1 newfid 2 'log' 'queen.log'", 'Tlopen tag 2 fid 2 flags 0');
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 99')).toEqual(["Rread tag 3 count 0 ''"]);
  });

  it('hears of an append after whoever appended was answered', async () => {
    const wire = attached(makeFixture());
    wire.say(...follow, "Twalk tag 4 fid 1 newfid 4 'log' 'queen.log'", 'Tlopen tag 4 fid 4 flags 1');
    wire.say('Tread tag 3 fid 2 offset 0 count 99');
    expect(wire.say("Twrite tag 4 fid 4 offset 0 count 3 'hi\\n'")).toEqual(['Rwrite tag 4 count 3']);
    await settled();
    expect(wire.take()).toEqual(["Rread tag 3 count 3 'hi\\n'"]);
  });

  it('ends at Tflush without an answer of its own, and the tag is free again', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    expect(wire.say('Tflush tag 4 oldtag 3')).toEqual(['Rflush tag 4']);
    expect(fixture.ring.listenerCount).toBe(0);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')[0]).toMatch(/^Rgetattr tag 3/);
  });

  it.each([
    ['Tclunk', 'Rclunk tag 4'],
    ['Tremove', 'Rlerror tag 4 ecode 1'],
  ])('ends at %s with an error for the read, before its answer', (message, answer) => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    expect(wire.say(`${message} tag 4 fid 2`)).toEqual(['Rlerror tag 3 ecode 125', answer]);
    expect(fixture.ring.listenerCount).toBe(0);
  });

  it('does not hold a connection open whose peer sends nothing more', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: 8192 } }));
    fixture.view = 'x'.repeat(8000);
    const wire = attached(fixture);
    wire.say(...follow, "Twalk tag 4 fid 1 newfid 4 'proc' 'boot'", 'Tlopen tag 4 fid 4 flags 0');
    wire.sink.isStuck = true;
    const reads = Array.from({ length: 20 }, (_, index) => `Tread tag ${10 + index} fid 4 offset 0 count 8000`);
    wire.say(...reads, 'Tread tag 3 fid 2 offset 0 count 99');
    wire.connection.inputEnded();
    expect(wire.sink.isEnded).toBe(false);
    wire.sink.release();
    wire.connection.drained();
    await settled();
    expect([wire.sink.isEnded, fixture.ring.listenerCount]).toEqual([true, 0]);
  });

  it('ends when the ticket is revoked; later operations say why', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    fixture.door.closeWhere(() => true, { code: 'revoked', detail: 'gone' });
    await settled();
    expect(wire.take()).toEqual(['Rlerror tag 3 ecode 128']);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')).toEqual(['Rlerror tag 3 ecode 128']);
    expect(wire.say('Tclunk tag 3 fid 1')).toEqual(['Rclunk tag 3']);
  });

  it('ends when the stream is gone', async () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    fixture.door.follows.end(fixture.ring);
    await settled();
    expect(wire.take()).toEqual(['Rlerror tag 3 ecode 116']);
    expect(wire.say('Tread tag 3 fid 2 offset 0 count 99')).toEqual(['Rlerror tag 3 ecode 116']);
  });

  it('leaves no listener behind when the connection ends', () => {
    const fixture = makeFixture();
    const wire = attached(fixture);
    wire.say(...follow, 'Tread tag 3 fid 2 offset 0 count 99');
    wire.connection.closed();
    expect(fixture.ring.listenerCount).toBe(0);
  });
});

describe('frames', () => {
  it('gives the same answers however the bytes are cut', () => {
    const messages = [
      "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
      'Tlopen tag 3 fid 2 flags 0',
      'Tread tag 4 fid 2 offset 0 count 9',
    ];
    const whole = attached(makeFixture()).say(...messages);
    const bytes = framesOf(messages);
    for (let cut = 1; cut < bytes.length; cut++) {
      const wire = attached(makeFixture());
      wire.sendBytes(bytes.subarray(0, cut));
      wire.sendBytes(bytes.subarray(cut));
      expect(wire.take()).toEqual(whole);
    }
  });

  it.each([0, 6, 8193, 0xffff_ffff])('ends the connection at a frame of size %d', (size) => {
    const wire = attached(makeFixture());
    const frame = new Uint8Array(7);
    new DataView(frame.buffer).setUint32(0, size, true);
    wire.sendBytes(frame);
    expect(wire.sink.isEnded).toBe(true);
  });

  it.each([0, 6, 7, 101, 107, 112, 114, 124, 126, 255])('refuses message type %d and goes on', (type) => {
    const wire = attached(makeFixture());
    wire.sendBytes(Uint8Array.of(7, 0, 0, 0, type, 9, 0));
    expect(wire.take()[0]).toMatch(/^Rlerror tag 9 ecode (95|71)$/);
    expect(wire.say('Tgetattr tag 3 fid 1 request_mask 0x7ff')[0]).toMatch(/^Rgetattr/);
  });

  it('stops handling for a peer that does not read, and answers everything once it does', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: 16_384 } }));
    fixture.view = `${'x'.repeat(8000)}\n`;
    const wire = attached(fixture);
    wire.say("Twalk tag 2 fid 1 newfid 2 'proc' 'boot'", 'Tlopen tag 3 fid 2 flags 0');
    wire.sink.isStuck = true;
    const reads = Array.from({ length: 200 }, (_, tag) => `Tread tag ${tag} fid 2 offset 0 count 8000`);
    const early = wire.say(...reads);
    expect(early.length).toBeLessThan(30);
    expect(wire.sink.isPaused).toBe(true);
    wire.sink.release();
    wire.connection.drained();
    // Half a megabyte a turn, so that the others have theirs.
    for (let turn = 0; turn < 5; turn++) await settled();
    expect(early.length + wire.take().length).toBe(200);
    expect(wire.sink.isPaused).toBe(false);
  });
});
