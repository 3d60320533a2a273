import { expect, test } from 'vitest';
import { codeOfErrno, EXIT, errnoOf, ok, REFUSALS, type RefusalCode, refusal, refuse, tagOf } from '../src/index.ts';

const codes = Object.keys(REFUSALS) as RefusalCode[];

test('every errno, and every errno name, belongs to one code', () => {
  expect(new Set(codes.map((code) => REFUSALS[code].errno)).size).toBe(codes.length);
  expect(new Set(codes.map((code) => REFUSALS[code].errnoName)).size).toBe(codes.length);
  for (const code of codes) expect(codeOfErrno(errnoOf(code))).toBe(code);
});

test.each(codes)('%s has a valid tag, a Linux errno, an HTTP status, an exit status and a sentence', (code) => {
  const row = REFUSALS[code];
  expect(['busy', 'quota', 'cut', 'policy']).toContain(tagOf(code));
  expect(row.errno).toBeGreaterThan(0);
  expect(row.errno).toBeLessThan(134);
  expect(row.errnoName).toMatch(/^E[A-Z0-9]+$/);
  expect(Object.values(EXIT)).toContain(row.exit);
  expect(row.exit).not.toBe(EXIT.ok);
  expect([400, 401, 403, 404, 409, 410, 413, 429, 500, 501, 503, 504]).toContain(row.status);
  expect(row.sentence).toMatch(/^[A-Z].*[.?]$/);
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

test('the numbers are those that Node knows for this Linux', async () => {
  const { constants } = await import('node:os');
  const known = constants.errno as Readonly<Record<string, number>>;
  for (const { errnoName, errno } of Object.values(REFUSALS)) {
    if (process.platform === 'linux' && known[errnoName] !== undefined)
      expect([errnoName, errno]).toEqual([errnoName, known[errnoName]]);
  }
});

test('a refusal says the sentence of its row unless told better', () => {
  expect(refuse('busy')).toEqual({ ok: false, refusal: { code: 'busy', detail: REFUSALS.busy.sentence } });
  expect(refusal('busy', 'lease 3 is held')).toEqual({ code: 'busy', detail: 'lease 3 is held' });
  expect(ok(3)).toEqual({ ok: true, value: 3 });
});

test('another server’s errno is an internal failure', () => {
  expect(codeOfErrno(0)).toBe('internal');
  expect(codeOfErrno(61)).toBe('internal');
});
