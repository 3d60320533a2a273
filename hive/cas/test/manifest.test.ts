// The bytes of a manifest and its checks, against the contract (contracts-1, section 5.8).

import { fromHex, toHex } from '@cohesix/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeManifest,
  encodeManifest,
  isSignedBy,
  type ManifestContext,
  manifestProblem,
  signManifest,
  type UpdateManifest,
} from '../src/index.ts';
import { crypto, expectRefused, keyPair, must, sha } from './crypto.ts';

const SEED = 20261121;
const SIGNER = keyPair(0x21);
const hash = (text: string): Uint8Array => fromHex(sha(text)) ?? new Uint8Array();

const MANIFEST: UpdateManifest = {
  epoch: '7',
  chunkBytes: 128,
  payloadBytes: 256,
  payloadSha256: hash('payload'),
  chunks: [hash('A'.repeat(128)), hash('B'.repeat(128))],
  delta: undefined,
  signature: undefined,
};

function whole(bytes: Uint8Array): UpdateManifest {
  const decoded = must(decodeManifest(bytes));
  if (decoded.kind !== 'whole') expect.fail(`cut off, ${decoded.missing} missing`);
  return decoded.manifest;
}

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const epoch = fc.stringMatching(/^[0-9]{1,20}$/);
const size = fc.maxSafeNat();
const manifests: fc.Arbitrary<UpdateManifest> = fc.record({
  epoch,
  chunkBytes: size,
  payloadBytes: size,
  payloadSha256: digest,
  chunks: fc.array(digest, { maxLength: 40 }),
  delta: fc.option(fc.record({ baseEpoch: epoch, baseSha256: digest }), { nil: undefined }),
  signature: fc.option(fc.uint8Array({ minLength: 64, maxLength: 64 }), { nil: undefined }),
});

describe('bytes', () => {
  test('the array of eight, byte for byte', () => {
    const chunks =
      '5820b6ac3cc10386331c765f04f041c147d0f278f2aed8eaa021e2d0057fc6f6ff9e' +
      '58207abaa701a6f4bb8d9ea3872a315597eb6f2ccfd03392d8d10560837f6136d06a';
    const text = Buffer.from('cohesix-cas/manifest-v1').toString('hex');
    const expected = `8877${text}61371880190100${`5820${sha('payload')}`}82${chunks}f6f6`;
    expect(toHex(encodeManifest(MANIFEST))).toBe(expected);
    const delta = { baseEpoch: '12345678901234567890', baseSha256: hash('base') };
    const signed = encodeManifest({ ...MANIFEST, delta, signature: new Uint8Array(64).fill(9) });
    expect(toHex(signed)).toBe(
      `${expected.slice(0, -4)}8274${Buffer.from(delta.baseEpoch).toString('hex')}5820${sha('base')}5840${'09'.repeat(64)}`,
    );
  });

  test('the known chunk hashes of the contract', () => {
    expect(sha('A'.repeat(128))).toBe('b6ac3cc10386331c765f04f041c147d0f278f2aed8eaa021e2d0057fc6f6ff9e');
    expect(sha('B'.repeat(128))).toBe('7abaa701a6f4bb8d9ea3872a315597eb6f2ccfd03392d8d10560837f6136d06a');
    expect(sha('W'.repeat(128))).toBe('b709c9e6fbe27b1543d56f56aa5de23107764ef48a9a5c8a07bca698a5ceee6a');
  });

  test('any manifest comes back, and every part of its bytes says that more is to come', () => {
    fc.assert(
      fc.property(manifests, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (manifest, share) => {
        const bytes = encodeManifest(manifest);
        expect(whole(bytes)).toEqual(manifest);
        const cut = Math.floor(bytes.length * share);
        const decoded = must(decodeManifest(bytes.subarray(0, cut)));
        expect(decoded.kind).toBe('cut-off');
        if (decoded.kind === 'cut-off') expect(decoded.missing).toBeLessThanOrEqual(bytes.length - cut);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('a value has one encoding: what decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(manifests, fc.nat(), fc.integer({ min: 1, max: 255 }), (manifest, place, flip) => {
        const bytes = encodeManifest(manifest);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const decoded = decodeManifest(bytes);
        if (decoded.ok && decoded.value.kind === 'whole') expect(encodeManifest(decoded.value.manifest)).toEqual(bytes);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  const hex = toHex(encodeManifest(MANIFEST));
  test.each([
    ['a byte after its end', `${hex}00`, /after its end/],
    ['a length that could be shorter', hex.replace('1880', '190080'), /shortest form/],
    ['a text that could be shorter', hex.replace('6137', '780137'), /shortest form/],
    ['an indefinite array', hex.replace('8877', '9f77'), /fixed form/],
    ['an array of nine', hex.replace('8877', '8977'), /not an array of 8/],
    ['a map', hex.replace('8877', 'a877'), /a map where/],
    ['another schema', hex.replace('2d7631', '2d7632'), /manifest-v2/],
    ['an epoch of letters', hex.replace('6137', '6161'), /digits/],
    ['an epoch of 21 digits', hex.replace('6137', `75${'31'.repeat(21)}`), /over 20/],
    ['a hash of 31 bytes', hex.replace('5820', '581f'), /31 bytes where/],
    ['a number over 2^53', hex.replace('1880', '1b0020000000000000'), /2\^53/],
    ['undefined for null', hex.replace(/f6f6$/, 'f7f6'), /a simple value where/],
    ['a tag', hex.replace(/f6f6$/, 'c0f6'), /a tag where/],
  ])('%s is refused, not waited for', (_, text, detail) => {
    expectRefused(decodeManifest(fromHex(text) ?? new Uint8Array()), 'invalid-payload', detail);
  });
});

describe('signature', () => {
  test('by the key it was made with, over everything', () => {
    const signed = signManifest(crypto, SIGNER.seed, MANIFEST);
    expect(isSignedBy(crypto, [keyPair(1).publicKey, SIGNER.publicKey], signed)).toBe(true);
    expect(isSignedBy(crypto, [keyPair(1).publicKey], signed)).toBe(false);
    expect(isSignedBy(crypto, [SIGNER.publicKey], MANIFEST)).toBe(false);
    const delta = { baseEpoch: '1', baseSha256: hash('x') };
    for (const forged of [{ epoch: '8' }, { chunkBytes: 1 }, { payloadBytes: 1 }, { chunks: [] }, { delta }])
      expect(isSignedBy(crypto, [SIGNER.publicKey], { ...signed, ...forged })).toBe(false);
  });
});

describe('checks', () => {
  const base: UpdateManifest = { ...MANIFEST, epoch: '1' };
  const ofBase = { baseEpoch: '1', baseSha256: base.payloadSha256 };
  const context: ManifestContext = {
    crypto,
    limits: { chunkBytes: 128, chunksMax: 2 },
    epoch: '7',
    isDeltaEnabled: true,
    isSignatureRequired: true,
    verificationKeys: [SIGNER.publicKey],
    baseOf: (name) => (name === '1' ? base : undefined),
  };
  const check = (manifest: Partial<UpdateManifest>, more: Partial<ManifestContext> = {}): string | undefined =>
    manifestProblem(signManifest(crypto, SIGNER.seed, { ...MANIFEST, ...manifest }), { ...context, ...more })?.reason;

  test('a good one passes, with a short last chunk and as a delta too', () => {
    expect(check({})).toBeUndefined();
    expect(check({ payloadBytes: 129 })).toBeUndefined();
    expect(check({ payloadBytes: 0, chunks: [] })).toBeUndefined();
    expect(check({ delta: ofBase })).toBeUndefined();
  });

  test.each<[string, Partial<UpdateManifest>, Partial<ManifestContext>]>([
    ['epoch', { epoch: '8' }, {}],
    ['chunk-bytes', { chunkBytes: 127 }, {}],
    ['payload-bytes', { payloadBytes: 257 }, {}],
    ['payload-bytes', { payloadBytes: 128 }, {}],
    ['payload-bytes', { chunks: [] }, {}],
    ['chunk-count', {}, { limits: { chunkBytes: 128, chunksMax: 1 } }],
    ['delta-disabled', { delta: ofBase }, { isDeltaEnabled: false }],
    ['base-missing', { delta: { ...ofBase, baseEpoch: '2' } }, {}],
    ['base-is-delta', { delta: ofBase }, { baseOf: () => ({ ...base, delta: ofBase }) }],
    ['base-hash', { delta: { ...ofBase, baseSha256: hash('other') } }, {}],
    ['signing-key-missing', {}, { verificationKeys: [] }],
    ['signature-failed', {}, { verificationKeys: [keyPair(1).publicKey] }],
  ])('%s', (reason, manifest, more) => {
    expect(check(manifest, more)).toBe(reason);
  });

  test('no signature, where one is required and where none is', () => {
    expect(manifestProblem(MANIFEST, context)?.reason).toBe('missing-signature');
    expect(manifestProblem(MANIFEST, { ...context, isSignatureRequired: false })).toBeUndefined();
    // A wrong one is refused even where none is required: somebody changed something.
    const forged = signManifest(crypto, keyPair(1).seed, MANIFEST);
    expect(manifestProblem(forged, { ...context, isSignatureRequired: false })?.reason).toBe('signature-failed');
  });

  test('the order is that of the contract: of two faults the earlier one is told', () => {
    const all: Partial<UpdateManifest> = { epoch: '8', chunkBytes: 1, delta: { ...ofBase, baseEpoch: '2' } };
    expect(check(all)).toBe('epoch');
    expect(check({ ...all, epoch: '7' })).toBe('chunk-bytes');
    expect(check({ delta: { ...ofBase, baseEpoch: '2' } }, { verificationKeys: [] })).toBe('base-missing');
  });
});
