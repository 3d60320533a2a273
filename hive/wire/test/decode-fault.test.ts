// Fault list F1, for the codec: what a peer can send instead of a message, and what it is answered.

import { ByteWriter, fromHex, toHex } from '@cohesix/bytes';
import { describe, expect, test } from 'vitest';
import {
  decodeR,
  decodeT,
  errnoOf,
  FAULT,
  messageTypeName,
  parseMessage,
  RERROR,
  TWALK,
  WIRE_LIMITS,
} from '../src/index.ts';
import { messageTypes } from '../src/layout.ts';
import { frameOf } from './arbitrary-message.ts';

/** The fault as `code: detail`, or the type of the message. */
function request(hex: string, limits = WIRE_LIMITS): string {
  const bytes = fromHex(hex)!;
  const message = decodeT(bytes, 0, bytes.length, limits);
  return message.type === FAULT ? `${message.code}: ${message.detail}` : messageTypeName(message.type);
}

/** A frame with its size put in front: `type[1] tag[2] body`. */
function framed(rest: string): string {
  const writer = new ByteWriter();
  writer.u32(4 + rest.length / 2);
  return toHex(writer.view()) + rest;
}

function walkOf(...names: readonly string[]): string {
  const writer = new ByteWriter();
  writer.u32(1);
  writer.u32(2);
  writer.u16(names.length);
  for (const name of names) {
    writer.u16(name.length / 2);
    writer.append(fromHex(name)!);
  }
  return framed(`6e0100${toHex(writer.view())}`);
}

describe('size', () => {
  test.each([
    ['', 'frame of 0 bytes does not say so'],
    ['00000000', 'frame of 4 bytes does not say so'],
    ['060000007801', 'frame of 6 bytes does not say so'],
    ['0c00000078010002000000', 'frame of 11 bytes does not say so'],
    ['0a00000078010002000000', 'frame of 11 bytes does not say so'],
    ['ffffffff78010002000000', 'frame of 11 bytes does not say so'],
  ])('%s: %s', (hex, detail) => expect(request(hex)).toBe(`invalid-frame: ${detail}`));

  test('msize is allowed, one more is not', () => {
    const limits = { ...WIRE_LIMITS, msize: 24 };
    expect(request(framed(`7601000100000000000000000000000100000041`), limits)).toBe('Twrite');
    expect(request(framed(`760100010000000000000000000000020000004142`), limits)).toBe(
      'too-big: frame of 25 bytes, msize 24',
    );
  });
});

describe('type', () => {
  test('every answer sent by a client, and every request sent by a server, is refused', () => {
    for (const type of messageTypes()) {
      const bytes = fromHex(framed(`${type.toString(16).padStart(2, '0')}0100`))!;
      const message = type % 2 === 0 ? decodeR(bytes, 0, 7, WIRE_LIMITS) : decodeT(bytes, 0, 7, WIRE_LIMITS);
      expect(message).toMatchObject({ type: FAULT, tag: 1, messageType: type, code: 'invalid-frame' });
      expect(message.type === FAULT && message.detail).toBe(`${messageTypeName(type)} travels the other way`);
    }
  });

  test.each([
    ['70', 'Topen is 9P2000, not 9P2000.L'],
    ['72', 'Tcreate is 9P2000, not 9P2000.L'],
    ['7c', 'Tstat is 9P2000, not 9P2000.L'],
    ['7e', 'Twstat is 9P2000, not 9P2000.L'],
    ['06', 'Tlerror is not in 9P2000.L'],
    ['6a', 'Terror is not in 9P2000.L'],
    ['6b', 'Rerror is not in 9P2000.L'],
    ['00', 'type 0 is not in 9P2000.L'],
    ['ff', 'type 255 is not in 9P2000.L'],
  ])('%s: %s', (type, detail) => expect(request(framed(`${type}0100`))).toBe(`unsupported: ${detail}`));

  test('all 256 type bytes give a message or a fault, in both directions', () => {
    for (let type = 0; type < 256; type += 1) {
      const bytes = fromHex(framed(`${type.toString(16).padStart(2, '0')}0100`))!;
      for (const decode of [decodeT, decodeR]) {
        const message = decode(bytes, 0, bytes.length, WIRE_LIMITS);
        if (message.type !== FAULT) expect(message.type).toBe(type);
        else expect(errnoOf(message.code)).toBeGreaterThan(0);
      }
    }
  });

  test('Rerror is shown and refused', () => {
    const bytes = fromHex('1a0000006b07000a005065726d697373696f6e0500455045524d')!;
    expect(decodeR(bytes, 0, bytes.length, WIRE_LIMITS)).toEqual({
      type: FAULT,
      tag: 7,
      messageType: RERROR,
      code: 'unsupported',
      detail: 'the peer answered in another dialect: Rerror "Permission"',
    });
  });
});

describe('tag', () => {
  test('NOTAG is for Tversion alone', () => {
    expect(request('0b00000078ffff02000000')).toBe('invalid-frame: only Tversion has the tag NOTAG');
    expect(request('1500000064ffff0020000008003950323030302e4c')).toBe('Tversion');
    expect(request('15000000640100002000000800' + '3950323030302e4c')).toBe('Tversion');
  });
});

describe('version', () => {
  test.each(['9P2000', '9P2000.u', '9P2000.L.junk', '', 'x'.repeat(8000)])(
    '%j decodes: the server judges it',
    (version) => {
      for (const msize of [0, 1, 23, 24, 255, 4095, 4096, 0xffff_ffff]) {
        const frame = frameOf({ type: 100, tag: 0xffff, msize, version });
        expect(decodeT(frame, 0, frame.length, WIRE_LIMITS)).toMatchObject({ msize, version });
      }
    },
  );
});

describe('strings', () => {
  const version = (text: string): string => framed(`64ffff00200000${text}`);
  test.each([
    ['0900' + '3950323030302e4c', 'Tversion version: truncated'],
    ['ffff' + '3950323030302e4c', 'Tversion version: truncated'],
    ['0700' + '3950323030302e4c', 'Tversion: trailing bytes'],
    ['00', 'Tversion version: truncated'],
    ['0100' + 'ff', 'Tversion version: not UTF-8'],
    ['0200' + 'c080', 'Tversion version: not UTF-8'],
    ['0300' + 'eda080', 'Tversion version: not UTF-8'],
    ['0100' + '00', 'Tversion version: text has no NUL'],
  ])('%s: %s', (text, detail) => expect(request(version(text))).toBe(`invalid-frame: ${detail}`));
});

describe('names', () => {
  test.each([
    ['', 'empty'],
    ['2e', '.'],
    ['2e2e', '..'],
    ['612f62', 'slash'],
    ['2f', 'slash alone'],
    ['6100', 'NUL'],
    ['ff', 'invalid UTF-8'],
    ['c0af', 'overlong slash'],
    ['eda080', 'surrogate'],
    ['61'.repeat(256), '256 bytes'],
  ])('%s has no file: %s', (name) => {
    expect(request(walkOf(name))).toMatch(/^invalid-path: Twalk wnames: not a file name/);
    expect(request(walkOf('71', name))).toMatch(/^invalid-path: /);
  });

  test.each([
    ['2e2e2e', '...'],
    ['2e61', '.a'],
    ['612e2e', 'a..'],
    ['615c62', 'a\\b'],
    ['253265253265', '%2e%2e'],
    ['20', 'a blank'],
    ['434f4e', 'CON'],
    ['0a', 'LF'],
    ['c3a9', 'é composed'],
    ['65cc81', 'é decomposed'],
    ['e280ae', 'right-to-left override'],
    ['e2808b', 'zero-width space'],
    ['61'.repeat(255), '255 bytes'],
  ])('%s is a name: %s', (name) => expect(request(walkOf(name))).toBe('Twalk'));

  test('composed and decomposed letters are different names', () => {
    const bytes = fromHex(walkOf('c3a9', '65cc81'))!;
    const message = decodeT(bytes, 0, bytes.length, WIRE_LIMITS);
    expect(message.type === TWALK && message.wnames[0] !== message.wnames[1]).toBe(true);
  });

  test('the limit of names is kept, one more is refused, whatever else the frame holds', () => {
    expect(request(walkOf(...new Array<string>(8).fill('61')))).toBe('Twalk');
    expect(request(walkOf(...new Array<string>(9).fill('61')))).toBe(
      'too-big: Twalk wnames: more elements than the limit',
    );
    expect(request(framed('6e01000100000002000000ffff'))).toBe('too-big: Twalk wnames: more elements than the limit');
    expect(request(walkOf())).toBe('Twalk');
  });

  test('names in other requests obey the same rules', () => {
    for (const text of [
      "Tlcreate tag 1 fid 1 name '..' flags 0 mode 0 gid 0",
      "Tmkdir tag 1 dfid 1 name 'a/b' mode 0 gid 0",
      "Trenameat tag 1 olddirfid 1 oldname 'a' newdirfid 2 newname ''",
      "Tunlinkat tag 1 dirfd 1 name '.' flags 0",
    ]) {
      const parsed = parseMessage(text);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      expect(request(toHex(frameOf(parsed.value)))).toMatch(/^invalid-path: /);
    }
  });
});

describe('numbers', () => {
  test.each([0n, 2n ** 31n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])(
    'offset %s arrives exactly',
    (offset) => {
      for (const count of [0, 8192 - 24, 8192 - 11, 8192, 0xffff_ffff]) {
        const frame = frameOf({ type: 116, tag: 1, fid: 0xffff_ffff, offset, count });
        expect(decodeT(frame, 0, frame.length, WIRE_LIMITS)).toMatchObject({ fid: 0xffff_ffff, offset, count });
      }
    },
  );

  test('the count of Twrite must be the data that is there', () => {
    const write = (count: string, data: string): string => framed(`760100010000000000000000000000${count}${data}`);
    expect(request(write('02000000', '4142'))).toBe('Twrite');
    expect(request(write('00000000', ''))).toBe('Twrite');
    expect(request(write('03000000', '4142'))).toBe('invalid-frame: Twrite data: truncated');
    expect(request(write('01000000', '4142'))).toBe('invalid-frame: Twrite: trailing bytes');
    expect(request(write('ffffffff', '4142'))).toBe('invalid-frame: Twrite data: truncated');
  });
});

test('a range outside the bytes is a defect of the caller', () => {
  expect(() => decodeT(new Uint8Array(7), 0, 8, WIRE_LIMITS)).toThrow(TypeError);
  expect(() => decodeR(new Uint8Array(7), -1, 7, WIRE_LIMITS)).toThrow(TypeError);
});
