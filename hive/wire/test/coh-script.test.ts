import { describe, expect, test } from 'vitest';
import { expandOversize, meets, parseScript, SCRIPT_STATEMENTS_MAX } from '../src/index.ts';

/** The statements, or the text of the refusal. */
function parse(text: string): unknown {
  const result = parseScript(text);
  return result.ok ? result.value : result.refusal.detail;
}

test('a whole script', () => {
  const script = [
    '# boot check',
    'ping',
    '  EXPECT OK   # answered',
    '',
    'cat /proc/boot',
    'EXPECT SUBSTR path=/proc/boot',
    'EXPECT BODY root task: online',
    'EXPECT NOBODY panic',
    'WAIT 250',
    'quit',
  ].join('\n');
  expect(parse(script)).toEqual([
    { kind: 'command', line: 2, text: 'ping' },
    { kind: 'expect', line: 3, expectation: { kind: 'ok' } },
    { kind: 'command', line: 5, text: 'cat /proc/boot' },
    { kind: 'expect', line: 6, expectation: { kind: 'substr', text: 'path=/proc/boot' } },
    { kind: 'expect', line: 7, expectation: { kind: 'body', text: 'root task: online' } },
    { kind: 'expect', line: 8, expectation: { kind: 'nobody', text: 'panic' } },
    { kind: 'wait', line: 9, ms: 250 },
    { kind: 'command', line: 10, text: 'quit' },
  ]);
  expect(parse(script.replaceAll('\n', '\r\n'))).toEqual(parse(script));
});

test.each([
  ['#all', []],
  ['   # all', []],
  ['ls / # root', 'ls /'],
  ['ls /a#b', 'ls /a#b'],
  ['echo /x "a # b" # c', 'echo /x "a # b"'],
  ["echo /x 'a # b'", "echo /x 'a # b'"],
  ['echo /x "quoted \\" # still" # out', 'echo /x "quoted \\" # still"'],
  ["echo /x don't # comment", "echo /x don't"],
  ['echo /x "open # comment', 'echo /x "open'],
  ['echo /x {"k":"#1"}', 'echo /x {"k":"#1"}'],
  ['ls /\t#x', 'ls /'],
])('comments: %j', (line, expected) => {
  expect(parse(line)).toEqual(typeof expected === 'string' ? [{ kind: 'command', line: 1, text: expected }] : expected);
});

test.each([
  ['EXPECT OK', 'line 1: EXPECT needs a command before it'],
  ['WAIT 5\nEXPECT OK', 'line 2: EXPECT needs a command before it'],
  ['ping\n\nEXPECT YES', 'line 3: EXPECT takes OK, ERR, SUBSTR, NOT, BODY or NOBODY; got "YES"'],
  ['ping\nEXPECT', 'line 2: EXPECT takes OK, ERR, SUBSTR, NOT, BODY or NOBODY; got ""'],
  ['ping\nEXPECT OK now', 'line 2: EXPECT OK takes no text'],
  ['ping\nEXPECT SUBSTR', 'line 2: EXPECT SUBSTR needs a text'],
  ['ping\nEXPECT BODY # none', 'line 2: EXPECT BODY needs a text'],
  ['WAIT', 'line 1: WAIT takes one number of milliseconds, at most 2000; got ""'],
  ['WAIT 2001', 'line 1: WAIT takes one number of milliseconds, at most 2000; got "2001"'],
  ['WAIT 1.5', 'line 1: WAIT takes one number of milliseconds, at most 2000; got "1.5"'],
  ['WAIT 1 2', 'line 1: WAIT takes one number of milliseconds, at most 2000; got "1 2"'],
  ['WAIT -1', 'line 1: WAIT takes one number of milliseconds, at most 2000; got "-1"'],
])('%j: %s', (script, detail) => expect(parse(script)).toBe(detail));

test('limits: 2000 ms, 256 statements, comments and blanks not counted', () => {
  expect(parse('WAIT 2000')).toEqual([{ kind: 'wait', line: 1, ms: 2000 }]);
  const full = '# note\nping\n\n'.repeat(SCRIPT_STATEMENTS_MAX);
  expect(parse(full)).toHaveLength(256);
  expect(parse(`${full}ping`)).toBe('line 769: a script has at most 256 statements');
});

describe('expectations', () => {
  test.each([
    [{ kind: 'ok' }, 'OK PING', true],
    [{ kind: 'ok' }, 'OKAY', false],
    [{ kind: 'ok' }, '', false],
    [{ kind: 'err' }, 'ERR LS reason=busy', true],
    [{ kind: 'err' }, 'ERROR', false],
    [{ kind: 'substr', text: 'EPERM' }, 'ERR X error=EPERM', true],
    [{ kind: 'substr', text: 'eperm' }, 'ERR X error=EPERM', false],
    [{ kind: 'not', text: 'EPERM' }, 'ERR X error=EPERM', false],
    [{ kind: 'not', text: 'EPERM' }, 'OK X', true],
    [{ kind: 'body', text: 'two' }, 'OK', true],
    [{ kind: 'body', text: 'OK' }, 'OK', false],
    [{ kind: 'nobody', text: 'three' }, 'OK', true],
    [{ kind: 'nobody', text: 'one' }, 'OK', false],
  ] as const)('%j on %j: %s', (expectation, ack, met) => {
    expect(meets(expectation, ack, ['line one', 'line two'])).toBe(met);
  });
});

test('the oversize sentinel becomes the payload that is asked for', () => {
  expect(expandOversize('echo /x {{msize_overflow}}', 5)).toBe('echo /x xxxxx');
  expect(expandOversize('ping', 5)).toBe('ping');
});
