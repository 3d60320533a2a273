// The `.trace` codec against an encoder of its own, written from the layout (contracts-2.md 10.1) and nothing else.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTrace, encodeTrace, type Trace, type TraceFault } from '../../src/core.ts';
import { sha256 } from './recorded-session.ts';

/** Parts of a file; what a test does not say is as the format wants it. */
interface Layout {
  readonly magic?: string;
  readonly version?: number;
  readonly reserved?: number;
  readonly frameCount?: number;
  readonly ackCount?: number;
  readonly frames?: readonly (readonly [request: Buffer, response: Buffer])[];
  readonly acks?: readonly (string | Buffer)[];
  /** Bytes behind the last record. */
  readonly rest?: Buffer;
  /** Bytes cut off the records. */
  readonly cut?: number;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function counted(bytes: Buffer): Buffer {
  return Buffer.concat([u32(bytes.length), bytes]);
}

function fileOf({ frames = [], acks = [], ...layout }: Layout): Buffer {
  const records = Buffer.concat([
    ...frames.flat().map(counted),
    ...acks.map((line) => counted(Buffer.from(line as string))),
    layout.rest ?? Buffer.alloc(0),
  ]);
  const payload = Buffer.concat([
    Buffer.from(layout.magic ?? 'COHTRACE', 'latin1'),
    Buffer.from([layout.version ?? 1, layout.reserved ?? 0]),
    u32(layout.frameCount ?? frames.length),
    u32(layout.ackCount ?? acks.length),
    records.subarray(0, records.length - (layout.cut ?? 0)),
  ]);
  return Buffer.concat([payload, createHash('sha256').update(payload).digest()]);
}

const SMALL: Layout = {
  frames: [
    [Buffer.from('0b000000780100070000', 'hex'), Buffer.from('07000000790100', 'hex')],
    [Buffer.from([1, 2, 3]), Buffer.alloc(0)],
  ],
  acks: ['OK LS path=/ entries=8', 'END', 'ERR CAT reason=policy detail=invalid-path path=/ä error=ENOENT'],
};

function traceOf({ frames = [], acks = [] }: Layout): Trace {
  return {
    exchanges: frames.map(([request, response]) => ({ request: plain(request), response: plain(response) })),
    acks: acks.map(String),
  };
}

function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

function decoded(bytes: Uint8Array): Trace | TraceFault {
  const result = decodeTrace(bytes, sha256);
  if (!result.ok) return result.fault;
  const exchanges = result.value.exchanges.map(({ request, response }) => ({
    request: plain(request),
    response: plain(response),
  }));
  return { exchanges, acks: result.value.acks };
}

function encoded(trace: Trace): Uint8Array | TraceFault {
  const result = encodeTrace(trace, sha256);
  return result.ok ? result.value : result.fault;
}

describe('a trace file', () => {
  it('has the layout of the source system, both ways', () => {
    for (const layout of [{}, SMALL]) {
      expect(decoded(fileOf(layout))).toEqual(traceOf(layout));
      expect(encoded(traceOf(layout))).toEqual(plain(fileOf(layout)));
    }
  });

  it('is 50 bytes when nothing was recorded', () => {
    const empty = fileOf({});
    expect(empty.toString('hex', 0, 18)).toBe('434f4854524143450100' + '0000000000000000');
    expect(empty).toHaveLength(50);
  });

  it('is read whatever the reserved byte is', () => {
    expect(decoded(fileOf({ ...SMALL, reserved: 7 }))).toEqual(traceOf(SMALL));
  });

  it('comes back as it was written', () => {
    const frame = fc.uint8Array({ maxLength: 300 });
    const exchange = fc.record({ request: frame, response: frame });
    const ack = fc.string({ unit: 'binary', maxLength: 60 });
    const trace = fc.record({ exchanges: fc.array(exchange), acks: fc.array(ack) });
    fc.assert(
      fc.property(trace, (value) => {
        const file = encoded(value as Trace);
        expect(typeof file === 'string' ? file : decoded(file)).toEqual(value);
        expect(file).toEqual(
          plain(
            fileOf({
              frames: value.exchanges.map((one) => [Buffer.from(one.request), Buffer.from(one.response)]),
              acks: value.acks,
            }),
          ),
        );
      }),
    );
  });
});

describe('a trace file that was altered', () => {
  const good = fileOf(SMALL);

  it('is refused at every length below its own, and with a byte more', () => {
    for (let length = 0; length < good.length; length++) {
      const fault = length < 50 ? 'truncated' : 'hash-mismatch';
      expect(decoded(good.subarray(0, length)), `${length} bytes`).toBe(fault);
    }
    expect(decoded(Buffer.concat([good, Buffer.from([0])]))).toBe('hash-mismatch');
  });

  it('is refused with any one bit flipped', () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = Buffer.from(good);
      flipped[bit >> 3] = (good[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decoded(flipped), `bit ${bit}`).toBe('hash-mismatch');
    }
  });
});

describe('a file with a right digest', () => {
  const frame = (size: number): Buffer => Buffer.alloc(size, 1);

  it.each<readonly [what: string, layout: Layout, fault: TraceFault]>([
    ['another magic', { magic: 'COHTRACF' }, 'bad-magic'],
    ['another magic and version', { magic: 'xxxxxxxx', version: 9 }, 'bad-magic'],
    ['version 0', { version: 0 }, 'unsupported-version'],
    ['version 2, whatever follows', { version: 2, frameCount: 9 }, 'unsupported-version'],
    ['a frame that is not there', { frameCount: 1 }, 'truncated'],
    ['as many frames as can be said', { frames: SMALL.frames ?? [], frameCount: 0xffff_ffff }, 'truncated'],
    ['a request without response', { ...SMALL, acks: [], cut: 4 }, 'truncated'],
    ['a request cut off', { frames: [[frame(9), frame(0)]], cut: 5 }, 'truncated'],
    ['an acknowledgement that is not there', { ackCount: 1 }, 'truncated'],
    ['an acknowledgement cut off', { acks: ['OK PING'], cut: 1 }, 'truncated'],
    ['a request of 8193 bytes', { frames: [[frame(8193), frame(0)]] }, 'frame-too-large'],
    ['a response of 8193 bytes', { frames: [[frame(1), frame(8193)]] }, 'frame-too-large'],
    ['an acknowledgement of 257 bytes', { acks: ['x'.repeat(257)] }, 'ack-too-large'],
    ['an acknowledgement that is not UTF-8', { acks: [Buffer.from([0x4f, 0xff])] }, 'invalid-utf8'],
    ['an acknowledgement with a surrogate', { acks: [Buffer.from([0xed, 0xa0, 0x80])] }, 'invalid-utf8'],
    ['a byte behind the last record', { ...SMALL, rest: Buffer.from([0]) }, 'invalid-length'],
    ['fewer records counted than there are', { ...SMALL, ackCount: 2 }, 'invalid-length'],
  ])('is refused for %s', (_, layout, fault) => {
    expect(decoded(fileOf(layout))).toBe(fault);
  });

  it('is refused, or is exactly what would be written, whatever its records are', () => {
    const small = fc.integer({ min: 0, max: 4 });
    const records = fc.uint8Array({ maxLength: 60, max: 5 });
    fc.assert(
      fc.property(small, small, records, (frameCount, ackCount, rest) => {
        const file = fileOf({ frameCount, ackCount, rest: Buffer.from(rest) });
        const read = decoded(file);
        if (typeof read !== 'string') expect(encoded(read)).toEqual(plain(file));
      }),
      { numRuns: 2000 },
    );
  });

  it('may have frames of 8192 and acknowledgements of 256 bytes', () => {
    const layout: Layout = { frames: [[frame(8192), frame(8192)]], acks: ['ä'.repeat(128)] };
    expect(decoded(fileOf(layout))).toEqual(traceOf(layout));
    expect(encoded(traceOf(layout))).toEqual(plain(fileOf(layout)));
  });

  it('may have 1 MiB', () => {
    // 50 bytes, 63 exchanges of 8 + 16,384, and one that fills the rest.
    const full = (last: number): Layout => ({
      frames: [...Array.from({ length: 63 }, () => [frame(8192), frame(8192)] as const), [frame(8192), frame(last)]],
    });
    const last = (1 << 20) - 50 - 63 * 16_392 - 8 - 8192;
    expect(fileOf(full(last))).toHaveLength(1 << 20);
    expect(decoded(fileOf(full(last)))).toEqual(traceOf(full(last)));
    expect(encoded(traceOf(full(last)))).toHaveLength(1 << 20);
    expect(decoded(fileOf(full(last + 1)))).toBe('too-large');
    expect(encoded(traceOf(full(last + 1)))).toBe('too-large');
  });

  it('is not written over a limit', () => {
    expect(encoded(traceOf({ frames: [[frame(0), frame(8193)]] }))).toBe('frame-too-large');
    expect(encoded(traceOf({ frames: [[frame(8193), frame(0)]] }))).toBe('frame-too-large');
    expect(encoded(traceOf({ acks: [`${'ä'.repeat(128)}x`] }))).toBe('ack-too-large');
  });
});
