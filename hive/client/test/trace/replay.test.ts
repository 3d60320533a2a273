// Recorded sessions, replayed: the same transcript without the hive, the first difference when something is not the same,
// no ticket in a recording, and bounds.

import { TATTACH, TFLUSH, TGETATTR } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { decodeTrace, encodeTrace, type Recording, type Trace, type TraceExchange } from '../../src/core.ts';
import { testHiveClient, until } from '../hive-client-suite.ts';
import { contractHive } from '../memory-door.ts';
import { RecordedSession, record, replay, sha256, TICKET } from './recorded-session.ts';

const LINES = [
  'help',
  'ls /',
  'ls /proc',
  'cat /proc/boot',
  'cat /proc/empty',
  'ls /nope',
  'cat /proc',
  'tail /log/queen.log 1',
  'echo /queen/ctl {"kill":"worker-1"}',
  'echo /queen/ctl nonsense',
  'echo /proc/boot x',
  'spawn {"spawn":"heartbeat","ticks":5}',
  'approve /queen/ctl {"spawn":"heartbeat"}',
  'stat /log/queen.log',
  'log',
  'no such verb',
  'whoami',
  'ping',
  'quit',
];

/** What a file keeps of it. */
function stored({ trace }: Recording): Trace {
  const file = encodeTrace(trace, sha256);
  const read = file.ok ? decodeTrace(file.value, sha256) : file;
  if (!read.ok) throw new Error(read.fault);
  return read.value;
}

function textOf({ trace, lines }: Recording): string {
  const frames = trace.exchanges.flatMap(({ request, response }) => [request, response]);
  return [
    ...frames.map((frame) => Buffer.from(frame).toString('latin1')),
    ...trace.acks,
    ...lines.map(({ text }) => text),
  ].join('\n');
}

const ofType =
  (type: number) =>
  ({ request }: TraceExchange): boolean =>
    request[4] === type;

describe('a replay', () => {
  it.each([
    ['in whole messages', 1 << 20],
    ['byte by byte', 1],
  ])('gives the recorded transcript, %s', async (_, chunkBytes) => {
    const recording = await record(LINES, { chunkBytes });
    expect(recording.heard.length).toBeGreaterThan(50);
    expect(await replay(stored(recording), recording.lines)).toEqual({ heard: recording.heard, difference: undefined });
    expect(recording.trace.acks.slice(0, 3)).toEqual(['OK HELP', 'OK LS path=/ entries=3', 'END']);
  });

  it('of lines alone gives it too, when nothing came by itself', async () => {
    const recording = await record(LINES);
    expect(await replay(stored(recording), LINES)).toEqual({ heard: recording.heard, difference: undefined });
  });

  it('gives what was followed at its moments', async () => {
    const session = await RecordedSession.open();
    await session.line('follow /log/queen.log');
    session.hive.publish('/log/queen.log', 'one\n');
    await until(() => session.heard.includes('one'));
    await session.line('cat /proc/boot');
    session.hive.publish('/log/queen.log', 'two\nthree\n');
    await until(() => session.heard.includes('three'));
    await session.line('echo /log/queen.log four');
    await session.line('stop');
    await session.line('cat /proc/boot');
    const recording = session.recorder.finish();
    const flushed = recording.trace.exchanges.findIndex(ofType(TFLUSH));
    expect(flushed).toBeGreaterThan(0);
    expect(await replay(stored(recording), recording.lines)).toEqual({ heard: session.heard, difference: undefined });
  });

  it('goes through sessions that lines attach', async () => {
    const recording = await record(['attach worker tkt.another', 'whoami', 'cat /proc/boot']);
    expect(recording.heard.slice(0, 2)).toEqual(['OK ATTACH role=worker', 'OK WHOAMI role=worker']);
    expect(await replay(stored(recording), recording.lines)).toEqual({ heard: recording.heard, difference: undefined });
  });

  it('needs nothing of a request that was never answered', async () => {
    const isSilent = { now: false };
    const session = await RecordedSession.open({ hooks: { before: () => !isSilent.now } });
    await session.line('ping');
    isSilent.now = true;
    session.recorder.begin('cat /proc/boot');
    const cut = session.recorder.finish();
    expect(cut.lines.map(({ text }) => text)).toEqual(['ping']);
    expect(await replay(stored(cut), cut.lines)).toEqual({ heard: ['OK PING reply=pong'], difference: undefined });
  });
});

describe('a replay that differs', () => {
  const changed = ({ trace }: Recording, acks: (before: readonly string[]) => readonly string[]): Trace => ({
    ...trace,
    acks: acks(trace.acks),
  });

  it('tells the first request that the trace does not hold, and what it holds there', async () => {
    const recording = await record(['ls /proc', 'cat /proc/boot']);
    const { difference, heard } = await replay(stored(recording), ['ls /proc', 'cat /proc/empty', 'ping']);
    expect(difference?.what).toMatch(/^request \d+$/);
    expect(difference?.recorded).toMatch(/^Twalk tag \d+ fid 0 newfid 2 'proc' 'boot'$/);
    expect(difference?.now).toMatch(/^Twalk tag \d+ fid 0 newfid 2 'proc' 'empty'$/);
    expect(heard.at(-1)).toMatch(/^ERR CAT /);
  });

  it('tells the first other acknowledgement', async () => {
    const recording = await record(['ping', 'ls /proc', 'ping']);
    const trace = changed(recording, (acks) => acks.map((ack) => ack.replace('entries=3', 'entries=4')));
    const { difference, heard } = await replay(trace, recording.lines);
    expect(difference).toEqual({
      what: 'acknowledgement 2',
      recorded: 'OK LS path=/proc entries=4',
      now: 'OK LS path=/proc entries=3',
    });
    expect(heard.filter((line) => line === 'OK PING reply=pong')).toHaveLength(1);
  });

  it('tells acknowledgements that are left over, and one too many', async () => {
    const recording = await record(['ping']);
    const more = changed(recording, (acks) => [...acks, 'OK PING reply=pong']);
    expect((await replay(more, recording.lines)).difference).toEqual({
      what: 'acknowledgement 2',
      recorded: 'OK PING reply=pong',
      now: '(nothing: the lines end here)',
    });
    const fewer = changed(recording, () => []);
    expect((await replay(fewer, recording.lines)).difference).toMatchObject({ now: 'OK PING reply=pong' });
  });

  it('tells requests that are left over, and one too many', async () => {
    const recording = await record(['help', 'ping']);
    const trace = changed(recording, (acks) => acks.slice(0, 1));
    const { difference } = await replay(trace, ['help']);
    expect(difference).toMatchObject({ what: 'request 3', now: '(nothing: the lines end here)' });
    expect(difference?.recorded).toMatch(/^Tgetattr /);
    const twice = await replay(recording.trace, ['help', 'ping', 'ping']);
    expect(twice.difference).toMatchObject({ what: 'request 4', recorded: '(nothing: the trace ends here)' });
  });

  it('is told at another answer of the hive, by what the shell makes of it', async () => {
    const recording = await record(['cat /proc/boot', 'ls /']);
    const exchanges = recording.trace.exchanges.map(({ request, response }) => ({
      request,
      // Rwalk to a file that is not there any more: Rlerror ENOENT.
      response: response[4] === 111 ? Uint8Array.from([11, 0, 0, 0, 7, response[5] ?? 0, 0, 2, 0, 0, 0]) : response,
    }));
    const { difference } = await replay({ ...recording.trace, exchanges }, recording.lines);
    expect(difference?.what).toBe('acknowledgement 1');
    expect(difference?.now).toContain('invalid-path');
  });
});

describe('a recording', () => {
  it('holds no ticket, in no frame, acknowledgement or line', async () => {
    const recording = await record([
      'attach worker another-secret-without-a-form',
      `echo /log/queen.log here is ${TICKET} and tkt.abcdef`,
      'tail /log/queen.log 5',
      'echo /log/tkt.abcdef x',
      '  Attach queen third.secret.of.another.form',
    ]);
    expect(recording.heard.join('\n')).toContain('tkt.abcdef');
    const text = textOf(recording);
    for (const secret of [TICKET, 'another-secret', 'tkt.', 'third']) expect(text).not.toContain(secret);
    // The first is as long as what it hides.
    const attaches = recording.trace.exchanges.filter(ofType(TATTACH));
    expect(attaches.map(({ request }) => Buffer.from(request).includes('x'.repeat(TICKET.length)))).toEqual([
      true,
      true,
      true,
    ]);
    expect((await replay(stored(recording), recording.lines)).difference).toBeUndefined();
  });

  it('keeps the first 256 bytes of an acknowledgement, and compares them', async () => {
    const line = `spawn {"spawn":"heartbeat","note":"${'ä'.repeat(150)}"}`;
    const recording = await record([line]);
    expect(Buffer.byteLength(recording.heard[0] ?? '')).toBeGreaterThan(256);
    expect(recording.heard[0]?.startsWith(recording.trace.acks[0] ?? '?')).toBe(true);
    expect(Buffer.byteLength(recording.trace.acks[0] ?? '')).toBeGreaterThan(254);
    expect(await replay(stored(recording), recording.lines)).toEqual({ heard: recording.heard, difference: undefined });
  });

  it('stops before the line with which it would have more than 1 MiB, and says so once', async () => {
    const hive = contractHive();
    hive.put('/proc/big', 'view', `${'0123456789abcdef'.repeat(8)}\n`.repeat(5000));
    const told: string[] = [];
    const settings = { hive, onStopped: (why: string): void => void told.push(why) };
    const recording = await record(['cat /proc/big', 'ping', 'cat /proc/big', 'ping'], settings);
    expect(told).toEqual(['A trace has at most 1048576 bytes.']);
    expect(recording.lines.map(({ text }) => text)).toEqual(['cat /proc/big', 'ping']);
    const whole = await replay(stored(recording), recording.lines);
    expect(whole).toEqual({ heard: recording.heard.slice(0, 5003), difference: undefined });
  });

  it('stops between lines when what is followed fills it', async () => {
    const told: string[] = [];
    const session = await RecordedSession.open({ onStopped: (why) => void told.push(why) });
    await session.line('follow /log/queen.log');
    for (let count = 1; told.length === 0; count++) {
      session.hive.publish('/log/queen.log', `${count} ${'x'.repeat(8000)}\n`);
      await until(() => session.heard.at(-1)?.startsWith(`${count} `) === true);
    }
    const recording = session.recorder.finish();
    const { heard, difference } = await replay(stored(recording), recording.lines);
    expect(difference).toBeUndefined();
    expect(heard.length).toBeGreaterThan(120);
    expect(heard).toEqual(session.heard.slice(0, heard.length));
  });

  it('lets pass what it cannot keep: a message of more than 8192 bytes, and what is no message', async () => {
    const told: string[] = [];
    const hive = contractHive();
    const line = `echo /log/queen.log ${'x'.repeat(7000)}`;
    const large = await RecordedSession.open({ hive, msize: 65_536, onStopped: (why) => void told.push(why) });
    hive.put('/proc/big', 'view', `${'x'.repeat(99)}\n`.repeat(100));
    for (const text of [line, 'cat /proc/big', 'ping']) await large.line(text);
    expect(told).toEqual(['A frame of the trace has more than 8192 bytes.']);
    expect(large.heard.filter((heard) => /^(?:OK|END)/.test(heard))).toEqual([
      'OK ECHO path=/log/queen.log bytes=7001',
      'OK CAT path=/proc/big',
      'END',
      'OK PING reply=pong',
    ]);
    expect(large.heard).toHaveLength(104);
    expect(large.recorder.finish().lines.map(({ text }) => text)).toEqual([line]);
    const broken = await RecordedSession.open({
      hooks: { before: ({ type }, server) => type !== TGETATTR || server.raw(new Uint8Array(9)) !== undefined },
      onStopped: (why) => void told.push(why),
    });
    for (const text of ['help', 'ping']) await broken.line(text);
    expect(broken.heard.at(-1)).toContain('detail=invalid-frame');
    expect(told.slice(1)).toEqual(['Something passed that is no 9P message.']);
    expect(broken.recorder.finish().lines.map(({ text }) => text)).toEqual(['help']);
  });
});

testHiveClient('9p, recorded', async () => {
  const { hive, client } = await RecordedSession.open();
  return { client, publish: (line) => hive.publish('/log/queen.log', `${line}\n`) };
});

testHiveClient('9p, recorded, byte by byte', async () => {
  const { hive, client } = await RecordedSession.open({ chunkBytes: 1 });
  return { client, publish: (line) => hive.publish('/log/queen.log', `${line}\n`) };
});
