import { ByteWriter, toHex } from '@cohesix/bytes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginRread,
  beginRreaddir,
  type Dirent,
  DT_DIR,
  decodeR,
  encodeR,
  endRread,
  endRreaddir,
  QTDIR,
  type RMessage,
  RREADDIR,
  readDirents,
  writeDirent,
  writeRclunk,
  writeRflush,
  writeRgetattr,
  writeRlerror,
  writeRlopen,
  writeRwalk,
  writeRwrite,
} from '../src/index.ts';
import * as type from '../src/message-type.ts';
import { messageOfType, WIDE } from './arbitrary-message.ts';

/** The direct writer of a message, or the generic one. */
function writeDirect(writer: ByteWriter, message: RMessage): boolean {
  switch (message.type) {
    case type.RLERROR:
      return writeRlerror(writer, message.tag, message.ecode);
    case type.RWALK:
      return writeRwalk(writer, message.tag, message.wqids);
    case type.RLOPEN:
      return writeRlopen(writer, message.tag, message.qid, message.iounit);
    case type.RWRITE:
      return writeRwrite(writer, message.tag, message.count);
    case type.RCLUNK:
      return writeRclunk(writer, message.tag);
    case type.RFLUSH:
      return writeRflush(writer, message.tag);
    case type.RGETATTR:
      return writeRgetattr(writer, message.tag, message);
    case type.RREAD: {
      const at = beginRread(writer, message.tag, message.data.length + 5);
      if (at < 0) return false;
      writer.bytes.set(message.data, at);
      endRread(writer, at, message.data.length);
      return true;
    }
    default:
      throw new TypeError('no direct writer');
  }
}

const DIRECT = [
  type.RLERROR,
  type.RWALK,
  type.RLOPEN,
  type.RWRITE,
  type.RCLUNK,
  type.RFLUSH,
  type.RGETATTR,
  type.RREAD,
];

test.each(DIRECT.map((number) => [type.messageTypeName(number), number] as const))(
  '%s: the direct writer gives the bytes of the table, or nothing when there is no room',
  (_, number) => {
    fc.assert(
      fc.property(messageOfType(number), fc.nat(40), (message, room) => {
        const direct = new ByteWriter({ sizeStart: 0 });
        const table = new ByteWriter();
        direct.u8(1);
        table.u8(1);
        expect(writeDirect(direct, message as RMessage)).toBe(true);
        expect(encodeR(table, message as RMessage)).toBe(true);
        expect(toHex(direct.view())).toBe(toHex(table.view()));
        const small = new ByteWriter({ sizeMax: Math.min(room, table.length - 2) });
        expect(writeDirect(small, message as RMessage)).toBe(false);
        expect([small.length, small.failed]).toEqual([0, false]);
      }),
    );
  },
);

const entry = (name: string, offset: bigint): Dirent => ({
  qid: { type: QTDIR, version: 1, path: 2n },
  offset,
  type: DT_DIR,
  name,
});

/** One Rreaddir of as many of `names` as fit `countMax`. */
function readdir(
  names: readonly string[],
  countMax: number,
): { readonly frame: string; readonly entries: readonly Dirent[] } {
  const writer = new ByteWriter({ sizeStart: 0 });
  const at = beginRreaddir(writer, 5, countMax);
  let index = 0;
  while (index < names.length && writeDirent(writer, at + countMax, entry(names[index]!, BigInt(index + 1))))
    index += 1;
  endRreaddir(writer, at);
  const message = decodeR(writer.bytes, 0, writer.length, WIDE);
  if (message.type !== RREADDIR) throw new Error(JSON.stringify(message));
  const entries = readDirents(message.data);
  if (!entries.ok) throw new Error(entries.refusal.detail);
  return { frame: toHex(writer.view()), entries: entries.value };
}

test('a directory of two entries, byte for byte', () => {
  expect(readdir(['log', 'é'], 8168).frame).toBe(
    '40000000290500' +
      '35000000' +
      '80010000000200000000000000' +
      '0100000000000000' +
      '04' +
      '0300' +
      '6c6f67' +
      '80010000000200000000000000' +
      '0200000000000000' +
      '04' +
      '0200' +
      'c3a9',
  );
});

test('entries are whole: exactly what fits, never a part', () => {
  const names = ['a', 'bb', 'ccc'];
  const sizes = [25, 26, 27];
  for (let countMax = 0; countMax <= 80; countMax += 1) {
    let fitting = 0;
    for (let used = 0; fitting < 3 && used + sizes[fitting]! <= countMax; fitting += 1) used += sizes[fitting]!;
    expect(readdir(names, countMax).entries).toEqual(
      names.slice(0, fitting).map((name, i) => entry(name, BigInt(i + 1))),
    );
  }
});

test('broken directory data is refused with the entry that breaks', () => {
  const data = Uint8Array.from([...new Uint8Array(22), 1, 0, 0x61, ...new Uint8Array(10)]);
  expect(readDirents(data)).toMatchObject({
    ok: false,
    refusal: { code: 'invalid-frame', detail: 'directory entry 1: truncated' },
  });
  expect(readDirents(new Uint8Array(0))).toEqual({ ok: true, value: [] });
});

test('more data than was begun is a defect', () => {
  const writer = new ByteWriter({ sizeStart: 0, sizeMax: 20 });
  const at = beginRread(writer, 1, 9);
  expect(() => endRread(writer, at, 10)).toThrow(TypeError);
});

test('data is not begun in a writer that failed, and the failure is over after that', () => {
  for (const begin of [beginRread, beginRreaddir]) {
    const writer = new ByteWriter({ sizeStart: 64, sizeMax: 64 });
    writer.reserve(65);
    expect([begin(writer, 1, 9), writer.length, writer.failed]).toEqual([-1, 0, false]);
    expect(begin(writer, 1, 9)).toBe(11);
  }
});
