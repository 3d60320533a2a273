// Random conversations with a server: grammar sequences over few fids and tags, so that they collide all the time, and
// mutated frames on an attached connection. What must hold: no exception, at most one answer a request and no answer
// without one, bounded fids, and nothing left behind when the connection ends.

import { ByteWriter } from '@cohesix/bytes';
import * as wire from '@cohesix/wire';
import { encodeT, OFFSET_END, refuse, type TMessage } from '@cohesix/wire';
import { expect, it } from 'vitest';
import { attached, type Fixture, makeFixture, settled, type Wire } from './fixture.ts';

const SEED = Number(process.env.COHESIX_SEED ?? 20261121);
const CONVERSATIONS = 40;
const STEPS = 400;

/** mulberry32: a small generator with a printed seed, so that a failing run can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ['proc', 'boot', 'queen', 'ctl', 'log', 'queen.log', 'worker', 'worker-1', 'telemetry', 'self', 'nope'];
const OFFSETS = [0n, 1n, 13n, 100n, 2n ** 31n, 2n ** 53n, 2n ** 63n, OFFSET_END];
const COUNTS = [0, 1, 7, 24, 100, 8168, 8192, 0xffff_ffff];
const FLAGS = [0, 1, 2, 3, 0o102101, 0o304000, 0o200000, 0x8000_0000, 0x8000_0002];
const LINES = ['{"kill":"worker-1"}\n', 'a\nb\n', '', '\n', 'x'.repeat(200)];

function randomMessage(next: (below: number) => number): TMessage {
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  const tag = next(6);
  const fid = next(5) === 0 ? 1 : next(6);
  const wnames = Array.from({ length: next(4) }, () => pick(NAMES));
  const offset = pick(OFFSETS);
  const count = pick(COUNTS);
  const data = new TextEncoder().encode(pick(LINES));
  switch (next(16)) {
    case 0:
    case 1:
    case 2:
      return { type: wire.TWALK, tag, fid: next(2) === 0 ? 1 : fid, newfid: next(8), wnames };
    case 3:
    case 4:
      return { type: wire.TLOPEN, tag, fid, flags: pick(FLAGS) };
    case 5:
    case 6:
      return { type: wire.TREAD, tag, fid, offset, count };
    case 7:
    case 8:
      return { type: wire.TWRITE, tag, fid, offset, data };
    case 9:
    case 10:
      return { type: wire.TCLUNK, tag, fid };
    case 11:
      return { type: wire.TREADDIR, tag, fid, offset, count };
    case 12:
      return { type: wire.TGETATTR, tag, fid, requestMask: 0x3fffn };
    case 13:
      return { type: wire.TFLUSH, tag, oldtag: next(6) };
    case 14:
      return { type: wire.TREMOVE, tag, fid };
    default:
      return { type: wire.TSTATFS, tag, fid };
  }
}

function frameOf(message: TMessage): Uint8Array {
  const writer = new ByteWriter();
  encodeT(writer, message);
  return writer.copy();
}

/** Things that happen beside the client: lines appear, writes become durable or fail, a worker goes. */
function stirWorld(fixture: Fixture, next: (below: number) => number): void {
  const event = next(12);
  if (event === 0) fixture.ring.append(new TextEncoder().encode('a line\n'));
  for (const { done } of event === 1 ? fixture.submitted.splice(0, next(3)) : []) {
    done(next(2) === 0 ? refuse('busy') : { ok: true, value: undefined });
  }
  if (event === 2) fixture.workers = new Set(next(2) === 0 ? [] : ['worker-1']);
}

function converse(seed: number): { sent: number; answered: number; wire: Wire; fixture: Fixture } {
  const next = random(seed);
  const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, fids_per_session: 6, tags_per_session: 4 } }));
  const client = attached(fixture);
  fixture.holdsWrites = true;
  let answered = 0;
  for (let step = 0; step < STEPS; step++) {
    client.sendBytes(frameOf(randomMessage(next)));
    stirWorld(fixture, next);
    expect(client.connection.fids.size).toBeLessThanOrEqual(6);
    expect(client.connection.pending.size).toBeLessThanOrEqual(4);
    answered += client.take().length;
  }
  return { sent: STEPS, answered, wire: client, fixture };
}

it(`survives random conversations (seed ${SEED})`, async () => {
  for (let run = 0; run < CONVERSATIONS; run++) {
    const { sent, wire: client, fixture, ...rest } = converse(SEED + run);
    for (const { done } of fixture.submitted.splice(0)) done({ ok: true, value: undefined });
    await settled();
    const answered = rest.answered + client.take().length;
    // A read that was flushed has no answer of its own; everything else has exactly one.
    expect(answered, `seed ${SEED + run}`).toBeLessThanOrEqual(sent);
    expect(answered, `seed ${SEED + run}`).toBeGreaterThan(sent * 0.9);
    client.connection.closed();
    expect(fixture.ring.listenerCount).toBe(0);
    expect(fixture.door.sessions.size).toBe(0);
    expect(fixture.door.outstanding).toBe(0);
  }
});

it(`survives mutated frames on an attached connection (seed ${SEED})`, () => {
  const next = random(SEED);
  for (let run = 0; run < 300; run++) {
    const fixture = makeFixture();
    const client = attached(fixture);
    for (let step = 0; step < 60 && !client.sink.isEnded; step++) {
      const frame = frameOf(randomMessage(next));
      for (let flip = next(3); flip > 0; flip--) frame[next(frame.length)] = next(256);
      client.sendBytes(frame);
    }
    client.connection.closed();
    expect(fixture.ring.listenerCount).toBe(0);
    expect(fixture.door.outstanding).toBe(0);
  }
});
