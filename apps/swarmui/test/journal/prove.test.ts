// The proof of a record, against logs of several shapes, and against logs that somebody changed.

import { ok, refuse } from '@cohesix/wire';
import { describe, expect, test } from 'vitest';
import { findRecord } from '../../src/journal/find.ts';
import { type Proof, proveRecord, type VerifyLater } from '../../src/journal/prove.ts';
import { type JournalRecord, parseRecord } from '../../src/journal/record.ts';
import { verifyByWebCrypto } from '../../src/journal/web-crypto.ts';
import { makeLog, type TestLog } from './log-kit.ts';

async function proofOf(log: TestLog, record: JournalRecord, verify: VerifyLater = verifyByWebCrypto): Promise<Proof> {
  const proof = await proveRecord(log, record, verify);
  if (!proof.ok) throw new Error(proof.refusal.detail);
  return proof.value;
}

function shown(log: TestLog, index: number): JournalRecord {
  const record = parseRecord(log.records[index] ?? '');
  if (record === undefined) throw new Error('no record');
  return record;
}

const failing = ({ steps }: Proof): readonly string[] =>
  steps.filter(({ holds }) => holds === false).map(({ title }) => title);

describe('a proof', () => {
  test.each([1, 2, 3, 5, 8, 255, 256, 257, 600])(
    'holds for the first, a middle and the last of %i records',
    async (size) => {
      const log = makeLog(new Array<number>(size).fill(1));
      for (const index of new Set([0, size >> 1, size - 1])) {
        const proof = await proofOf(log, shown(log, index));
        expect([index, proof.holds, failing(proof)]).toEqual([index, true, []]);
      }
    },
  );

  test('holds when tiles grew full after the checkpoint, and their narrower states are gone', async () => {
    const signed = makeLog(new Array<number>(300).fill(1));
    const grown = makeLog(new Array<number>(600).fill(1));
    const stays = [...signed.files].filter(([path]) => !/\/(0|entries)\/001[.]p\//.test(path));
    const log = { ...signed, files: new Map([...grown.files, ...stays]) };
    const read: TestLog['read'] = async (path) => {
      const bytes = log.files.get(path);
      return bytes === undefined ? refuse('invalid-path', `No ${path}.`) : ok(bytes);
    };
    for (const index of [0, 256, 299]) {
      const proof = await proofOf({ ...log, read }, shown(signed, index));
      expect([index, proof.holds, failing(proof)]).toEqual([index, true, []]);
    }
  });

  test('shows a path that leads to the root it names', async () => {
    const log = makeLog(new Array<number>(7).fill(1));
    for (let index = 0; index < 7; index += 1) {
      const { steps } = await proofOf(log, shown(log, index));
      const [computed, signed] = steps.find(({ title }) => title === 'Root')?.values ?? [];
      expect(computed?.split(' ').at(-1)).toBe(signed?.split(' ').at(-1));
    }
  });

  test('fails at the root for a record that is shown otherwise than it was signed', async () => {
    const log = makeLog([1, 1, 1]);
    const forged = parseRecord((log.records[1] ?? '').replace('queen', 'mallo'));
    if (forged === undefined) throw new Error('no record');
    const proof = await proofOf(log, forged);
    expect([proof.holds, failing(proof)]).toEqual([false, ['Root']]);
  });

  test('fails at the root when a tile was changed', async () => {
    const log = makeLog([1, 1, 1]);
    const path = [...log.files.keys()].find((name) => name.startsWith('/audit/tile/0/')) ?? '';
    const tile = log.files.get(path);
    if (tile !== undefined) tile[0] = (tile[0] ?? 0) ^ 1;
    expect(failing(await proofOf(log, shown(log, 1)))).toEqual(['Root']);
  });

  test('fails at the signature when another root is signed by nobody', async () => {
    const log = makeLog([1, 1, 1]);
    const text = new TextDecoder()
      .decode(log.files.get('/audit/checkpoint'))
      .replace(/^test\n3\n./, (start) => `${start.slice(0, -1)}${start.endsWith('A') ? 'B' : 'A'}`);
    log.files.set('/audit/checkpoint', new TextEncoder().encode(text));
    expect(failing(await proofOf(log, shown(log, 1)))).toEqual(['Root', 'Signature']);
  });

  test('says so where the browser has no Ed25519', async () => {
    const log = makeLog([1]);
    const proof = await proofOf(log, shown(log, 0), async () => undefined);
    expect(failing(proof)).toEqual(['Signature']);
    expect(proof.steps.at(-1)?.text).toContain('localhost or behind TLS');
  });

  test('is refused for a line that is not signed yet', async () => {
    const log = makeLog([1]);
    const record = parseRecord((log.records[0] ?? '').replace('"seq":1', '"seq":9'));
    if (record === undefined) throw new Error('no record');
    expect(await proveRecord(log, record, verifyByWebCrypto)).toMatchObject({
      ok: false,
      refusal: { code: 'not-found' },
    });
  });
});

describe('a line is found in the log', () => {
  test('whatever records hold, over bundles', async () => {
    const linesOf = Array.from({ length: 700 }, (_, at) => 1 + (at % 3));
    const log = makeLog(linesOf);
    const last = linesOf.reduce((sum, one) => sum + one, 0);
    for (const line of [1, 2, 3, 256, 257, 512, 513, last - 1, last]) {
      const found = await findRecord(log, line);
      if (!found.ok) throw new Error(`${line}: ${found.refusal.detail}`);
      const { record, index } = found.value;
      expect(record.lines).toContain(`{"line":${line}}`);
      expect(record.text).toBe(log.records[index]);
    }
    expect(await findRecord(log, last + 1)).toMatchObject({ ok: false, refusal: { code: 'not-found' } });
  });
});
