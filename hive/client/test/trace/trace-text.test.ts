import { describe, expect, it } from 'vitest';
import { formatRecordedLines, parseRecordedLines, traceLines } from '../../src/core.ts';
import { record } from './recorded-session.ts';

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');

describe('a trace as text', () => {
  it('shows each exchange, and the acknowledgements', async () => {
    const { trace } = await record(['cat /nope']);
    expect(traceLines(trace)).toEqual([
      "Tversion tag NOTAG msize 8192 version '9P2000.L'",
      "Rversion tag NOTAG msize 8192 version '9P2000.L'",
      '',
      "Tattach tag 13 fid 0 afid NOFID uname 'queen' aname 'xxxxxxxxxxxxxxxxxxxxxxxx' n_uname NONUNAME".replace(
        '13',
        '0',
      ),
      'Rattach tag 0 qid (d 0 0000000000000001)',
      '',
      "Twalk tag 0 fid 0 newfid 1 'nope'",
      'Rlerror tag 0 ecode 2',
      '',
      'ERR CAT reason=policy detail=invalid-path path=/nope error=ENOENT',
    ]);
  });

  it('shows several messages kept as one, what was not answered, and what is no message', () => {
    const batch = hex('0b0000007801000700000007000000790100'.slice(0, 22));
    const lines = traceLines({
      exchanges: [
        { request: Buffer.concat([batch, batch]), response: hex('0700000079010007000000790100') },
        { request: batch, response: hex('') },
        { request: hex('ffffffff01'), response: Buffer.alloc(65, 0xee) },
      ],
      acks: [],
    });
    expect(lines).toEqual([
      'Tclunk tag 1 fid 7',
      'Tclunk tag 1 fid 7',
      'Rclunk tag 1',
      'Rclunk tag 1',
      '',
      'Tclunk tag 1 fid 7',
      '(not answered)',
      '',
      expect.stringMatching(/^\? 5 x'ffffffff01': frame of 5 bytes/),
      expect.stringMatching(/^\? 65 x'(?:ee){64}…': frame of 65 bytes/),
      '',
    ]);
  });
});

describe('recorded lines', () => {
  it('are a text with the moment before each', () => {
    const lines = [
      { after: 3, text: 'ls /' },
      { after: 1_048_576, text: '  # odd  ' },
    ];
    expect(formatRecordedLines(lines)).toBe('3 ls /\n1048576   # odd  \n');
    expect(parseRecordedLines(formatRecordedLines(lines))).toEqual({ ok: true, value: lines });
    expect(parseRecordedLines('')).toEqual({ ok: true, value: [] });
  });

  it.each(['ls /\n', '3 ls\n-1 ls\n', '12345678 ls\n', '\n'])('are refused in %j', (text) => {
    expect(parseRecordedLines(text)).toMatchObject({ ok: false, refusal: { code: 'invalid-payload' } });
  });
});
