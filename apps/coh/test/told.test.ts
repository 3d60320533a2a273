// What reaches a terminal or a log: no ticket, and nothing that steers the terminal, whoever wrote it.

import { describe, expect, it } from 'vitest';
import { answer, contextOf, type Globals, jsonText, note, say } from '../src/context.ts';
import { fail } from '../src/failure.ts';
import { capturedIo, coh } from './captured-io.ts';

const ESC = '\u001b';
const TICKET = 'coh2.AbCdEf_0123456789';

function told(isTTY: boolean, globals: Globals, tell: (context: ReturnType<typeof contextOf>) => void): string {
  const captured = capturedIo({ isTTY });
  tell(contextOf(captured.io, { color: false, ...globals }));
  return captured.stdout() + captured.stderr();
}

describe('a failure', () => {
  const failure = {
    what: `cannot read ${ESC}[2J`,
    code: 'denied',
    sentence: `The hive says ${ESC}]0;title\u0007 and ${TICKET}.`,
    advice: [`Try ${TICKET}${ESC}[1m`],
  } as const;

  it.each([true, false])('steers no terminal and tells no ticket (terminal: %s)', (isTTY) => {
    const text = told(isTTY, {}, (context) => fail(context, failure));
    expect(text).toBe(
      'coh: cannot read \\x1b[2J (denied)\n' +
        '  The hive says \\x1b]0;title\\x07 and <ticket>\n' +
        '  Try <ticket>\\x1b[1m\n',
    );
  });

  it('is whole as JSON, but for tickets', () => {
    const { error } = JSON.parse(told(true, { json: true }, (context) => fail(context, failure)));
    expect(error).toMatchObject({ what: failure.what, sentence: expect.stringContaining(`${ESC}]0;title\u0007`) });
    expect(JSON.stringify(error)).not.toContain(TICKET);
  });

  it.each([[['ls', '/', TICKET]], [['ls', '/', `--tickt=${TICKET}`]], [[TICKET]]])(
    'of the command line does not repeat a ticket: %j',
    async (argv) => {
      for (const more of [[], ['--json']]) {
        const { exit, stdout, stderr } = await coh([...argv, ...more]);
        expect(exit).toBe(2);
        expect(stdout + stderr).toContain('<ticket>');
        expect(stdout + stderr).not.toContain(TICKET);
      }
    },
  );
});

describe('an answer', () => {
  const lines = [`state ${ESC}[31mONLINE`, 'a\tb'];

  it('steers no terminal', () => {
    expect(told(true, {}, (context) => answer(context, {}, lines))).toBe('state \\x1b[31mONLINE\na\tb\n');
  });

  it('is as it is where there is none', () => {
    expect(told(false, {}, (context) => answer(context, {}, lines))).toBe(`${lines.join('\n')}\n`);
  });

  it('keeps colours of our own', () => {
    expect(told(true, {}, (context) => say(context, [{ painted: `${ESC}[32mOK${ESC}[39m` }]))).toContain(ESC);
  });
});

it('a remark steers no terminal', () => {
  expect(told(true, {}, (context) => note(context, `sealed: ${ESC}[2J`))).toBe('coh: sealed: \\x1b[2J\n');
});

it('JSON holds nothing that a terminal obeys, and means the same', () => {
  const value = { line: 'a\u009b2J\u007f\u2028\u2029\u001b"ä' };
  expect(jsonText(value)).toBe('{"line":"a\\u009b2J\\u007f\\u2028\\u2029\\u001b\\"ä"}');
  expect(JSON.parse(jsonText(value))).toEqual(value);
});
