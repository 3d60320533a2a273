import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Checkpoint,
  type CheckpointTrust,
  cosignatureMessage,
  cosignNote,
  decodeCosignature,
  encodeCosignature,
  formatCheckpoint,
  formatNote,
  type NoteKey,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseNote,
  parseNoteKey,
  type SignedNote,
  signNote,
  unsignedNote,
} from '../src/index.ts';
import { base64, ed25519Verify, hasher, hex, problem, sha256, testSigner, value } from './kit.ts';

const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';

/** C2SP tlog-cosignature: a checkpoint with a signature of the log and one cosignature. Its keys are not published. */
const SOFA = `example.com/behind-the-sofa
20852163
${ROOT}

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

/** A log of transparency.dev as it was served in May 2026: an RFC 6962 signature, its Ed25519 one, four witnesses. */
const ARCHE = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
const ARCHE_KEY = 'arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f';
const WITNESS_KEYS = [
  'transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM',
  'witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO',
  'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
  'witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv',
];

function keyOf(text: string): NoteKey {
  return value(parseNoteKey(sha256, text));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const ARCHE_TRUST: CheckpointTrust = {
  origin: 'arche2025h1.staging.ct.transparency.dev',
  logKeys: [keyOf(ARCHE_KEY)],
  cosigners: WITNESS_KEYS.map(keyOf),
};

test('a served checkpoint opens: the log signed it, four witnesses cosigned it', () => {
  const open = value(openCheckpoint(bytesOf(ARCHE), ARCHE_TRUST, ed25519Verify));
  expect([open.checkpoint.size, hex(open.checkpoint.root)]).toEqual([
    1_432_088_532,
    hex(base64('U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=')),
  ]);
  expect(open.cosigned.map(({ key, timestamp }) => [key.name, timestamp])).toEqual(
    ARCHE_TRUST.cosigners.map(({ name }) => [name, 0x6a122120n]),
  );
  expect(open.verified.length).toBe(5);
  expect(formatNote(open.note)).toBe(ARCHE);
});

test('signed trees of the Go checksum database open', () => {
  const trust = {
    origin: 'go.sum database tree',
    logKeys: [keyOf('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8')],
    cosigners: [],
  };
  const notes = [
    'go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n' +
      '— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n',
    'go.sum database tree\n3935567\nSapHtgdNCeF00Cx8kqztePV24kgzNg++Xovae42HAMw=\n\n' +
      '— sum.golang.org Az3grsm7Wm4CVNR1RHq9BFnu9jzcRlU2uw7lr0gfUWgO6+rqPNjT+fUTl9gH0NRTgdwW9nItuQSMbhSaLCsk8YeYSAs=\n',
  ];
  const opened = notes.map((note) => value(openCheckpoint(bytesOf(note), trust, ed25519Verify)));
  expect(opened.map(({ checkpoint }) => checkpoint.size)).toEqual([6_476_701, 3_935_567]);
  const changed = notes[0]!.replace('6476701', '6476702');
  expect(openCheckpoint(bytesOf(changed), trust, ed25519Verify).ok).toBe(false);
});

test('a checkpoint of another log, or that the log did not sign, is refused', () => {
  const bytes = bytesOf(ARCHE);
  const other = { ...ARCHE_TRUST, origin: 'example.com/log' };
  expect(problem(openCheckpoint(bytes, other, ed25519Verify))).toMatch(/a checkpoint of example.com\/log/);
  const stranger = { ...ARCHE_TRUST, logKeys: [testSigner('ed25519', 'example.com/log').key] };
  expect(problem(openCheckpoint(bytes, stranger, ed25519Verify))).toBe('no key of the log signed the checkpoint');
  const nobody = { ...ARCHE_TRUST, logKeys: [], cosigners: [] };
  expect(problem(openCheckpoint(bytes, nobody, ed25519Verify))).toBe('no known key signed the note');
});

test('a cosignature that does not hold refuses the checkpoint; that of a stranger does not', () => {
  const bad = bytesOf(ARCHE.replace('2net5wAAAABqEiEg', '2net5wAAAABqEiEh'));
  expect(problem(openCheckpoint(bad, ARCHE_TRUST, ed25519Verify))).toBe(
    'the signature by remora.n621.de does not hold',
  );
  const fewer = { ...ARCHE_TRUST, cosigners: ARCHE_TRUST.cosigners.filter(({ name }) => name !== 'remora.n621.de') };
  expect(value(openCheckpoint(bad, fewer, ed25519Verify)).cosigned.length).toBe(3);
});

test('one public key under two names is no two cosigners', () => {
  const twins = ['a', 'b'].map((name) => testSigner('cosignature', name, 9).key);
  const trust = { ...ARCHE_TRUST, cosigners: twins };
  expect(problem(openCheckpoint(bytesOf(ARCHE), trust, ed25519Verify))).toBe('two cosigners have one public key');
});

test('a plain signature of a configured cosigner is no cosignature', () => {
  const witness = testSigner('ed25519', 'witness', 9);
  const log = testSigner('ed25519', 'log', 8);
  const note = value(unsignedNote(`log\n1\n${ROOT}\n`));
  const signed = value(signNote(value(signNote(note, log)), witness));
  const trust = { origin: 'log', logKeys: [log.key], cosigners: [witness.key] };
  const open = value(openCheckpoint(bytesOf(formatNote(signed)), trust, ed25519Verify));
  expect([open.verified.length, open.cosigned.length]).toEqual([2, 0]);
});

test('the example of the specification has its parts', () => {
  const note = value(parseNote(bytesOf(SOFA)));
  expect(note.signatures.map(({ name, bytes }) => [name, bytes.length])).toEqual([
    ['example.com/behind-the-sofa', 64],
    ['witness.example.com/w1', 72],
  ]);
  const { timestamp } = value(decodeCosignature(note.signatures[1]!.bytes));
  expect(timestamp).toBe(1_679_315_147n);
  expect(new TextDecoder().decode(cosignatureMessage(note.text, timestamp))).toBe(
    `cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n${ROOT}\n`,
  );
});

test('a published cosignature has its time', () => {
  const line =
    'ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==';
  expect(value(decodeCosignature(base64(line).subarray(4))).timestamp).toBe(1_727_964_367n);
});

test('the text of Go’s tlog', () => {
  const root = hasher.leaf(bytesOf('hello world'));
  const checkpoint = { origin: 'go.sum database tree', size: 123_456_789_012, root, extensions: [] };
  const text = 'go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n';
  expect(value(formatCheckpoint(checkpoint))).toBe(text);
  expect(value(parseCheckpoint(text))).toEqual(checkpoint);
});

test.each([
  '',
  '\n',
  'log',
  'log\n',
  'log\n1\n',
  `log\n1\n${ROOT}`,
  `\n1\n${ROOT}\n`,
  `log\n\n${ROOT}\n`,
  `log\n1\n\n`,
  `log\n1\n${ROOT}\n\n`,
  `log\n1\n${ROOT}\next\n\n`,
  `log\n1\n${ROOT}\n\next\n`,
  `log\n01\n${ROOT}\n`,
  `log\n00\n${ROOT}\n`,
  `log\n-1\n${ROOT}\n`,
  `log\n+1\n${ROOT}\n`,
  `log\n1.0\n${ROOT}\n`,
  `log\n1e3\n${ROOT}\n`,
  `log\n0x1\n${ROOT}\n`,
  `log\n 1\n${ROOT}\n`,
  `log\n1 \n${ROOT}\n`,
  `log\nbananas\n${ROOT}\n`,
  `log\n٣\n${ROOT}\n`,
  `log\n9007199254740992\n${ROOT}\n`,
  `log\n3438945738945739845734895735\n${ROOT}\n`,
  `log\n1\n${ROOT.slice(0, -1)}\n`,
  `log\n1\n${ROOT} \n`,
  `log\n1\n ${ROOT}\n`,
  `log\n1\n${ROOT.replace('q2I=', 'q2J=')}\n`,
  `log\n1\n${ROOT.replaceAll('/', '_')}\n`,
  `log\n1\n${ROOT.slice(4)}\n`,
  `log\n1\nAAAA${ROOT}\n`,
  `log\n1\nYmFuYW5hcw==\n`,
  `log\n1\nThisIsn'tBase64\n`,
  `log\r\n1\r\n${ROOT}\r\n`,
  `l\tog\n1\n${ROOT}\n`,
  `log\n1\n${ROOT}\ne\u0000xt\n`,
])('refuses %j', (text) => expect(parseCheckpoint(text).ok).toBe(false));

test('size 0 and the largest size are sizes', () => {
  for (const size of [0, 1, Number.MAX_SAFE_INTEGER]) {
    expect(value(parseCheckpoint(`log\n${size}\n${ROOT}\n`)).size).toBe(size);
  }
});

const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\p{Cc}|\p{Cs}/u.test(text));
const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  origin: line,
  size: fc.maxSafeNat(),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  extensions: fc.array(line, { maxLength: 3 }),
});

test('a checkpoint goes through text unchanged', () => {
  fc.assert(
    fc.property(anyCheckpoint, (checkpoint) => {
      expect(value(parseCheckpoint(value(formatCheckpoint(checkpoint))))).toEqual(checkpoint);
    }),
  );
});

test('what would not parse is not formatted', () => {
  const good = { origin: 'log', size: 1, root: base64(ROOT), extensions: ['ext'] };
  const odd: Checkpoint[] = [
    { ...good, origin: '' },
    { ...good, origin: 'log\n1' },
    { ...good, origin: `log\n7\n${ROOT}` },
    { ...good, origin: 'l\tog' },
    { ...good, origin: '\ud800' },
    { ...good, size: -1 },
    { ...good, size: 0.5 },
    { ...good, size: 2 ** 53 },
    { ...good, size: Number.NaN },
    { ...good, root: good.root.subarray(1) },
    { ...good, extensions: [''] },
    { ...good, extensions: ['a\nb'] },
    { ...good, extensions: ['a', ''] },
  ];
  expect(formatCheckpoint(good).ok).toBe(true);
  for (const checkpoint of odd) if (formatCheckpoint(checkpoint).ok) expect.fail(JSON.stringify(checkpoint));
});

const log = testSigner('ed25519', 'example.com/log', 1);
const witness = testSigner('cosignature', 'witness.example.com/w1', 2);

function signedCheckpoint(text = `example.com/log\n5\n${ROOT}\next\n`): SignedNote {
  return value(signNote(value(unsignedNote(text)), log));
}

test('a log signs, a witness cosigns, a reader trusts both', () => {
  const cosigned = value(cosignNote(signedCheckpoint(), witness, 1_700_000_000n));
  const trust = { origin: 'example.com/log', logKeys: [log.key], cosigners: [witness.key] };
  const open = value(openCheckpoint(bytesOf(formatNote(cosigned)), trust, ed25519Verify));
  expect(open.cosigned).toEqual([{ key: witness.key, timestamp: 1_700_000_000n }]);
  expect(open.checkpoint.extensions).toEqual(['ext']);
  const later = value(cosignNote(cosigned, witness, 1_700_000_060n));
  expect(later.signatures.length).toBe(2);
});

test('of two cosignatures by one witness the later counts, in any order', () => {
  const lines = [5n, 9n, 7n].map((time) => value(cosignNote(signedCheckpoint(), witness, time)).signatures[1]!);
  for (const order of [lines, lines.toReversed()]) {
    const note = formatNote({ text: signedCheckpoint().text, signatures: order });
    expect(value(openNote(bytesOf(note), [witness.key], ed25519Verify)).verified).toEqual([
      { key: witness.key, timestamp: 9n },
    ]);
  }
});

test('a cosignature holds for its text, its time and its type only', () => {
  const { text, signatures } = value(cosignNote(signedCheckpoint(), witness, 1_700_000_000n));
  const [, line] = signatures;
  const opens = (changedText: string, bytes: Uint8Array, key = witness.key): boolean => {
    const note = formatNote({ text: changedText, signatures: [{ ...line!, id: key.id, bytes }] });
    return openNote(bytesOf(note), [key], ed25519Verify).ok;
  };
  expect(opens(text, line!.bytes)).toBe(true);
  expect(opens(text.replace('ext', 'exu'), line!.bytes)).toBe(false);
  for (let bit = 0; bit < line!.bytes.length * 8; bit += 1) {
    const bad = line!.bytes.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    if (opens(text, bad)) expect.fail(`bit ${bit}`);
  }
  const plain = testSigner('ed25519', witness.key.name, 2).key;
  expect(opens(text, line!.bytes, plain)).toBe(false);
  expect(opens(text, line!.bytes.subarray(8), plain)).toBe(false);
  expect(opens(text, line!.bytes.subarray(1))).toBe(false);
  expect(opens(text, Uint8Array.of(...line!.bytes, 0))).toBe(false);
});

test('only checkpoints are cosigned, at times that can be', () => {
  const note = value(unsignedNote('no checkpoint\n'));
  expect(cosignNote(note, witness, 1n).ok).toBe(false);
  expect(problem(cosignNote(signedCheckpoint(), witness, -1n))).toMatch(/2\^63-1/);
  expect(problem(cosignNote(signedCheckpoint(), witness, 2n ** 63n))).toMatch(/2\^63-1/);
  expect(cosignNote(signedCheckpoint(), witness, 2n ** 63n - 1n).ok).toBe(true);
  expect(() => cosignNote(signedCheckpoint(), log, 1n)).toThrow(TypeError);
  const bytes = new Uint8Array(72);
  const named = { name: witness.key.name, id: witness.key.id, bytes };
  const odd = formatNote({ text: 'no checkpoint\n', signatures: [named] });
  expect(problem(openNote(bytesOf(odd), [witness.key], () => true))).toMatch(/cosigned what is no checkpoint/);
});

test('a cosignature goes through bytes; other lengths and negative times are refused', () => {
  const signature = new Uint8Array(64).fill(3);
  for (const timestamp of [0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
    const bytes = encodeCosignature({ timestamp, signature });
    expect(bytes.length).toBe(72);
    expect(value(decodeCosignature(bytes))).toEqual({ timestamp, signature });
  }
  for (const length of [0, 64, 71, 73]) expect(decodeCosignature(new Uint8Array(length)).ok).toBe(false);
  const negative = new Uint8Array(72);
  negative[0] = 0x80;
  expect(problem(decodeCosignature(negative))).toMatch(/2\^63/);
  expect(() => encodeCosignature({ timestamp: 2n ** 63n, signature })).toThrow(TypeError);
  expect(() => encodeCosignature({ timestamp: 1n, signature: signature.subarray(1) })).toThrow(TypeError);
});
