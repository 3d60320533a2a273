// Messages as text beside their bytes. The list in messages.golden is rewritten by `vitest run -u`; the frames of the
// contract are held here, so that no rewrite can lose them.

import { fromHex, toHex } from '@cohesix/bytes';
import { expect, test } from 'vitest';
import { formatMessage, parseMessage, QTAPPEND, QTDIR, QTFILE } from '../src/index.ts';
import { messageTypes } from '../src/layout.ts';
import { decodeFrame, frameOf } from './arbitrary-message.ts';

const CONTRACT: readonly (readonly [text: string, hex: string])[] = [
  ["Tversion tag NOTAG msize 8192 version '9P2000.L'", '1500000064ffff0020000008003950323030302e4c'],
  ["Rversion tag NOTAG msize 8192 version '9P2000.L'", '1500000065ffff0020000008003950323030302e4c'],
  [
    "Tattach tag 1 fid 1 afid NOFID uname 'queen' aname '' n_uname 0",
    '1c00000068010001000000ffffffff0500717565656e000000000000',
  ],
  ['Rattach tag 1 qid (d 0 0807060504030201)', '1400000069010080000000000102030405060708'],
  ["Twalk tag 2 fid 1 newfid 2 'queen' 'ctl'", '1d0000006e0200010000000200000002000500717565656e030063746c'],
  [
    'Twrite tag 4 fid 2 offset 18446744073709551615 count 20 \'{"kill":"worker-7"}\\n\'',
    '2b00000076040002000000ffffffffffffffff140000007b226b696c6c223a22776f726b65722d37227d0a',
  ],
  ['Rwrite tag 4 count 20', '0b00000077040014000000'],
  ['Tread tag 5 fid 3 offset 0 count 8192', '1700000074050003000000000000000000000000200000'],
  ['Tclunk tag 6 fid 2', '0b00000078060002000000'],
  ['Rclunk tag 6', '07000000790600'],
];

test.each(CONTRACT)('%s', (text, hex) => {
  const parsed = parseMessage(text);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  expect(toHex(frameOf(parsed.value))).toBe(hex);
  expect(formatMessage(decodeFrame(fromHex(hex)!) as never)).toBe(text);
});

const TEXTS: readonly string[] = [
  'Rlerror tag 7 ecode 2',
  'Tstatfs tag 1 fid 2',
  'Rstatfs tag 1 type 0x1021997 bsize 4096 blocks 1 bfree 2 bavail 3 files 4 ffree 5 fsid 6 namelen 255',
  'Tlopen tag 1 fid 2 flags 0102101',
  'Rlopen tag 1 qid (a 3 00000000002c1bd1) iounit 0',
  "Tlcreate tag 1 fid 2 name 'foo' flags 0101101 mode 0100644 gid 500",
  'Rlcreate tag 1 qid (- 0 00000000002c1bd1) iounit 4096',
  "Tsymlink tag 1 fid 1 name 'link' symtgt '/tmp/9/../newdir' gid 500",
  'Rsymlink tag 1 qid (L 0 00000000002c1de3)',
  "Tmknod tag 1 dfid 1 name 'null' mode 020666 major 1 minor 3 gid 0",
  'Rmknod tag 1 qid (- 0 0000000000000001)',
  "Trename tag 1 fid 1 dfid 2 name 'new'",
  'Rrename tag 1',
  'Treadlink tag 1 fid 4',
  "Rreadlink tag 1 target '/tmp/9/newdir'",
  'Tgetattr tag 1 fid 0 request_mask 0x7ff',
  'Rgetattr tag 1 valid 0x7ff qid (d 1 0000000000000002) mode 040755 uid 3 gid 4 nlink 5 rdev 6 size 7 blksize 8' +
    ' blocks 9 atime_sec 10 atime_nsec 11 mtime_sec 12 mtime_nsec 13 ctime_sec 14 ctime_nsec 15 btime_sec 16' +
    ' btime_nsec 17 gen 18 data_version 19',
  'Tsetattr tag 1 fid 2 valid 0x68 mode 0 uid NONUNAME gid NONUNAME size 0 atime_sec 1 atime_nsec 2 mtime_sec 3' +
    ' mtime_nsec 4',
  'Rsetattr tag 1',
  "Txattrwalk tag 1 fid 2 newfid 3 name 'security.capability'",
  'Rxattrwalk tag 1 size 0',
  "Txattrcreate tag 1 fid 2 name 'user.x' attr_size 9 flags 0x1",
  'Rxattrcreate tag 1',
  'Treaddir tag 1 fid 2 offset 2147483647 count 8168',
  "Rreaddir tag 1 count 27 x'8000000000010000000000000002000000000000000403006c6f67'",
  'Tfsync tag 1 fid 2 datasync 1',
  'Rfsync tag 1',
  "Tlock tag 1 fid 2 type 1 flags 0x1 start 3 length 18446744073709551615 proc_id 4 client_id 'node'",
  'Rlock tag 1 status 0',
  "Tgetlock tag 1 fid 2 type 0 start 3 length 4 proc_id 5 client_id 'node'",
  "Rgetlock tag 1 type 2 start 3 length 4 proc_id 5 client_id 'node'",
  "Tlink tag 1 dfid 1 fid 2 name 'hard'",
  'Rlink tag 1',
  "Tmkdir tag 1 dfid 1 name 'newdir' mode 040755 gid 500",
  'Rmkdir tag 1 qid (d 0 00000000002c1bd1)',
  "Trenameat tag 1 olddirfid 1 oldname 'a' newdirfid 2 newname 'b'",
  'Rrenameat tag 1',
  "Tunlinkat tag 1 dirfd 1 name 'a' flags 0x200",
  'Runlinkat tag 1',
  "Tauth tag 1 afid 9 uname 'queen' aname '' n_uname NONUNAME",
  'Rauth tag 1 aqid (A 0 0000000000000009)',
  'Tflush tag 3 oldtag 2',
  'Rflush tag 3',
  'Twalk tag 1 fid 1 newfid 2',
  'Rwalk tag 1',
  'Rwalk tag 1 (d 0 0000000000000001) (- 4294967295 ffffffffffffffff)',
  "Rread tag 5 count 0 ''",
  "Rread tag 5 count 2 x'ff00'",
  "Rread tag 5 count 18 'it\\'s \\\\ \\t\\r\\n\\u{1b} €\\u{202e}'",
  'Tremove tag 1 fid 2',
  'Rremove tag 1',
];

test('every message has a text and its bytes', async () => {
  const lines = TEXTS.map((text) => {
    const parsed = parseMessage(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.refusal.detail}`);
    const frame = frameOf(parsed.value);
    expect(formatMessage(decodeFrame(frame) as never)).toBe(text);
    return `${text}\n  ${toHex(frame)}\n`;
  });
  const seen = new Set([...CONTRACT.map(([text]) => text), ...TEXTS].map((text) => text.split(' ')[0]));
  expect(seen.size).toBe(messageTypes().length);
  await expect(lines.join('')).toMatchFileSnapshot('messages.golden');
});

test('qid letters stand for the bits of the manual', () => {
  for (const [letter, bits] of [
    ['d', QTDIR],
    ['a', QTAPPEND],
    ['-', QTFILE],
    ['da', 0xc0],
  ] as const) {
    const parsed = parseMessage(`Rattach tag 1 qid (${letter} 0 0000000000000000)`);
    expect(parsed).toMatchObject({ ok: true, value: { qid: { type: bits } } });
  }
});

test.each([
  ['', 'no message ""'],
  ['Topen tag 1 fid 2', 'no message "Topen"'],
  ['Tclunk fid 2', 'expected tag at column 7'],
  ['Tclunk tag 65536 fid 2', 'expected a number up to 65535 at column 11'],
  ['Tclunk tag 1 fid 4294967296', 'expected a number up to 4294967295 at column 17'],
  ['Tclunk tag 1 fid constructor', 'expected a number up to 4294967295 at column 17'],
  ['Tclunk tag 1 fid 2 more', 'expected the end of the line at column 19'],
  ["Twalk tag 1 fid 1 newfid 2 'a", 'expected the end of the line at column 27'],
  ["Rread tag 1 count 3 'ab'", 'expected 3 bytes at column 20'],
  ["Rread tag 1 count 1 x'zz'", 'expected 1 bytes at column 20'],
  ['Rread tag 1 count 0', 'expected 0 bytes at column 20'],
  ['Rread tag 1 count 0 foo', 'expected 0 bytes at column 20'],
  ['Rread tag 1 count 1 xa41b', 'expected 1 bytes at column 20'],
  ['Rread tag 1 count 1 x', 'expected 1 bytes at column 20'],
  ["Rread tag 1 count 0 '\\q'", 'expected 0 bytes at column 20'],
  ['Rattach tag 1 qid (q 0 00)', 'expected a qid (type version path) at column 18'],
  ["Rreadlink tag 1 target '\\q'", 'expected quoted text at column 23'],
  ['Rwrite tag 1 count 08', 'expected a number up to 4294967295 at column 19'],
])('%j does not parse: %s', (text, detail) => {
  expect(parseMessage(text)).toEqual({ ok: false, refusal: { code: 'invalid-payload', detail } });
});
