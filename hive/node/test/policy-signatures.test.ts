// Policy documents at the door: only what was signed by a listed key is staged, and loading and applying are one append.

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  createAuthority,
  documentNote,
  documentText,
  loadLine,
  POLICY_CTL_PATH,
  type PolicyDocument,
  type SignedDocument,
} from '@cohesix/authority';
import { sha256 } from '@cohesix/journal';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { ed25519PublicKey, nodeTicketCrypto } from '@cohesix/ticket/node';
import { formatNoteKey, formatSignatureLine, type NoteSigner, noteKey, signNote, unsignedNote } from '@cohesix/tlog';
import { describe, expect, it } from 'vitest';
import { loadPolicySigner } from '../src/data-directory.ts';
import type { Hive } from '../src/hive.ts';
import { PolicySignatures } from '../src/policy-signatures.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const DOCUMENT: PolicyDocument = {
  schema: 'cohesix-policy/v1',
  id: 'p-1',
  version: 1,
  rules: [{ id: 'none', target: '/queen/ctl', effect: 'deny' }],
  grants: [],
  tests: [
    {
      name: 'é',
      who: { role: 'queen', subject: 'queen' },
      path: '/queen/ctl',
      line: '{"spawn":"host"}',
      expect: 'deny',
    },
  ],
};

const place = placeForEach();

function signer(name: string, byte: number): NoteSigner {
  const seed = new Uint8Array(32).fill(byte);
  const key = noteKey(sha256, { kind: 'ed25519', name, publicKey: ed25519PublicKey(seed) });
  if (!key.ok) throw new Error(key.problem);
  return { key: key.value, sign: (message) => nodeTicketCrypto.ed25519Sign(seed, message) };
}

const ANN = signer('ann', 1);
const OWN = signer('hive/policy', 2);
const STRANGER = signer('ann', 3);

function signed(by: NoteSigner, document: PolicyDocument = DOCUMENT): SignedDocument {
  const hash = createHash('sha256').update(documentText(document)).digest('hex');
  const text = unsignedNote(documentNote(document, hash));
  const note = text.ok ? signNote(text.value, by) : text;
  if (!note.ok) throw new Error(note.problem);
  const [signature] = note.value.signatures;
  if (signature === undefined) throw new Error('no signature');
  return { document, sha256: hash, signature: formatSignatureLine(signature) };
}

function listing(...signers: readonly NoteSigner[]): Manifest {
  const manifest = defaultManifest();
  const keys = signers.map(({ key }) => formatNoteKey(key));
  return { ...manifest, policy: { ...manifest.policy, signers: keys } };
}

describe('a line that loads a document', () => {
  function check(line: string, manifest: Manifest = listing(ANN)): string {
    const state = createAuthority(manifest).initialState();
    const checked = new PolicySignatures({ own: OWN.key, shown: () => state }).check([line]);
    return checked.ok ? 'ok' : checked.refusal.code;
  }

  it('goes on when a listed key or the hive’s own signed it', () => {
    expect(check(loadLine(signed(ANN)))).toBe('ok');
    expect(check(loadLine(signed(OWN)))).toBe('ok');
    expect(check(loadLine(signed(OWN)), listing(ANN, OWN)), 'listed twice').toBe('ok');
  });

  it('is refused when nobody who may signed it', () => {
    expect(check(loadLine(signed(ANN)), listing())).toBe('denied');
    expect(check(loadLine(signed(STRANGER))), 'a key of the same name').toBe('denied');
    const line = signed(STRANGER).signature.split(' ').at(-1) ?? '';
    const bytes = Buffer.from(line, 'base64');
    bytes.writeUInt32BE(ANN.key.id);
    const forged = { ...signed(ANN), signature: `— ann ${bytes.toString('base64')}` };
    expect(check(loadLine(forged)), 'with the id of the key').toBe('unauthenticated');
  });

  it('is refused when anything in the document is another', () => {
    const altered = { ...DOCUMENT, rules: [] };
    const { sha256: hash, signature } = signed(ANN);
    expect(check(loadLine({ document: altered, sha256: hash, signature }))).toBe('invalid-payload');
    expect(check(loadLine({ ...signed(ANN, altered), signature })), 'with its own hash').toBe('unauthenticated');
    expect(check(loadLine({ ...signed(ANN), sha256: hash.toUpperCase() }))).toBe('invalid-payload');
  });

  it('that is no such line, or hostile, is left to the authority', () => {
    for (const line of [
      '{',
      'null',
      '[]',
      '{"op":"load"}',
      '{"op":"apply","id":"p-1","sha256":"x"}',
      `${'['.repeat(9000)}`,
    ])
      expect(check(line), line.slice(0, 20)).toBe('ok');
    const hostile = loadLine(signed(ANN)).replace('"rules"', '"__proto__":1,"rules"');
    expect(check(hostile)).toBe('ok');
  });
});

describe('a hive', () => {
  async function start(): Promise<Hive> {
    const { policy } = listing(ANN);
    const hive = await place.start((manifest) => ({ ...manifest, policy }));
    return hive;
  }

  it('takes a document and its application in one append, all or nothing', async () => {
    const running = await start();
    const queen = queenOf(running);
    const one = signed(ANN);
    const apply = JSON.stringify({ op: 'apply', id: 'p-1', sha256: one.sha256 });
    const both = `${loadLine(one)}\n${apply}\n`;
    expect(await queen.append(POLICY_CTL_PATH, both)).toMatchObject({ refusal: { code: 'needs-approval' } });
    expect(await textOf(queen, '/policy/documents'), 'nothing is staged').toBe('');
    const approver = running.attach(readFileSync(running.paths.approverTicket, 'utf8').trim());
    if (!approver.ok) throw new Error(approver.refusal.detail);
    const approval = { id: 'a', target: POLICY_CTL_PATH, line: apply, decision: 'approve' };
    expect(await approver.value.append('/actions/queue', `${JSON.stringify(approval)}\n`)).toMatchObject({ ok: true });
    const forged = `${loadLine({ ...one, signature: signed(STRANGER).signature })}\n${apply}\n`;
    expect(await queen.append(POLICY_CTL_PATH, forged)).toMatchObject({ refusal: { code: 'denied' } });
    expect(await queen.append(POLICY_CTL_PATH, both)).toMatchObject({ ok: true });
    expect(await textOf(queen, '/policy/documents')).toContain('"state":"active"');
    expect(JSON.parse(await textOf(queen, '/policy/document/p-1'))).toEqual(DOCUMENT);
    expect(await queen.append('/queen/ctl', '{"spawn":"host"}\n')).toMatchObject({
      refusal: { code: 'approval-denied' },
    });
    expect(await textOf(queen, '/audit/decisions')).toContain('"kind":"policy-document","outcome":"apply","id":"p-1"');
    await running.stop();
    const again = await start();
    expect(await textOf(queenOf(again), '/policy/rules'), 'after a restart').toContain('"id": "p-1"');
  });

  it('names the grant that let a line through, in the record and among the decisions', async () => {
    const running = await start();
    const queen = queenOf(running);
    const grant = { id: 'hosts', subject: 'queen', target: '/queen/ctl', uses: 1, expires_ms: 4_102_444_800_000 };
    const rules = [{ id: 'orders', target: '/queen/ctl', effect: 'approve' }] as const;
    const tests = DOCUMENT.tests.map((test) => ({ ...test, expect: 'allow' as const }));
    const one = signed(ANN, { ...DOCUMENT, rules, grants: [grant], tests });
    const apply = JSON.stringify({ op: 'apply', id: 'p-1', sha256: one.sha256 });
    const approver = running.attach(readFileSync(running.paths.approverTicket, 'utf8').trim());
    if (!approver.ok) throw new Error(approver.refusal.detail);
    const approval = { id: 'a', target: POLICY_CTL_PATH, line: apply, decision: 'approve' };
    await approver.value.append('/actions/queue', `${JSON.stringify(approval)}\n`);
    expect(await queen.append(POLICY_CTL_PATH, `${loadLine(one)}\n${apply}\n`)).toMatchObject({ ok: true });
    expect(await queen.append('/queen/ctl', '{"budget":{"ops":1}}\n')).toMatchObject({ ok: true });
    expect(await textOf(queen, '/audit/journal')).toContain('"decisions":[{"rule":"orders","grant":"hosts"}]');
    expect(await textOf(queen, '/audit/decisions')).toContain('"outcome":"allow","grant":"hosts","document":"p-1"');
    expect(await textOf(queen, '/policy/grants')).toContain('"used":1,"left":0');
  });

  it('makes a key of its own, which only its owner can read', async () => {
    const keys = place.path;
    const made = await loadPolicySigner({ keys }, 'hive');
    const again = await loadPolicySigner({ keys }, 'hive');
    expect(made.ok && again.ok && formatNoteKey(made.value.key) === formatNoteKey(again.value.key)).toBe(true);
    expect(made.ok && made.value.key.name).toBe('hive/policy');
    expect(statSync(join(keys, 'policy.json')).mode & 0o777).toBe(0o600);
  });
});
