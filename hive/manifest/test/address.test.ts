// Addresses of [listen]: what is one, and what is loopback.

import { expect, test } from 'vitest';
import { isLoopback, parseAddress } from '../src/index.ts';

test.each([
  ['127.0.0.1:5640', '127.0.0.1', 5640, true],
  ['127.9.9.9:0', '127.9.9.9', 0, true],
  ['localhost:65535', 'localhost', 65_535, true],
  ['[::1]:1', '::1', 1, true],
  ['[::]:1', '::', 1, false],
  ['[::ffff:127.0.0.1]:1', '::ffff:127.0.0.1', 1, false],
  ['0.0.0.0:1', '0.0.0.0', 1, false],
  ['127.example.org:1', '127.example.org', 1, false],
  ['localhost.example.org:1', 'localhost.example.org', 1, false],
])('%s is an address', (text, host, port, isLocal) => {
  expect(parseAddress(text)).toEqual({ host, port });
  expect(isLoopback(host)).toBe(isLocal);
});

test.each(['', 'x', ':1', '127.0.0.1', '127.0.0.1:65536', '127.1:1', '2130706433:1', '0177.0.0.1:1', '256.0.0.1:1'])(
  '"%s" is none',
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);

test.each(['[127.0.0.1]:1', '::1:1', '[::1]', '-a:1', 'a-:1', 'a..b:1', 'a_b:1', '127.0.0.1:1\n', '127.0.0.1:1.5'])(
  '%j is none',
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);
