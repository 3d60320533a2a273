// Starting and stopping a whole hive on a folder: who may, what is left, what is the same afterwards.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createAuthority, stateText } from '@cohesix/authority';
import { openJournal } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { attenuate, unverifiedTicket } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hive, startHive } from '../src/hive.ts';
import { Replay } from '../src/replay.ts';
import { plainManifest, temporaryFolder } from './fixture.ts';

let folder = temporaryFolder();
const running: Hive[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const hive of running.splice(0)) await hive.stop();
  folder.remove();
});

/** Free ports, no policy, and what the test changes. */
function start(
  change: (manifest: Manifest) => Manifest = (manifest) => manifest,
  now?: () => number,
): Promise<Result<Hive>> {
  const adjust = (manifest: Manifest): Manifest =>
    change({
      ...plainManifest(),
      hive: manifest.hive,
      listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0' },
    });
  return startHive({ directory: folder.path, adjust, ...(now === undefined ? {} : { host: { now } }) });
}

async function runningHive(change?: (manifest: Manifest) => Manifest, now?: () => number): Promise<Hive> {
  const hive = await start(change, now);
  if (!hive.ok) throw new Error(`${hive.refusal.code}: ${hive.refusal.detail}`);
  running.push(hive.value);
  return hive.value;
}

function queen(hive: Hive): PathSession {
  const session = hive.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim());
  if (!session.ok) throw new Error(session.refusal.code);
  return session.value;
}

async function text(session: PathSession, path: string): Promise<string> {
  const bytes = await session.read(path, 1 << 20);
  return bytes.ok ? Buffer.from(bytes.value).toString() : bytes.refusal.code;
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.code);

describe('a first start', () => {
  it('makes everything it needs, for the owner only', async () => {
    const hive = await runningHive();
    const { root, keys, run, manifest, queenTicket, approverTicket, consoleToken, addresses } = hive.paths;
    for (const path of [root, keys, run]) expect(statSync(path).mode & 0o777, path).toBe(0o700);
    for (const path of [manifest, queenTicket, approverTicket, consoleToken, addresses, join(keys, 'tickets.json')]) {
      expect(statSync(path).mode & 0o777, path).toBe(0o600);
    }
    expect(await text(queen(hive), '/proc/lifecycle/state')).toBe('state=ONLINE\n');
  });

  it('says nothing secret in its log', async () => {
    const hive = await runningHive();
    const session = queen(hive);
    const log = await text(session, '/log/queen.log');
    expect(log).toContain('session.attach');
    for (const path of [hive.paths.queenTicket, hive.paths.approverTicket, hive.paths.consoleToken]) {
      expect(log).not.toContain(readFileSync(path, 'utf8').trim());
    }
  });
});

describe('a second start', () => {
  it('on the same folder while the first runs is busy, and harms nothing', async () => {
    const hive = await runningHive();
    const before = readFileSync(hive.paths.addresses, 'utf8');
    const second = await start();
    expect(codeOf(second)).toBe('busy');
    expect(readFileSync(hive.paths.addresses, 'utf8')).toBe(before);
    expect(codeOf(await queen(hive).append('/queen/ctl', '{"spawn":"host","budget":{}}'))).toBe('ok');
  });

  it('after a stop has the same state, workers, tickets and log', async () => {
    const first = await runningHive();
    const session = queen(first);
    for (let worker = 0; worker < 3; worker++) {
      expect(codeOf(await session.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000,"budget":{}}'))).toBe('ok');
    }
    expect(codeOf(await session.append('/queen/ctl', '{"kill":"worker-2"}'))).toBe('ok');
    const listed = await session.list('/worker');
    const ticket = readFileSync(first.paths.queenTicket, 'utf8');
    await first.stop();

    const second = await runningHive();
    expect(readFileSync(second.paths.queenTicket, 'utf8')).toBe(ticket);
    const again = queen(second);
    expect(await again.list('/worker')).toEqual(listed);
    expect(await text(again, '/log/queen.log')).toContain('killed worker-2');
    expect(second.recovery).toMatch(/torn=none snapshot=[0-9]+$/);
  });

  it('starts from the very state the first one ended in', async () => {
    const first = await runningHive();
    const before = first.stateHash();
    await queen(first).append('/queen/ctl', '{"spawn":"host","budget":{}}');
    await first.stop();
    expect(first.stateHash()).not.toBe(before);
    const once = await replayedHash(first);
    expect(once).toBe(first.stateHash());
    expect(await replayedHash(first)).toBe(once);
    const second = await runningHive();
    expect(second.stateHash()).not.toBe(once);
    await second.stop();
    expect(await replayedHash(second)).toBe(second.stateHash());
  });
});

/** SHA-256 of the state that the journal of a stopped hive replays to. */
async function replayedHash(hive: Hive): Promise<string> {
  const replay = new Replay(createAuthority(hive.manifest), () => undefined);
  const opened = await openJournal(hive.paths.journal, {
    at: Date.now(),
    onRecord: (_, body) => {
      const taken = replay.record(body);
      return taken.ok ? undefined : taken.refusal;
    },
  });
  if (!opened.ok) throw new Error(opened.refusal.detail);
  await opened.value.journal.close();
  return createHash('sha256').update(stateText(replay.result.state)).digest('hex');
}

it('keeps a revoked ticket out when the wall clock goes back behind the end of its revocation', async () => {
  let now = Date.UTC(2026, 0, 1);
  const hive = await runningHive(undefined, () => now);
  const token = mintTicket(hive, now + 6 * 3_600_000);
  const id = ticketId(token);
  const revoke = JSON.stringify({ revoke: { id, expires_ms: now + 6 * 3_600_000 } });
  expect(codeOf(await hive.system('/queen/ticket/ctl', revoke))).toBe('ok');
  expect(codeOf(hive.attach(token))).toBe('revoked');
  now += 86_400_000;
  expect(codeOf(await hive.system('/sys/clock', 'tick'))).toBe('ok');
  now -= 86_400_000;
  expect(codeOf(hive.attach(token))).toBe('expired');
});

/** The queen's ticket of this hive, attenuated to expire. */
function mintTicket(hive: Hive, expiresMs: number): string {
  const narrowed = attenuate(nodeTicketCrypto, readFileSync(hive.paths.queenTicket, 'utf8').trim(), {
    nonce: randomTicketId(),
    expiresMs,
  });
  if (!narrowed.ok) throw new Error(narrowed.refusal.detail);
  return narrowed.value;
}

function ticketId(token: string): string {
  const read = unverifiedTicket(nodeTicketCrypto, token);
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value.ids.at(-1) ?? '';
}

describe('a start that cannot be', () => {
  it('names every problem of a damaged manifest, and releases the folder', async () => {
    writeFileSync(
      join(folder.path, 'hive.toml'),
      'schema = "cohesix-hive/1"\n[secure9p]\nmsize = 1\nwalk_dept = 8\n[console]\nclients_max = "many"\n',
    );
    const refused = await startHive({ directory: folder.path });
    expect(codeOf(refused)).toBe('invalid-payload');
    const detail = refused.ok ? '' : refused.refusal.detail;
    for (const problem of ['secure9p.msize', 'secure9p.walk_dept', 'console.clients_max']) {
      expect(detail).toContain(problem);
    }
    writeFileSync(join(folder.path, 'hive.toml'), 'schema = "cohesix-hive/1"\n');
    await runningHive();
  });

  it('names damaged keys, and releases the folder', async () => {
    const first = await runningHive();
    await first.stop();
    const path = join(folder.path, 'keys', 'tickets.json');
    const good = readFileSync(path);
    writeFileSync(path, good.subarray(0, 20));
    const refused = await start();
    expect(codeOf(refused)).toBe('invalid-payload');
    expect(refused.ok ? '' : refused.refusal.detail).toContain('tickets.json is damaged');
    writeFileSync(path, good);
    await runningHive();
  });

  it('leaves nothing running when the files of a start cannot be written', async () => {
    const first = await runningHive();
    const { approverTicket, socket } = first.paths;
    await first.stop();
    rmSync(approverTicket);
    mkdirSync(approverTicket);
    const refused = await start();
    expect(codeOf(refused)).toBe('internal');
    expect(existsSync(socket), 'its socket').toBe(false);
    rmSync(approverTicket, { recursive: true });
    const again = await runningHive();
    expect(await text(queen(again), '/proc/lifecycle/state')).toBe('state=ONLINE\n');
  });

  it.each(['secure9p', 'console'] as const)(
    'says that the address of %s is in use, and releases the folder',
    async (door) => {
      const taken = await listening();
      const address = taken.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const refused = await start((m) => ({ ...m, listen: { ...m.listen, [door]: `127.0.0.1:${port}` } }));
      expect(codeOf(refused)).toBe('unreachable');
      expect(refused.ok ? '' : refused.refusal.detail).toContain('EADDRINUSE');
      await new Promise((resolve) => taken.close(resolve));
      await runningHive();
    },
  );
});

describe('binds and mounts', () => {
  const bind = (to: string): string => JSON.stringify({ bind: { from: '/log', to } });
  const mount = (at: string): string => JSON.stringify({ mount: { service: 'logs', at } });

  it('are accepted only when they can be made, alone, together and one after the other', async () => {
    const session = queen(await runningHive());
    const say = async (...lines: string[]): Promise<string> =>
      codeOf(await session.append('/queen/ctl', lines.join('\n')));
    for (let index = 0; index < 7; index++) expect(await say(bind(`/b${index}`))).toBe('ok');
    expect(await say(bind('/x'), mount('/y'))).toBe('limit');
    expect(await Promise.all([say(mount('/x')), say(bind('/y')), say(bind('/b3'))])).toEqual(['ok', 'limit', 'ok']);
    expect(await say(mount('/y'))).toBe('limit');
    expect(await say(mount('/x'))).toBe('ok');
    expect(codeOf(await session.list('/x'))).toBe('ok');
  });

  it('are refused for a session that cannot see where they lead', async () => {
    const hive = await runningHive();
    const token = attenuate(nodeTicketCrypto, readFileSync(hive.paths.queenTicket, 'utf8').trim(), {
      nonce: randomTicketId(),
      scopes: [{ path: '/queen', verbs: 'both', ratePerS: 0 }],
    });
    const session = token.ok ? hive.attach(token.value) : token;
    if (!session.ok) throw new Error(session.refusal.detail);
    expect(codeOf(await session.value.append('/queen/ctl', mount('/queen/logs')))).toBe('invalid-path');
  });
});

describe('stop', () => {
  it('is idempotent, ends sessions, and leaves no address behind', async () => {
    const hive = await runningHive();
    const session = queen(hive);
    await Promise.all([hive.stop(), hive.stop()]);
    await hive.stop();
    expect(codeOf(await session.list('/'))).toBe('closed');
    expect(() => statSync(hive.paths.addresses)).toThrow();
    expect(() => statSync(hive.paths.socket)).toThrow();
  });

  it('makes durable what was accepted', async () => {
    const hive = await runningHive();
    const answers = Array.from({ length: 50 }, () =>
      queen(hive).append('/queen/ctl', '{"spawn":"heartbeat","ticks":9,"budget":{}}'),
    );
    const stopped = hive.stop();
    const accepted = (await Promise.all(answers)).filter((answer) => answer.ok).length;
    await stopped;
    const again = await runningHive();
    const listed = await queen(again).list('/worker');
    expect(listed.ok ? listed.value.length : -1).toBe(accepted);
  });
});

function listening(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
