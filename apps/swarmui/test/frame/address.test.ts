// Addresses: what they are made of comes back out of them, whatever names hold.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hrefOf, hrefOfPath, hrefOfRoute, parseFragment } from '../../src/app/address.ts';

test('an address gives back its place, its names and its line', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' });
  fc.assert(
    fc.property(name, fc.array(name), fc.option(fc.nat(), { nil: undefined }), (place, rest, at) => {
      const route = { place, rest, ...(at === undefined ? {} : { at }) };
      expect(parseFragment(hrefOfRoute(route))).toEqual(route);
    }),
  );
});

test('a link says nothing of the time', () => {
  expect(hrefOf('fleet', 'leases', 'a?at=5')).toBe('#/fleet/leases/a%3Fat%3D5');
  expect(parseFragment(hrefOf('fleet', 'a?at=5'))).toEqual({ place: 'fleet', rest: ['a?at=5'] });
  expect(hrefOfPath('/proc/boot')).toBe('#/files/proc/boot');
  expect(hrefOfPath('/')).toBe('#/files');
});

test('what is no line is none, and what does not decode is the root', () => {
  for (const query of ['at=', 'at=-1', 'at=1e3', 'at=x', 'to=5', `at=${'9'.repeat(16)}`])
    expect(parseFragment(`#/fleet?${query}`), query).toEqual({ place: 'fleet', rest: [] });
  expect(parseFragment('#/%E0%A4%A?at=5')).toEqual({ place: '', rest: [] });
  expect(parseFragment('')).toEqual({ place: '', rest: [] });
});
