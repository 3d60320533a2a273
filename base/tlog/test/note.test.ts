import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatNote,
  formatNoteKey,
  NOTE_SIGNATURES_MAX,
  NOTE_SIZE_MAX,
  type NoteKey,
  noteChallenges,
  noteKey,
  openNote,
  parseNote,
  parseNoteKey,
  settleNote,
  signNote,
  unsignedNote,
} from '../src/index.ts';
import { base64, ed25519Verify, problem, sha256, signerOf, testSigner, unhex, value } from './kit.ts';

// golang.org/x/mod sumdb/note, note_test.go.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_PRIVATE = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT =
  'If you think cryptography is the answer to your problem,\n' + "then you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';

function keyOf(text: string): NoteKey {
  return value(parseNoteKey(sha256, text));
}

function bytesOf(note: string): Uint8Array {
  return new TextEncoder().encode(note);
}

function open(note: string, ...keys: readonly NoteKey[]): ReturnType<typeof openNote> {
  return openNote(bytesOf(note), keys, ed25519Verify);
}

test.each([
  [PETER, 0xc74f20a3],
  [ENOCH, 0xaf0cfe78],
  ['sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', 0x033de0ae],
  ['example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', 0x530d903a],
  ['remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2', 0xda77ade7],
])('published key %s', (text, id) => {
  const key = keyOf(text);
  expect([key.id, key.kind]).toEqual([id, text.includes('+BO') ? 'cosignature' : 'ed25519']);
  expect(formatNoteKey(key)).toBe(text);
});

test('one public key has another ID under another name or type', () => {
  const { publicKey, id } = keyOf(PETER);
  const other = value(noteKey(sha256, { kind: 'ed25519', name: 'Peter', publicKey }));
  const cosigner = value(noteKey(sha256, { kind: 'cosignature', name: 'PeterNeumann', publicKey }));
  expect(new Set([id, other.id, cosigner.id]).size).toBe(3);
  expect(keyOf(formatNoteKey(cosigner))).toEqual(cosigner);
});

test('every cut of a key and every changed character is refused', () => {
  for (let start = 0; start <= PETER.length; start += 1) {
    for (let end = start; end <= PETER.length; end += 1) {
      if (end - start < PETER.length) expect(parseNoteKey(sha256, PETER.slice(start, end)).ok).toBe(false);
    }
  }
  for (let at = 0; at < PETER.length; at += 1) {
    const other = String.fromCharCode(PETER.charCodeAt(at) + 1);
    expect(parseNoteKey(sha256, PETER.slice(0, at) + other + PETER.slice(at + 1)).ok).toBe(false);
  }
});

test.each([
  ['a key of 34 bytes with the ID of it', 'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=='],
  ['an unknown type with the ID of it', 'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
  ['upper-case hex', PETER.replace('c74f20a3', 'C74F20A3')],
  ['no name', PETER.replace('PeterNeumann', '')],
  ['no base64', 'PeterNeumann+c74f20a3+'],
  ['no type', 'PeterNeumann+c74f20a3'],
  ['a space before', ` ${PETER}`],
  ['a newline after', `${PETER}\n`],
  ['a plus more', `${PETER}+`],
])('refuses %s', (_what, text) => expect(parseNoteKey(sha256, text).ok).toBe(false));

test.each(['', ' ', 'a b', 'a\tb', 'a\nb', 'a+b', 'a\u00a0b', 'a\u2003b', 'a\u3000', 'a\u0085', 'a\u0001', 'a\ud800'])(
  '%j is no key name',
  (name) => {
    const { publicKey } = keyOf(PETER);
    expect(problem(noteKey(sha256, { kind: 'ed25519', name, publicKey }))).toMatch(/key name/);
  },
);

test('names may be any other Unicode; keys have 32 bytes', () => {
  const { publicKey } = keyOf(PETER);
  const key = value(noteKey(sha256, { kind: 'ed25519', name: 'exämple.com/—/😀', publicKey }));
  expect(keyOf(formatNoteKey(key))).toEqual(key);
  for (const length of [0, 31, 33]) {
    const odd = noteKey(sha256, { kind: 'ed25519', name: 'a', publicKey: new Uint8Array(length) });
    expect(problem(odd)).toMatch(/32 bytes/);
  }
});

test('the published private key makes the published note', () => {
  const signer = signerOf('ed25519', 'PeterNeumann', base64(PETER_PRIVATE).subarray(1));
  expect(formatNoteKey(signer.key)).toBe(PETER);
  const note = value(signNote(value(unsignedNote(TEXT)), signer));
  expect(formatNote(note)).toBe(`${TEXT}\n${PETER_LINE}`);
  expect(formatNote(value(signNote(note, signer)))).toBe(`${TEXT}\n${PETER_LINE}`);
});

test('published notes verify: one key known, both known', () => {
  const note = `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`;
  const one = value(open(note, keyOf(PETER)));
  expect([one.note.text, one.verified.map(({ key }) => key.name)]).toEqual([TEXT, ['PeterNeumann']]);
  const both = value(open(note, keyOf(ENOCH), keyOf(PETER)));
  expect(both.verified.map(({ key }) => key.name)).toEqual(['PeterNeumann', 'EnochRoot']);
  expect(formatNote(both.note)).toBe(note);
});

test('the example of the specification verifies', () => {
  const line =
    '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  const key = keyOf('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  expect(value(open(`This is an example message.\n\n${line}`, key)).verified.length).toBe(1);
});

test('text with empty lines and letters beyond ASCII, as in the specification', () => {
  const text = 'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n';
  const line =
    '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
  const note = value(parseNote(bytesOf(`${text}\n${line}`)));
  expect([note.text, note.signatures.map(({ name, id }) => [name, id])]).toEqual([
    text,
    [['quasimodo.example/salvatore', 0x367ba04b]],
  ]);
  expect(formatNote(note)).toBe(`${text}\n${line}`);
});

test('a note that no known key signed is refused', () => {
  const note = `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`;
  expect(problem(open(note))).toBe('no known key signed the note');
  const { publicKey } = keyOf(PETER);
  const sameName = value(noteKey(sha256, { kind: 'ed25519', name: 'PeterNeumann', publicKey: keyOf(ENOCH).publicKey }));
  const sameId: NoteKey = { kind: 'ed25519', name: 'Peter', id: 0xc74f20a3, publicKey };
  expect(problem(open(note, sameName, sameId))).toBe('no known key signed the note');
});

test('a bad signature of a known key refuses the note, even beside good ones', () => {
  const bad = ENOCH_LINE.replace('rwz+eBzm', 'rwz+eBzn');
  const note = `${TEXT}\n${PETER_LINE}${bad}`;
  expect(open(note, keyOf(PETER)).ok).toBe(true);
  expect(problem(open(note, keyOf(PETER), keyOf(ENOCH)))).toBe('the signature by EnochRoot does not hold');
  const twice = `${TEXT}\n${ENOCH_LINE}${bad}`;
  expect(open(twice, keyOf(ENOCH)).ok).toBe(false);
  const long = `${TEXT}\n${PETER_LINE.slice(0, 60)}ABCD${PETER_LINE.slice(60)}`;
  expect(problem(open(long, keyOf(PETER)))).toMatch(/64 bytes/);
});

test('a key counts once, however often it signed', () => {
  const note = `${TEXT}\n${PETER_LINE.repeat(3)}${ENOCH_LINE}`;
  expect(value(open(note, keyOf(PETER))).verified.length).toBe(1);
});

test('two known keys of one name and ID are refused once they matter', () => {
  const twin = { ...keyOf(PETER), publicKey: keyOf(ENOCH).publicKey };
  expect(problem(open(`${TEXT}\n${PETER_LINE}`, keyOf(PETER), twin))).toMatch(/two known keys/);
  expect(open(`${TEXT}\n${ENOCH_LINE}`, keyOf(PETER), twin, keyOf(ENOCH)).ok).toBe(true);
});

test('every single bit of a signed note counts', () => {
  const note = bytesOf(`${TEXT}\n${PETER_LINE}`);
  const keys = [keyOf(PETER)];
  for (let bit = 0; bit < note.length * 8; bit += 1) {
    const bad = note.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    if (openNote(bad, keys, ed25519Verify).ok) expect.fail(`bit ${bit}`);
  }
});

test('every cut of a signed note is refused', () => {
  const note = bytesOf(`${TEXT}\n${PETER_LINE}`);
  for (let length = 0; length < note.length; length += 1) {
    expect(openNote(note.subarray(0, length), [keyOf(PETER)], ed25519Verify).ok).toBe(false);
  }
});

const SIG = PETER_LINE.slice('— PeterNeumann '.length, -1);

test.each([
  ['nothing', ''],
  ['text alone', TEXT],
  ['no signature', `${TEXT}\n`],
  ['no text', PETER_LINE],
  ['no text, an empty line', `\n${PETER_LINE}`],
  ['no empty line', TEXT + PETER_LINE],
  ['no last newline', `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
  ['no last newline after a second signature', `${TEXT}\n${PETER_LINE}${ENOCH_LINE.slice(0, -1)}`],
  ['a line after', `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
  ['a line before', `${TEXT}\nUnexpected line.\n${PETER_LINE}`],
  ['an empty line between', `${TEXT}\n${PETER_LINE}\n`],
  ['a hyphen for the dash', `${TEXT}\n${PETER_LINE.replace('—', '-')}`],
  ['an en dash', `${TEXT}\n${PETER_LINE.replace('—', '–')}`],
  ['no space after the dash', `${TEXT}\n${PETER_LINE.replace('— ', '—')}`],
  ['two spaces after the dash', `${TEXT}\n${PETER_LINE.replace('— ', '—  ')}`],
  ['a no-break space', `${TEXT}\n${PETER_LINE.replace('— ', '—\u00a0')}`],
  ['no name', `${TEXT}\n— ${SIG}\n`],
  ['an empty name', `${TEXT}\n—  ${SIG}\n`],
  ['a name with a space', `${TEXT}\n— Bad Name ${SIG}\n`],
  ['a name with a plus', `${TEXT}\n— Bad+Name ${SIG}\n`],
  ['a name with a wide space', `${TEXT}\n— Bad\u2003Name ${SIG}\n`],
  ['no signature after the name', `${TEXT}\n— PeterNeumann\n`],
  ['an empty signature', `${TEXT}\n— PeterNeumann \n`],
  ['two spaces before base64', `${TEXT}\n— PeterNeumann  ${SIG}\n`],
  ['a space after base64', `${TEXT}\n— PeterNeumann ${SIG} \n`],
  ['base64 without padding', `${TEXT}\n— PeterNeumann ${SIG.replace('=', '')}\n`],
  ['base64url', `${TEXT}\n— PeterNeumann ${SIG.replaceAll('/', '_')}\n`],
  ['base64 with bits left over', `${TEXT}\n— PeterNeumann ${SIG.replace('nAM=', 'nAN=')}\n`],
  ['a key ID alone', `${TEXT}\n— PeterNeumann x08gow==\n`],
  ['less than a key ID', `${TEXT}\n— PeterNeumann x08g\n`],
  ['CR LF', `${TEXT}\n${PETER_LINE}`.replaceAll('\n', '\r\n')],
  ['a TAB in the text', `a\tb\n\n${PETER_LINE}`],
  ['a NUL in the text', `a\0b\n\n${PETER_LINE}`],
  ['an escape in the text', `a\u001bb\n\n${PETER_LINE}`],
])('a note with %s is refused', (_what, note) => {
  const parsed = parseNote(bytesOf(note));
  if (parsed.ok) expect.fail(JSON.stringify(parsed.value));
});

test('a note that is not UTF-8 is refused; a byte order mark is text', () => {
  const note = bytesOf(`${TEXT}\n${PETER_LINE}`);
  for (const odd of ['ff', 'c0af', 'eda080', 'e2809420'.slice(0, 4)]) {
    expect(problem(parseNote(new Uint8Array(Buffer.concat([unhex(odd), note]))))).toBe('a note is UTF-8');
  }
  expect(value(parseNote(bytesOf(`\ufeff${TEXT}\n${PETER_LINE}`))).text).toBe(`\ufeff${TEXT}`);
});

test('16 signatures are taken, 17 are not; nor is a note beyond its size', () => {
  const keys = [keyOf(PETER)];
  const others = (count: number): string => `${TEXT}\n${PETER_LINE}${ENOCH_LINE.repeat(count)}`;
  expect(NOTE_SIGNATURES_MAX).toBe(16);
  expect(openNote(bytesOf(others(15)), keys, ed25519Verify).ok).toBe(true);
  expect(problem(openNote(bytesOf(others(16)), keys, ed25519Verify))).toMatch(/at most 16/);
  const rest = bytesOf(`\n\n${PETER_LINE}`).length;
  const text = (length: number): string => `${'a'.repeat(length)}\n\n${PETER_LINE}`;
  expect(parseNote(bytesOf(text(NOTE_SIZE_MAX - rest))).ok).toBe(true);
  expect(problem(parseNote(bytesOf(text(NOTE_SIZE_MAX - rest + 1))))).toMatch(/at most/);
});

test('a seventeenth signer is refused, one that signed before is replaced', () => {
  let note = value(unsignedNote(TEXT));
  for (let byte = 1; byte <= 16; byte += 1) note = value(signNote(note, testSigner('ed25519', `key${byte}`, byte)));
  expect(problem(signNote(note, testSigner('ed25519', 'key17', 17)))).toMatch(/at most 16/);
  const again = value(signNote(note, testSigner('ed25519', 'key3', 3)));
  expect(again.signatures.map(({ name }) => name).at(-1)).toBe('key3');
  expect(again.signatures.length).toBe(16);
  const known = again.signatures.map(
    ({ name }, at) => testSigner('ed25519', name, at === 15 ? 3 : at + (at < 2 ? 1 : 2)).key,
  );
  expect(value(open(formatNote(again), ...known)).verified.length).toBe(16);
});

test.each(['', 'abc', 'abc\n\t\n', 'a\rb\n', 'a\u0000\n', 'a\ud800\n'])('%j is no text for a note', (text) => {
  expect(unsignedNote(text).ok).toBe(false);
  expect(signNote({ text, signatures: [] }, testSigner('ed25519', 'a')).ok).toBe(false);
});

test('any text signed is opened again', () => {
  const lines = fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/\p{Cc}|\p{Cs}/u.test(line)));
  const signer = testSigner('ed25519', 'example.com/log');
  fc.assert(
    fc.property(lines, (list) => {
      const text = `${list.join('\n')}\n`;
      const note = value(signNote(value(unsignedNote(text)), signer));
      const opened = value(open(formatNote(note), signer.key));
      expect(opened.note).toEqual(note);
    }),
  );
});

test('no bytes make reading throw, and what parses formats alike', () => {
  const pieces = fc.constantFrom('\n', '\n\n', '— ', 'a', ' ', 'x08go/Y=', 'AAAAAAA=', '—', '\u0001', '\ufeff', 'é');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (list) => {
      const note = list.join('');
      const parsed = parseNote(bytesOf(note));
      if (parsed.ok) expect(formatNote(parsed.value)).toBe(note);
    }),
    { numRuns: 5000 },
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseNote(bytes)));
});

test('a host may verify by itself, one step after the other', () => {
  const note = value(parseNote(bytesOf(`${TEXT}\n${ENOCH_LINE}${PETER_LINE}`)));
  const challenges = value(noteChallenges(note, [keyOf(PETER), keyOf(ENOCH)]));
  expect(challenges.map(({ key }) => key.name)).toEqual(['EnochRoot', 'PeterNeumann']);
  const verdicts = challenges.map((each) => ed25519Verify(each.key.publicKey, each.message, each.signature));
  expect(verdicts).toEqual([true, true]);
  expect(value(settleNote(challenges, verdicts)).length).toBe(2);
  expect(settleNote(challenges, [true, false]).ok).toBe(false);
  expect(settleNote(challenges, [true]).ok).toBe(false);
  expect(settleNote([], []).ok).toBe(false);
});

test('a key of the other type cannot sign a note', () => {
  const note = value(unsignedNote(TEXT));
  expect(() => signNote(note, testSigner('cosignature', 'a'))).toThrow(TypeError);
  const short = { ...testSigner('ed25519', 'a'), sign: () => new Uint8Array(63) };
  expect(() => signNote(note, short)).toThrow(TypeError);
});
