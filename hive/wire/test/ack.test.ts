import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ACK_TRUNCATED_LINE,
  ackField,
  boundAck,
  CONSOLE_TIMEOUT_LINE,
  END_LINE,
  FRAME_ERROR_LINE,
  formatAuthError,
  formatErr,
  formatOk,
  formatParseError,
  parseAnswer,
  REFUSALS,
  type RefusalCode,
} from '../src/index.ts';

test.each([
  [formatOk('attach', 'role=queen'), 'OK ATTACH role=queen'],
  [formatOk('quit'), 'OK QUIT'],
  [formatOk('echo', 'path=/queen/ctl bytes=53'), 'OK ECHO path=/queen/ctl bytes=53'],
  [
    formatErr('cat', 'invalid-path', { path: '/nope' }),
    'ERR CAT reason=policy detail=invalid-path path=/nope error=ENOENT',
  ],
  [formatErr('echo', 'denied', { path: '/x' }), 'ERR ECHO reason=policy detail=denied path=/x error=EPERM'],
  [formatErr('ls', 'unauthenticated'), 'ERR LS reason=policy detail=unauthenticated error=EACCES'],
  [
    formatErr('attach', 'throttled', { delayMs: 249.2 }),
    'ERR ATTACH reason=quota detail=throttled delay_ms=250 error=EUSERS',
  ],
  [formatErr('cat', 'invalid-path', { path: '/a\nOK CAT' }), 'ERR CAT reason=policy detail=invalid-path error=ENOENT'],
  [formatAuthError('invalid-token'), 'ERR AUTH reason=invalid-token'],
  [formatParseError('empty command'), 'ERR PARSE reason=policy detail=empty command'],
  [FRAME_ERROR_LINE, 'ERR FRAME reason=invalid-length'],
  [CONSOLE_TIMEOUT_LINE, 'ERR CONSOLE reason=timeout'],
  [ACK_TRUNCATED_LINE, 'ERR PARSE reason=policy detail=ack-truncated'],
  [END_LINE, 'END'],
])('%s', (line, expected) => expect(line).toBe(expected));

test('every code goes through its line unchanged, with any path', () => {
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  const tricky = fc.constantFrom('/a error=EPERM', '/x path=/y', '/ delay_ms=3', '/a b  c', '/é error=EIO error=');
  const path = fc.oneof(
    tricky,
    fc.string().map((text) => `/${text.replace(/\p{Cc}/gu, '')}`),
  );
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.option(path, { nil: undefined }), (code, file) => {
      const context = file === undefined ? {} : { path: file };
      const answer = parseAnswer(formatErr('cat', code, context));
      expect(answer).toEqual({ kind: 'err', verb: 'CAT', refusal: { code, detail: REFUSALS[code].sentence }, context });
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['OK QUIT', { kind: 'ok', verb: 'QUIT', detail: '' }],
  ['OK TAIL path=/log/queen.log', { kind: 'ok', verb: 'TAIL', detail: 'path=/log/queen.log' }],
  ['PONG', { kind: 'ok', verb: 'PING', detail: 'reply=pong' }],
  ['END', { kind: 'end' }],
  ['END ', { kind: 'data', line: 'END ' }],
  ['OKAY', { kind: 'data', line: 'OKAY' }],
  ['', { kind: 'data', line: '' }],
  ['tick=42', { kind: 'data', line: 'tick=42' }],
])('%j is read', (line, answer) => expect(parseAnswer(line)).toEqual(answer));

test.each([
  ['ERR AUTH reason=invalid-token', 'unauthenticated'],
  ['ERR AUTH reason=expected-token', 'unauthenticated'],
  ['ERR AUTH reason=timeout', 'timeout'],
  ['ERR CONSOLE reason=timeout', 'timeout'],
  ['ERR FRAME reason=invalid-length', 'too-big'],
  ['ERR PARSE reason=policy detail=empty command', 'invalid-payload'],
  ['ERR CAT reason=policy path=/x error=EPERM', 'denied'],
  ['ERR CAT reason=policy detail=invalid-path path=/x error=invalid path', 'invalid-path'],
  ['ERR CAT reason=quota path=/x error=ELIMIT', 'exhausted'],
  ['ERR ATTACH reason=quota detail=rate-limited delay_ms=90000', 'rate-limited'],
  ['ERR ATTACH reason=quota detail=invalid-claims', 'invalid-claims'],
  ['ERR TEST reason=policy detail=host-only', 'denied'],
  ['ERR LS reason=busy', 'busy'],
  ['ERR LS reason=cut', 'closed'],
  ['ERR LS reason=constructor detail=constructor', 'internal'],
  ['ERR LS', 'internal'],
])('%s is understood as %s', (line, code) => {
  expect(parseAnswer(line)).toMatchObject({ kind: 'err', refusal: { code } });
});

test('no line makes it throw, and a line without OK or ERR is data', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `ERR ${text}`),
      ),
      (line) => {
        const answer = parseAnswer(line);
        if (!/^(?:OK|ERR) |^END$|^PONG$/.test(line)) expect(answer).toEqual({ kind: 'data', line });
      },
    ),
  );
});

test('fields of an OK line', () => {
  const detail = 'path=/a b bytes=53 seg_id=seg-000001';
  expect([ackField(detail, 'path'), ackField(detail, 'bytes'), ackField(detail, 'seg_id')]).toEqual([
    '/a b',
    '53',
    'seg-000001',
  ]);
  expect(ackField(detail, 'id')).toBeUndefined();
  expect(ackField('', 'path')).toBeUndefined();
});

test('an acknowledgement of the line bound is sent, a longer one is replaced', () => {
  const line = formatOk('ls', 'path=/é');
  expect(boundAck(line, 14)).toBe(line);
  expect(boundAck(line, 13)).toBe(ACK_TRUNCATED_LINE);
});
