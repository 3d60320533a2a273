// Every attack of the specification's section 1.5.2 and of the fault list, against the workflow: refused, by its name, and what was
// trusted before is trusted still.

import { describe, expect, test } from 'vitest';
import { DEFAULT_TUF_LIMITS, type SignedPart, targetFileName, targetProblem } from '../src/index.ts';
import { crypto, keyPair, must } from './crypto.ts';
import { DAY, NOW, TestClient, TestRepository } from './tuf-kit.ts';

interface Stand {
  readonly repository: TestRepository;
  readonly client: TestClient;
}

/** A client that trusts the repository's first versions. */
async function stand(): Promise<Stand> {
  const repository = new TestRepository();
  const client = new TestClient(repository);
  expect(await client.refresh()).toBe('ok');
  expect(client.versions).toBe('1 1 1 1');
  repository.asked.length = 0;
  return { repository, client };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('an honest repository', () => {
  test('the first time everything is fetched, in order; then only what may be newer', async () => {
    const repository = new TestRepository();
    const client = new TestClient(repository);
    expect(await client.refresh()).toBe('ok');
    expect(repository.asked).toEqual(['2.root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json']);
    repository.asked.length = 0;
    expect(await client.refresh()).toBe('ok');
    expect(repository.asked).toEqual(['2.root.json', 'timestamp.json']);
  });

  test('a release of each role', async () => {
    const { repository, client } = await stand();
    repository.release('targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.release('timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.release('root');
    expect(await client.refresh()).toBe('ok');
    expect(client.versions).toBe('2 3 2 2');
  });

  test('without consistent snapshots the names have no version', async () => {
    const repository = new TestRepository();
    repository.twist = (role, part) => (role === 'root' ? { ...part, consistent_snapshot: false } : part);
    repository.publishRoot();
    for (const role of ['snapshot', 'targets']) repository.files.set(`${role}.json`, repository.file(`1.${role}.json`));
    const client = new TestClient(repository);
    expect(await client.refresh()).toBe('ok');
    expect(repository.asked.slice(2)).toEqual(['snapshot.json', 'targets.json']);
  });

  test('fields nobody knows are signed and ignored', async () => {
    const { repository, client } = await stand();
    repository.twist = (_, part) => ({ ...part, 'x-custom': { b: [1, 'ö "quoted" \\ \n line'], a: null } });
    repository.release('root', 'targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    expect(client.versions).toBe('2 2 2 2');
    repository.rewrite('timestamp.json', ({ signed }) => {
      signed.version = 3;
    });
    expect(await client.refresh()).toBe('threshold');
  });

  test('an update that breaks off after any step is completed by the next one', async () => {
    for (const broken of ['3.root.json', 'timestamp.json', '2.snapshot.json', '2.targets.json']) {
      const { repository, client } = await stand();
      repository.release('root', 'targets', 'snapshot', 'timestamp');
      const fetch = repository.fetch;
      const once: TestRepository['fetch'] = async (wanted) =>
        wanted.name === broken ? { ok: false, refusal: { code: 'unreachable', detail: 'cable' } } : fetch(wanted);
      Object.assign(repository, { fetch: once });
      await expect(client.refresh()).rejects.toThrow('cable');
      Object.assign(repository, { fetch });
      expect(await client.refresh()).toBe('ok');
      expect(client.versions).toBe('2 2 2 2');
    }
  });
});

describe('arbitrary software: not enough signatures', () => {
  test.each(['root', 'timestamp', 'snapshot', 'targets'] as const)('%s by another key', async (role) => {
    const { repository, client } = await stand();
    repository.roles[role].signers = [keyPair(99)];
    repository.release('root', 'targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('threshold');
    expect(client.version(role)).toBe(1);
  });

  test('a threshold of three: two are too few, three are enough', async () => {
    const { repository, client } = await stand();
    const keys = [1, 2, 3, 4].map(keyPair);
    repository.roles.snapshot.threshold = 3;
    repository.roles.snapshot.signers = keys.slice(0, 2);
    repository.rotate('snapshot', ...keys);
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('threshold');
    expect(client.version('root')).toBe(2);
    repository.roles.snapshot.signers = keys.slice(1);
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
  });

  test('duplicate signatures: one key counts once', async () => {
    const { repository, client } = await stand();
    const [one, two] = [keyPair(1), keyPair(2)];
    repository.roles.timestamp.threshold = 2;
    repository.roles.timestamp.signers = [one, one];
    repository.rotate('timestamp', one, two);
    repository.release('timestamp');
    expect(await client.refresh()).toBe('bad-metadata');
    repository.roles.timestamp.signers = [one];
    repository.release('timestamp');
    expect(await client.refresh()).toBe('threshold');
  });

  test('duplicate keys: one key under two ids, or named twice, is a root that nobody takes', async () => {
    const { repository, client } = await stand();
    const twice = (part: SignedPart): SignedPart => {
      const { keys, roles } = structuredClone(part) as unknown as {
        keys: Record<string, unknown>;
        roles: Record<string, { keyids: string[]; threshold: number }>;
      };
      const [id = ''] = roles.timestamp?.keyids ?? [];
      return { ...part, keys: { ...keys, ['0'.repeat(64)]: keys[id] }, roles };
    };
    repository.twist = (role, part) => (role === 'root' ? twice(part) : part);
    repository.release('root');
    expect(await client.refresh()).toBe('bad-metadata');
    repository.twist = (_, part) => part;
    repository.roles.timestamp.threshold = 2;
    repository.roles.timestamp.keys = [keyPair(1), keyPair(1)];
    repository.publishRoot();
    expect(await client.refresh()).toBe('bad-metadata');
    expect(client.versions).toBe('1 1 1 1');
  });

  test('a key of a kind that is not known here never counts', async () => {
    const { repository, client } = await stand();
    repository.twist = (role, part) => {
      if (role !== 'root') return part;
      const keys = { ...(part.keys as Record<string, unknown>) };
      keys.rsa = { keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: 'PEM' } };
      const roles = structuredClone(part.roles) as Record<string, { keyids: string[]; threshold: number }>;
      roles.timestamp?.keyids.push('rsa');
      if (roles.timestamp !== undefined) roles.timestamp.threshold = 2;
      return { ...part, keys, roles };
    };
    repository.release('root');
    repository.twist = (_, part) => part;
    repository.publishTimestamp();
    repository.rewrite('timestamp.json', ({ signatures }) => signatures.push({ keyid: 'rsa', sig: 'ab'.repeat(256) }));
    expect(await client.refresh()).toBe('threshold');
  });

  test('a signature for another file of the same key', async () => {
    const { repository, client } = await stand();
    const key = keyPair(1);
    repository.roles.targets.keys = [key];
    repository.rotate('snapshot', key);
    repository.release('targets', 'snapshot', 'timestamp');
    repository.files.set('2.snapshot.json', repository.file('2.targets.json'));
    repository.twist = (role, part) =>
      role === 'timestamp' ? { ...part, meta: { 'snapshot.json': { version: 2 } } } : part;
    repository.publishTimestamp();
    expect(await client.refresh()).toBe('bad-metadata');
  });
});

describe('rollback', () => {
  test('timestamp', async () => {
    const { repository, client } = await stand();
    const old = repository.file('timestamp.json');
    repository.release('timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.files.set('timestamp.json', old);
    expect(await client.refresh()).toBe('rollback');
    expect(client.versions).toBe('1 2 1 1');
  });

  test('snapshot, in a newer timestamp', async () => {
    const { repository, client } = await stand();
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.editions.snapshot.version = 1;
    repository.release('timestamp');
    expect(await client.refresh()).toBe('rollback');
    expect(client.versions).toBe('1 2 2 1');
  });

  test('targets, in a newer snapshot; also when the kept snapshot has expired', async () => {
    const { repository, client } = await stand();
    repository.release('targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.editions.targets.version = 1;
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('rollback');
    client.nowMs = NOW + 11 * DAY;
    for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const)
      repository.editions[role].expiresMs = NOW + 20 * DAY;
    repository.release('root', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('rollback');
    expect(client.version('targets')).toBe(2);
  });

  test('a file that is not listed any more', async () => {
    const { repository, client } = await stand();
    repository.twist = (role, part) =>
      role === 'snapshot' ? { ...part, meta: { ...(part.meta as object), 'other.json': { version: 1 } } } : part;
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.twist = (_, part) => part;
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('rollback');
  });

  test('root: an older one, and one too new, under the next name', async () => {
    const { repository, client } = await stand();
    const first = repository.file('1.root.json');
    repository.release('root');
    expect(await client.refresh()).toBe('ok');
    repository.files.set('3.root.json', first);
    expect(await client.refresh()).toBe('rollback');
    repository.release('root');
    repository.release('root');
    repository.files.set('3.root.json', repository.file('4.root.json'));
    expect(await client.refresh()).toBe('rollback');
    // The one we have is nothing newer, and nothing wrong (5.3.5).
    repository.files.set('3.root.json', repository.file('2.root.json'));
    expect(await client.refresh()).toBe('ok');
    expect(client.version('root')).toBe(2);
  });

  test('a timestamp of the same version with other contents changes nothing', async () => {
    const { repository, client } = await stand();
    repository.editions.snapshot.version = 100;
    repository.publishSnapshot();
    repository.publishTimestamp();
    expect(await client.refresh()).toBe('ok');
    expect(client.versions).toBe('1 1 1 1');
    expect(repository.asked).not.toContain('100.snapshot.json');
  });
});

describe('freeze: expired files', () => {
  test.each(['timestamp', 'snapshot', 'targets'] as const)('%s', async (role) => {
    const { repository, client } = await stand();
    repository.editions[role].expiresMs = NOW;
    repository.release('targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('freeze');
    expect(client.version(role)).toBe(1);
  });

  test('at the very second it expires, and one before', async () => {
    const { repository, client } = await stand();
    client.nowMs = repository.editions.timestamp.expiresMs;
    for (const role of ['root', 'snapshot', 'targets'] as const) repository.editions[role].expiresMs += DAY;
    repository.release('root');
    expect(await client.refresh()).toBe('freeze');
    client.nowMs -= 1;
    expect(await client.refresh()).toBe('ok');
  });

  test('root: the new one is kept, nothing else is fetched', async () => {
    const { repository, client } = await stand();
    repository.editions.root.expiresMs = NOW - DAY;
    repository.release('root', 'targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('freeze');
    expect(client.versions).toBe('2 1 1 1');
    expect(repository.asked).toEqual(['2.root.json', '3.root.json']);
    repository.editions.root.expiresMs = NOW + DAY;
    repository.release('root');
    expect(await client.refresh()).toBe('ok');
    expect(client.versions).toBe('3 2 2 2');
  });

  test('expired roots on the way to one that is not are no obstacle', async () => {
    const { repository, client } = await stand();
    repository.editions.root.expiresMs = NOW - DAY;
    repository.release('root');
    repository.release('root');
    repository.editions.root.expiresMs = NOW + DAY;
    repository.release('root');
    expect(await client.refresh()).toBe('ok');
    expect(client.version('root')).toBe(4);
  });

  test('somebody who holds everything back: a day too late it is noticed', async () => {
    const { client } = await stand();
    client.nowMs = NOW + 11 * DAY;
    expect(await client.refresh()).toBe('freeze');
  });

  test('kept files that expired serve for an update to newer ones', async () => {
    const { repository, client } = await stand();
    client.nowMs = NOW + 15 * DAY;
    for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const)
      repository.editions[role].expiresMs = NOW + 20 * DAY;
    repository.release('root', 'targets', 'snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    expect(client.versions).toBe('2 2 2 2');
  });
});

describe('fast-forward: recovered from by new keys', () => {
  test.each(['timestamp', 'snapshot'] as const)('of the %s', async (role) => {
    const { repository, client } = await stand();
    repository.editions[role].version = 99_999;
    repository.editions.timestamp.version += role === 'snapshot' ? 1 : 0;
    repository.publishAll();
    expect(await client.refresh()).toBe('ok');
    expect(client.version(role)).toBe(99_999);
    repository.editions.timestamp.version = 3;
    repository.editions[role].version = 2;
    repository.publishAll();
    expect(await client.refresh()).toBe('rollback');
    repository.rotate(role, keyPair(50));
    expect(await client.refresh()).toBe('ok');
    expect(client.version(role)).toBe(2);
  });

  test('of the targets: new keys for the snapshot', async () => {
    const { repository, client } = await stand();
    repository.editions.targets.version = 100;
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('ok');
    repository.editions.targets.version = 2;
    repository.release('snapshot', 'timestamp');
    expect(await client.refresh()).toBe('rollback');
    repository.rotate('snapshot', keyPair(50));
    expect(await client.refresh()).toBe('ok');
    expect(client.version('targets')).toBe(2);
  });

  test('also when the old key stays beside the new one, and the update broke off after that root', async () => {
    const { repository, client } = await stand();
    repository.editions.timestamp.version = 99_999;
    repository.publishTimestamp();
    expect(await client.refresh()).toBe('ok');
    repository.editions.timestamp.version = 2;
    repository.rotate('timestamp', ...repository.roles.timestamp.keys, keyPair(50));
    const timestamp = repository.file('timestamp.json');
    repository.files.delete('timestamp.json');
    expect(await client.refresh()).toBe('missing');
    repository.files.set('timestamp.json', timestamp);
    expect(await client.refresh()).toBe('ok');
    expect(client.version('timestamp')).toBe(2);
  });
});

describe('mix-and-match: files that do not belong together', () => {
  test('a snapshot with another hash, and one with another length', async () => {
    const { repository, client } = await stand();
    repository.release('snapshot', 'timestamp');
    const good = repository.file('2.snapshot.json');
    repository.files.set('2.snapshot.json', text(new TextDecoder().decode(good).replace('"version":2', '"version":3')));
    expect(await client.refresh()).toBe('mix-and-match');
    repository.files.set('2.snapshot.json', good.slice(0, -1));
    expect(await client.refresh()).toBe('mix-and-match');
    repository.files.set('2.snapshot.json', good);
    expect(await client.refresh()).toBe('ok');
  });

  test('targets of another release', async () => {
    const { repository, client } = await stand();
    repository.release('targets', 'snapshot', 'timestamp');
    const older = repository.file('2.targets.json');
    repository.addTarget('updates/2.cbor', 'new');
    repository.release('targets', 'snapshot', 'timestamp');
    repository.files.set('3.targets.json', older);
    // A byte longer or shorter, or of another hash: never taken.
    expect(['mix-and-match', 'endless-data']).toContain(await client.refresh());
    expect(client.version('targets')).toBe(1);
  });

  test.each(['snapshot', 'targets'] as const)('%s of another version, without hashes', async (role) => {
    const { repository, client } = await stand();
    const speaker = role === 'snapshot' ? 'timestamp' : 'snapshot';
    repository.twist = (each, part) => {
      if (each !== speaker) return part;
      return { ...part, meta: { [`${role}.json`]: { version: 2 } } };
    };
    repository.release('snapshot', 'timestamp');
    repository.files.set(`2.${role}.json`, repository.file(`1.${role}.json`));
    expect(await client.refresh()).toBe('mix-and-match');
  });
});

describe('endless data', () => {
  test.each([
    ['2.root.json', 'rootBytesMax'],
    ['timestamp.json', 'timestampBytesMax'],
  ] as const)('%s: at the limit, and one byte over it', async (name, limit) => {
    const { repository, client } = await stand();
    repository.release('root', 'targets', 'snapshot', 'timestamp');
    const size = repository.file(name).length;
    client.limits = { ...DEFAULT_TUF_LIMITS, [limit]: size - 1 };
    expect(await client.refresh()).toBe('endless-data');
    client.limits = { ...DEFAULT_TUF_LIMITS, [limit]: size };
    expect(await client.refresh()).toBe('ok');
  });

  test.each(['snapshot', 'targets'] as const)('%s: longer than somebody said, or than the limit', async (role) => {
    const { repository, client } = await stand();
    repository.release('targets', 'snapshot', 'timestamp');
    const good = repository.file(`2.${role}.json`);
    repository.files.set(`2.${role}.json`, text(`${new TextDecoder().decode(good)} `));
    expect(await client.refresh()).toBe('endless-data');
    const speaker = role === 'snapshot' ? 'timestamp' : 'snapshot';
    repository.twist = (each, part) =>
      each === speaker ? { ...part, meta: { [`${role}.json`]: { version: 3 } } } : part;
    repository.release('targets', 'snapshot', 'timestamp');
    client.limits = { ...DEFAULT_TUF_LIMITS, [`${role}BytesMax`]: repository.file(`3.${role}.json`).length - 1 };
    expect(await client.refresh()).toBe('endless-data');
  });

  test('endless versions of root: so many an update, and the next one goes on', async () => {
    const { repository, client } = await stand();
    for (let count = 0; count < 7; count += 1) repository.release('root');
    client.limits = { ...DEFAULT_TUF_LIMITS, rootsMax: 3 };
    const seen: (number | undefined)[] = [];
    for (let count = 0; count < 3; count += 1) {
      expect(await client.refresh()).toBe('ok');
      seen.push(client.version('root'));
    }
    expect(seen).toEqual([4, 7, 8]);
  });
});

describe('missing files', () => {
  test.each(['timestamp.json', '2.snapshot.json', '2.targets.json'])('%s', async (name) => {
    const { repository, client } = await stand();
    repository.release('targets', 'snapshot', 'timestamp');
    repository.files.delete(name);
    expect(await client.refresh()).toBe('missing');
  });

  test('no trusted root: nothing is fetched', async () => {
    const { repository, client } = await stand();
    client.files = {};
    expect(await client.refresh()).toBe('missing');
    expect(repository.asked).toEqual([]);
  });

  test('a gap in the roots ends the search for newer ones', async () => {
    const { repository, client } = await stand();
    repository.release('root');
    repository.release('root');
    repository.files.delete('2.root.json');
    expect(await client.refresh()).toBe('ok');
    expect(client.version('root')).toBe(1);
  });
});

describe('metadata that is none', () => {
  test.each<[string, (signed: Record<string, unknown>) => void]>([
    ['a fraction as version', (signed) => Object.assign(signed, { version: 2.5 })],
    ['version 0', (signed) => Object.assign(signed, { version: 0 })],
    ['a version as text', (signed) => Object.assign(signed, { version: '2' })],
    ['another major version of the specification', (signed) => Object.assign(signed, { spec_version: '2.0.0' })],
    ['a time with a zone', (signed) => Object.assign(signed, { expires: '2030-01-01T00:00:00+00:00' })],
    ['a day that is none', (signed) => Object.assign(signed, { expires: '2030-02-30T00:00:00Z' })],
    ['no snapshot', (signed) => Object.assign(signed, { meta: {} })],
    [
      'a hash of another kind only',
      (signed) => Object.assign(signed, { meta: { 'snapshot.json': { version: 2, hashes: { md5: 'aa' } } } }),
    ],
    ['another role', (signed) => Object.assign(signed, { _type: 'snapshot' })],
    ['half a surrogate pair', (signed) => Object.assign(signed, { x: '\ud800' })],
    ['a nest', (signed) => Object.assign(signed, { x: JSON.parse('['.repeat(40) + ']'.repeat(40)) })],
  ])('a timestamp with %s', async (_, change) => {
    const { repository, client } = await stand();
    repository.release('timestamp');
    repository.rewrite('timestamp.json', ({ signed }) => change(signed));
    expect(await client.refresh()).toBe('bad-metadata');
    expect(client.versions).toBe('1 1 1 1');
  });

  test.each(['', '{', 'null', '[]', '{"signed":{}}', '{"signatures":[],"signed":null}', '\xff'])('%j', async (file) => {
    const { repository, client } = await stand();
    repository.files.set('timestamp.json', Buffer.from(file, 'latin1'));
    expect(await client.refresh()).toBe('bad-metadata');
  });

  test.each(['timestamp', 'snapshot', 'targets', 'root'])('a root without the role %s', async (role) => {
    const { repository, client } = await stand();
    repository.twist = (each, part) => {
      if (each !== 'root') return part;
      const { [role]: _, ...roles } = part.roles as Record<string, unknown>;
      return { ...part, roles };
    };
    repository.release('root');
    expect(await client.refresh()).toBe('bad-metadata');
    expect(client.version('root')).toBe(1);
  });

  test('a threshold of 0', async () => {
    const { repository, client } = await stand();
    repository.roles.timestamp.threshold = 0;
    repository.release('root');
    expect(await client.refresh()).toBe('bad-metadata');
  });

  test('an initial root that is damaged, or that nobody signed: nothing is fetched', async () => {
    const { repository, client } = await stand();
    client.files = { root: text('{}') };
    expect(await client.refresh()).toBe('bad-metadata');
    repository.rewrite('1.root.json', (file) => {
      file.signatures = [];
    });
    client.files = { root: repository.firstRoot };
    expect(await client.refresh()).toBe('threshold');
    expect(repository.asked).toEqual([]);
  });

  test('kept files that somebody damaged are fetched again', async () => {
    const { client } = await stand();
    for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
      client.files[role] = text('{"signed":');
      expect(await client.refresh()).toBe('ok');
      expect(client.versions).toBe('1 1 1 1');
    }
  });
});

describe('wrong file', () => {
  test('a target is taken by length and hash only', async () => {
    const { repository, client } = await stand();
    const { refresh } = await import('../src/index.ts');
    const trusted = await refresh(client.context, { fetch: repository.fetch, keeper: client.keeper });
    const { root, targets } = must(trusted);
    const path = 'updates/1.cbor';
    const target = targets.targets.get(path)!;
    const check = (contents: string) => targetProblem(crypto, { path, target }, text(contents))?.reason;
    expect(check('the manifest of update 1')).toBeUndefined();
    expect(check('the manifest of update 2')).toBe('wrong-file');
    expect(check('the manifest of update')).toBe('wrong-file');
    expect(check('the manifest of update 1 ')).toBe('endless-data');
    expect(targetFileName(path, target, root)).toBe(`updates/${target.sha256}.1.cbor`);
    expect(targetFileName(path, target, { ...root, isConsistentSnapshot: false })).toBe(path);
  });
});
