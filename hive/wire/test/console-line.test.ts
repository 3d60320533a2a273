import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONSOLE_CAPS, CONSOLE_VERBS, consoleVerb, formatParseError, parseConsoleLine } from '../src/index.ts';

const TEXTS = [
  /^console line exceeded maximum length$/,
  /^empty command$/,
  /^unsupported console command$/,
  /^missing required argument: [a-z]+$/,
  /^argument [a-z]+ exceeds allowed length$/,
  /^invalid value for argument [a-z]+$/,
];

/** The command, or the fixed text of the refusal. */
function parse(line: string, caps = CONSOLE_CAPS): unknown {
  const result = parseConsoleLine(line, caps);
  return result.ok ? result.value : result.refusal.detail;
}

test.each([
  ['help', { kind: 'help' }],
  ['HELP', { kind: 'help' }],
  ['  Ping \t ', { kind: 'ping' }],
  ['bi', { kind: 'bi' }],
  ['caps', { kind: 'caps' }],
  ['mem', { kind: 'mem' }],
  ['smp', { kind: 'smp' }],
  ['test', { kind: 'test', flags: '' }],
  ['test  --mode full --json ', { kind: 'test', flags: '--mode full --json' }],
  ['bind /proc /shadow', { kind: 'bind', from: '/proc', to: '/shadow' }],
  ['bind /proc', 'missing required argument: dst'],
  ['bind', 'missing required argument: src'],
  ['bind /proc /shadow /more', 'invalid value for argument args'],
  ['mount logs /logs', { kind: 'mount', service: 'logs', at: '/logs' }],
  ['mount logs', 'missing required argument: path'],
  ['mount', 'missing required argument: service'],
  ['nettest', { kind: 'nettest' }],
  ['netstats', { kind: 'netstats' }],
  ['whoami', { kind: 'whoami' }],
  ['log', { kind: 'log' }],
  ['stop', { kind: 'stop' }],
  ['reboot', { kind: 'reboot' }],
  ['quit', { kind: 'quit' }],
  ['cachelog', { kind: 'cachelog' }],
  ['cachelog 0', { kind: 'cachelog', count: 0 }],
  ['cachelog 65535', { kind: 'cachelog', count: 65_535 }],
  ['cachelog 65536', 'invalid value for argument count'],
  ['cachelog x', 'invalid value for argument count'],
  ['ls /', { kind: 'ls', path: '/' }],
  ['stat /queen/ctl', { kind: 'stat', path: '/queen/ctl' }],
  ['CAT /log/queen.log', { kind: 'cat', path: '/log/queen.log' }],
  ['cat', 'missing required argument: path'],
  ['cat relative', 'invalid value for argument path'],
  ['cat /a /b', 'invalid value for argument args'],
  ['tail /log/queen.log', { kind: 'tail', path: '/log/queen.log' }],
  ['tail /log/queen.log 1', { kind: 'tail', path: '/log/queen.log', lines: 1 }],
  ['tail /log/queen.log 256', { kind: 'tail', path: '/log/queen.log', lines: 256 }],
  ['tail /log/queen.log 0', 'invalid value for argument lines'],
  ['tail /log/queen.log 257', 'invalid value for argument lines'],
  ['follow /log/queen.log', { kind: 'follow', path: '/log/queen.log' }],
  ['follow /x 18446744073709551615', { kind: 'follow', path: '/x', from: 2n ** 64n - 1n }],
  ['follow /x 18446744073709551616', 'invalid value for argument from'],
  ['follow /x -1', 'invalid value for argument from'],
  ['echo /queen/ctl {"kill":"worker-7"}', { kind: 'echo', path: '/queen/ctl', payload: '{"kill":"worker-7"}' }],
  ['echo  /x  two  blanks ', { kind: 'echo', path: '/x', payload: ' two  blanks ' }],
  ['echo /x', 'missing required argument: payload'],
  ['echo /x ', 'missing required argument: payload'],
  ['echo', 'missing required argument: path'],
  ['spawn {"spawn":"heartbeat", "ticks":2}', { kind: 'spawn', json: '{"spawn":"heartbeat", "ticks":2}' }],
  ['spawn', 'missing required argument: json'],
  ['kill worker-7', { kind: 'kill', worker: 'worker-7' }],
  ['kill', 'missing required argument: worker'],
  ['kill a b', 'invalid value for argument args'],
  ['attach queen', { kind: 'attach', role: 'queen' }],
  ['ATTACH Worker-GPU tick.et', { kind: 'attach', role: 'Worker-GPU', ticket: 'tick.et' }],
  ['attach', 'missing required argument: role'],
  ['attach queen t more', 'invalid value for argument args'],
  ['ping pong', 'invalid value for argument args'],
  ['', 'empty command'],
  [' \t', 'empty command'],
  ['rm /x', 'unsupported console command'],
  ['constructor', 'unsupported console command'],
  ['__proto__', 'unsupported console command'],
])('%j', (line, expected) => expect(parse(line)).toEqual(expected));

describe('caps', () => {
  test.each([
    ['ls /', 'path', 'pathBytesMax'],
    ['kill ', 'worker', 'idBytesMax'],
    ['attach ', 'role', 'roleBytesMax'],
    ['attach queen ', 'ticket', 'ticketBytesMax'],
    ['echo /x ', 'payload', 'payloadBytesMax'],
    ['spawn ', 'json', 'payloadBytesMax'],
    ['bind /proc ', 'dst', 'pathBytesMax'],
  ] as const)('%s: %s of exactly the cap passes, one more does not', (prefix, name, cap) => {
    const caps = { ...CONSOLE_CAPS, [cap]: 10 };
    const fill = name === 'path' ? 9 : 10;
    expect(parse(prefix + 'x'.repeat(fill), caps)).toBeTypeOf('object');
    expect(parse(prefix + 'x'.repeat(fill + 1), caps)).toBe(`argument ${name} exceeds allowed length`);
    expect(parse(prefix + 'é'.repeat(fill), caps)).toBe(`argument ${name} exceeds allowed length`);
  });

  test('a line of 8188 bytes passes, one more does not', () => {
    expect(parse(`echo /x ${'x'.repeat(8188 - 8)}`)).toBeTypeOf('object');
    expect(parse(`echo /x ${'x'.repeat(8188 - 7)}`)).toBe('console line exceeded maximum length');
    expect(parse('x'.repeat(8189))).toBe('console line exceeded maximum length');
  });

  test('defaults: 1024 bytes of path, 64 of id', () => {
    expect(parse(`cat /${'x'.repeat(1023)}`)).toBeTypeOf('object');
    expect(parse(`cat /${'x'.repeat(1024)}`)).toBe('argument path exceeds allowed length');
    expect(parse(`kill ${'x'.repeat(64)}`)).toBeTypeOf('object');
    expect(parse(`kill ${'x'.repeat(65)}`)).toBe('argument worker exceeds allowed length');
  });
});

test('whatever the line, a command or one of the six texts', () => {
  const words = fc.array(
    fc.oneof(fc.constantFrom(...CONSOLE_VERBS.map((row) => row.verb), '/x', '1', ' '), fc.string()),
  );
  fc.assert(
    fc.property(words, (list) => {
      const result = parseConsoleLine(list.join(' '));
      if (result.ok) return;
      expect(result.refusal.code).toBe('invalid-payload');
      expect(TEXTS.some((text) => text.test(result.refusal.detail))).toBe(true);
      expect(formatParseError(result.refusal.detail)).toBe(`ERR PARSE reason=policy detail=${result.refusal.detail}`);
    }),
    { numRuns: 2000 },
  );
});

test('every verb of the table parses with arguments of its usage, in any case', () => {
  const values: Readonly<Record<string, string>> = {
    '<role>': 'queen',
    '[ticket]': 't',
    '[count]': '3',
    '<path>': '/x',
    '[lines]': '3',
    '[cursor]': '3',
    '<payload>': 'p',
    '<json>': '{}',
    '<worker>': 'worker-1',
    '<src>': '/x',
    '<dst>': '/y',
    '<service>': 'logs',
  };
  for (const { verb, usage, ack } of CONSOLE_VERBS) {
    const args = usage.split(' ').map((word) => values[word] ?? '');
    expect(parse([verb.toUpperCase(), ...args].join(' '))).toMatchObject({ kind: verb });
    expect(ack).toMatch(/^[A-Z]+$/);
    expect(consoleVerb(verb.toUpperCase())?.verb).toBe(verb);
  }
  expect(consoleVerb('bi')?.ack).toBe('BOOTINFO');
});
