// Files under /proc keep the bounds of `[observability]`: whole lines only, whatever the hive holds.

import { createAuthority, SYSTEM } from '@cohesix/authority';
import { defaultManifest, type Manifest, type Observability } from '@cohesix/manifest';
import { describe, expect, it } from 'vitest';
import { boundedText } from '../src/bounded-text.ts';
import { NineDoor } from '../src/door.ts';
import { PathSession } from '../src/path-session.ts';
import type { Session } from '../src/session.ts';
import { type Fixture, makeFixture } from './fixture.ts';

const ENDING = '… truncated\n';
const WORKERS = 2000;

function bounds(change: Partial<Observability>): (manifest: Manifest) => Manifest {
  return (manifest) => ({ ...manifest, observability: { ...manifest.observability, ...change } });
}

function opened(door: NineDoor, token: string): Session {
  const session = door.attach({ role: undefined, subject: undefined, token, door: 'in-process', peer: 'test' });
  if (!session.ok) throw new Error(`${session.refusal.code}: ${session.refusal.detail}`);
  return session.value;
}

/** A door with a session for each of 2,000 workers, spread over as many shards as `label` makes. */
function crowded(fixture: Fixture, label: (worker: number) => string): NineDoor {
  const number = (worker: string): number => Number(worker.slice('worker-'.length));
  const ports = { ...fixture.door.ports, shardLabel: (worker: string) => label(number(worker)) };
  const door = new NineDoor(fixture.door.manifest, ports, []);
  const workers = Array.from({ length: WORKERS }, (_, index) => `worker-${index}`);
  fixture.workers = new Set(workers);
  for (const subject of workers) opened(door, fixture.token({ role: 'worker-heartbeat', subject }));
  return door;
}

/** What a queen reads, after `stat` told the same size. */
async function read(door: NineDoor, token: string, path: string): Promise<string> {
  const queen = new PathSession(door, opened(door, token));
  const stat = await queen.stat(path);
  const bytes = await queen.read(path, 1 << 20);
  await queen.close();
  if (!stat.ok || !bytes.ok) throw new Error(`${path} cannot be read`);
  expect(stat.value.size).toBe(BigInt(bytes.value.length));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes.value);
}

const hex = (worker: number): string => (worker % 256).toString(16).padStart(2, '0');

describe('/proc/9p/sessions with 2,000 sessions of workers', () => {
  it('in 256 shards is whole within the default bound', async () => {
    const fixture = makeFixture();
    const text = await read(crowded(fixture, hex), fixture.token(), '/proc/9p/sessions');
    const [head, ...shards] = text.trimEnd().split('\n');
    expect(head).toBe('sessions total=2001 worker=2000 shard_bits=8 shard_count=256');
    expect(shards).toEqual(
      Array.from({ length: 256 }, (_, shard) => `shard ${hex(shard)} ${shard < WORKERS % 256 ? 8 : 7}`),
    );
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(defaultManifest().observability.sessions_bytes);
    expect(text.endsWith('\n')).toBe(true);
  });

  it('is cut, and does not grow, where the shards would need more than 8192 bytes', async () => {
    const fixture = makeFixture();
    const door = crowded(fixture, (worker) => `x${String(worker).padStart(4, '0')}`);
    const text = await read(door, fixture.token(), '/proc/9p/sessions');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8192);
    expect(Buffer.byteLength(text)).toBeGreaterThan(8192 - 'shard x0000 1\n'.length);
    const lines = text.split('\n');
    expect(lines.slice(-2)).toEqual(['… truncated', '']);
    for (const [index, line] of lines.slice(1, -2).entries()) {
      expect(line).toBe(`shard x${String(index).padStart(4, '0')} 1`);
    }
  });

  it('is whole at its own length, and cut one byte below', async () => {
    const whole = makeFixture();
    const text = await read(crowded(whole, hex), whole.token(), '/proc/9p/sessions');
    const reads = async (bytes: number): Promise<string> => {
      const fixture = makeFixture(bounds({ sessions_bytes: bytes }));
      return read(crowded(fixture, hex), fixture.token(), '/proc/9p/sessions');
    };
    expect(await reads(text.length)).toBe(text);
    const cut = await reads(text.length - 1);
    const twoLines = 'shard fe 7\nshard ff 7\n';
    expect(text.endsWith(twoLines)).toBe(true);
    expect(cut).toBe(text.slice(0, -twoLines.length) + ENDING);
  });
});

describe('every bound of [observability] is the bound of its files', () => {
  const files: readonly (readonly [field: keyof Observability, path: string, text: string])[] = [
    ['outstanding_bytes', '/proc/9p/outstanding', 'outstanding current=0 limit=262144\n'],
    ['short_writes_bytes', '/proc/9p/short_writes', 'short_writes total=0 retries=0\n'],
    ['session_active_bytes', '/proc/9p/session/active', 'active=1 draining=0\n'],
    ['session_state_bytes', '/proc/9p/session/1/state', 'state=ACTIVE\n'],
    ['session_since_bytes', '/proc/9p/session/1/since_ms', 'since_ms=1000000\n'],
    ['session_owner_bytes', '/proc/9p/session/1/owner', 'owner=queen:queen\n'],
    ['pressure_bytes', '/proc/pressure/busy', 'busy=0\n'],
    ['pressure_bytes', '/proc/pressure/quota', 'quota=0\n'],
    ['pressure_bytes', '/proc/pressure/cut', 'cut=0\n'],
    ['pressure_bytes', '/proc/pressure/policy', 'policy=0\n'],
  ];

  it.each(files)('%s: %s', async (field, path, text) => {
    const reads = (bytes: number): Promise<string> => {
      const fixture = makeFixture(bounds({ [field]: bytes }));
      return read(fixture.door, fixture.token(), path);
    };
    expect(await reads(text.length)).toBe(text);
    expect(await reads(text.length - 1)).toBe(text.length - 1 < Buffer.byteLength(ENDING) ? '' : ENDING);
  });

  it('session_owner_bytes: an owner that is too long is not shown in part', async () => {
    const fixture = makeFixture(bounds({ session_owner_bytes: 96 }));
    const fits = 96 - 'owner=queen:\n'.length;
    let nextSession = 1;
    const reads = (length: number): Promise<string> =>
      read(fixture.door, fixture.token({ subject: 's'.repeat(length) }), `/proc/9p/session/${nextSession++}/owner`);
    expect(await reads(fits)).toBe(`owner=queen:${'s'.repeat(fits)}\n`);
    expect(await reads(fits + 1)).toBe(ENDING);
  });

  it('lifecycle_bytes: /proc/lifecycle, as the authority renders it', () => {
    const at = 1_700_000_000_000;
    const reads = (bytes: number): string | undefined => {
      const authority = createAuthority(bounds({ lifecycle_bytes: bytes })(defaultManifest()));
      const state = authority.initialState();
      const changes = [{ capability: 'lifecycle', change: { kind: 'move', to: 'QUIESCED', reason: 'quiesce', at } }];
      const command = { seq: 1, at, who: SYSTEM, path: '/queen/lifecycle/ctl', line: 'quiesce' };
      authority.evolve(state, command, { ok: true, changes, effects: [], log: [], reply: {} });
      return authority.renderView(state, '/proc/lifecycle/since');
    };
    expect(reads(23)).toBe('since_ms=1700000000000\n');
    expect(reads(22)).toBe(ENDING);
  });
});

it('the last refusal of a session keeps its sentence however long its path is', async () => {
  const fixture = makeFixture();
  const session = new PathSession(fixture.door, opened(fixture.door, fixture.token()));
  const path = `/${Array.from({ length: 8 }, () => 'p'.repeat(255)).join('/')}`;
  expect(await session.read(`${path}/q`, 100)).toMatchObject({ ok: false });
  const told = await session.read('/proc/self/refusal', 1 << 20);
  expect(told.ok && Buffer.from(told.value).toString()).toBe(
    `code=invalid-path path=${path}/q detail=At most 8 components in a path.\n`,
  );
});

describe('a bounded text', () => {
  const cut = (text: string, bytes: number): string => new TextDecoder().decode(boundedText(text, bytes));

  it.each([
    ['a\nb\n', 4, 'a\nb\n'],
    ['a\nb\n', 3, 'a\n'],
    ['a\nb\n', 1, ''],
    ['a\nb\n', 0, ''],
    [`${'é'.repeat(7)}\n`, 15, 'ééééééé\n'],
    [`${'é'.repeat(7)}\n`, 14, ENDING],
    [`${'é'.repeat(7)}\n`, 13, ''],
    ['one\ntwo\nthree and four\n', 23, 'one\ntwo\nthree and four\n'],
    ['one\ntwo\nthree and four\n', 22, `one\ntwo\n${ENDING}`],
    ['one\ntwo\nthree and four\n', 21, `one\n${ENDING}`],
    ['one\ntwo\nthree and four\n', 18, `one\n${ENDING}`],
    ['one\ntwo\nthree and four\n', 17, ENDING],
  ])('%j in %d bytes is %j', (text, bytes, expected) => {
    expect(cut(text, bytes)).toBe(expected);
  });
});
