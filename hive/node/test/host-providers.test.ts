// `/host` of a running hive: what publishers append and what they may not, how old it is, how much of it is kept; and orders that
// reach whoever follows them, also after a restart, once.

import type { Manifest } from '@cohesix/manifest';
import type { PathSession } from '@cohesix/ninedoor';
import { describe, expect, test } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { HostDenials } from '../src/hosts/denials.ts';
import { HostStreams } from '../src/hosts/streams.ts';
import { ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

const STATUS = '/host/local/systemd/ssh.service/status';
const SHORT = '/host/systemd/ssh.service/status';
const RESTART = '/host/local/systemd/ssh.service/restart';

/** Settings of hosts beside the defaults. */
function withHosts(host: Partial<Manifest['host']>): (manifest: Manifest) => Manifest {
  return (manifest) => ({ ...manifest, host: { ...manifest.host, ...host } });
}

async function as(hive: Hive, claims: Parameters<typeof ticketOf>[1]): Promise<PathSession> {
  const session = hive.attach(await ticketOf(hive, claims));
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}

/** `ok`, or the code of the refusal. */
async function code(session: PathSession, path: string, text: string): Promise<string> {
  const appended = await session.append(path, text);
  return appended.ok ? 'ok' : appended.refusal.code;
}

function declare(session: PathSession, more: object = {}): Promise<string> {
  return code(session, '/host/ctl', JSON.stringify({ op: 'declare', host: 'local', ...more }));
}

describe('a status file', () => {
  test('says that nobody wrote it until somebody does, and is the same file by both of its paths', async () => {
    const queen = queenOf(await place.start());
    expect(await textOf(queen, SHORT)).toBe('state=unknown reason=not-published\n');
    expect(await code(queen, SHORT, 'state=active sub=running')).toBe('ok');
    expect(await code(queen, STATUS, 'state=failed sub=failed')).toBe('ok');
    const text = 'state=unknown reason=not-published\nstate=active sub=running\nstate=failed sub=failed\n';
    expect([await textOf(queen, SHORT), await textOf(queen, STATUS)]).toEqual([text, text]);
  });

  test.each([
    ['an escape sequence', 'state=\u001b[31mactive', 'invalid-payload'],
    ['a NUL', 'state=act\0ive', 'invalid-payload'],
    ['a line separator that is no LF', 'state=a\u2028state=b', 'invalid-payload'],
    ['a line of 257 bytes', 'é'.repeat(128).concat('x'), 'too-big'],
    ['a long line behind a short one', `state=ok\n${'x'.repeat(257)}`, 'too-big'],
  ])('takes no %s', async (_, line, refusal) => {
    const queen = queenOf(await place.start());
    expect(await code(queen, STATUS, line)).toBe(refusal);
    expect(await textOf(queen, STATUS)).toBe('state=unknown reason=not-published\n');
    expect(await code(queen, STATUS, 'é'.repeat(128))).toBe('ok');
  });

  test('is read by workers, and written by none of them', async () => {
    const hive = await place.start();
    const queen = queenOf(hive);
    await queen.append('/queen/ctl', '{"spawn":"heartbeat","ticks":1000}');
    const worker = await as(hive, { role: 'worker-heartbeat', subject: 'worker-1' });
    expect(await textOf(worker, STATUS)).toContain('not-published');
    expect(await textOf(worker, '/host/local/status')).toContain('host=local');
    expect(await code(worker, STATUS, 'state=active')).toBe('denied');
    expect(await code(worker, RESTART, 'now')).toBe('denied');
    expect(await textOf(queen, '/host/local/orders.snapshot')).toBe('');
    const denials = (await textOf(queen, '/log/queen.log')).match(/^host-write .*$/gm);
    expect(denials?.map((line) => line.replace(/ticket=\w+/, 'ticket=T'))).toEqual([
      `host-write outcome=deny role=worker-heartbeat ticket=T path=${STATUS}`,
      `host-write outcome=deny role=worker-heartbeat ticket=T path=${RESTART} control=systemd.restart`,
    ]);
  });

  test('of a published host is its publisher’s, whatever another’s ticket reaches', async () => {
    const hive = await place.start();
    const [queen, first, second] = [
      queenOf(hive),
      await as(hive, { subject: 'one' }),
      await as(hive, { subject: 'two' }),
    ];
    expect(await declare(first)).toBe('ok');
    expect(await code(second, STATUS, 'state=hidden')).toBe('denied');
    expect(await code(queen, SHORT, 'state=hidden')).toBe('denied');
    expect(await code(first, STATUS, 'state=active')).toBe('ok');
    expect(await declare(second)).toBe('busy');
    expect(await code(queen, '/host/ctl', '{"op":"release","host":"local"}')).toBe('ok');
    expect(await declare(second)).toBe('ok');
    expect(await code(second, STATUS, 'state=active')).toBe('ok');
    expect(await code(first, STATUS, 'state=hidden')).toBe('denied');
    expect(await textOf(queen, STATUS)).not.toContain('hidden');
  });

  test('is not written while the node drains', async () => {
    const queen = queenOf(await place.start());
    await queen.append('/queen/lifecycle/ctl', 'cordon');
    expect(await code(queen, STATUS, 'state=active')).toBe('lifecycle-denied');
  });
});

test('a flood of refused writes is a few lines a second, and how many there were', () => {
  const lines: string[] = [];
  let at = 1_800_000_000_000;
  const denials = new HostDenials(
    (line) => lines.push(line),
    () => at,
  );
  const who = { subject: 'worker-1', role: 'worker-host', ticket: 'fp', ticketIds: ['1'], session: '1' };
  for (let n = 0; n < 1000; n++) denials.turnedAway({ who, code: 'denied', path: SHORT });
  expect(lines).toHaveLength(10);
  at += 1000;
  denials.turnedAway({ who, code: 'denied', path: SHORT });
  expect(lines.slice(10)).toEqual([
    'host-write outcome=deny suppressed=990',
    `host-write outcome=deny role=worker-host ticket=fp path=${SHORT}`,
  ]);
  denials.turnedAway({ who: { ...who, role: 'queen' }, code: 'denied', path: SHORT });
  denials.turnedAway({ who, code: 'invalid-path', path: '/host/nowhere/status' });
  denials.turnedAway({ who, code: 'denied', path: '/queen/ctl' });
  expect(lines).toHaveLength(12);
});

describe('what was heard', () => {
  test('is fresh for three polls, then stale: a publisher that is gone is seen', async () => {
    let at = 1_800_000_000_000;
    const queen = queenOf(await place.start(undefined, { now: () => at }));
    const line = async (file: string): Promise<string> =>
      (await textOf(queen, '/host/local/status')).split('\n').find((one) => one.startsWith(`file=${file} `)) ?? '';
    expect(await line('systemd/ssh.service/status')).toBe(
      'file=systemd/ssh.service/status state=never heard_ms=none age_ms=none',
    );
    await queen.append(STATUS, 'state=active');
    await queen.append('/host/local/k8s/node/node-1/status', 'state=ready');
    at += 6000;
    expect(await line('systemd/ssh.service/status')).toContain(' state=fresh heard_ms=1800000000000 age_ms=6000');
    at += 1;
    expect(await line('systemd/ssh.service/status')).toContain(' state=stale heard_ms=1800000000000 age_ms=6001');
    expect(await line('k8s/node/node-1/status'), 'asked every five seconds').toContain(' state=fresh ');
    at -= 3600_000;
    expect(await line('systemd/ssh.service/status'), 'the clock was set back').toContain(' state=fresh ');
  });

  test('is forgotten by a restart: nobody has said it since', async () => {
    const hive = await place.start();
    await queenOf(hive).append(STATUS, 'state=active');
    await hive.stop();
    expect(await textOf(queenOf(await place.start()), STATUS)).toBe('state=unknown reason=not-published\n');
  });
});

describe('a flood', () => {
  test('costs what a file may keep, and its reader learns what it lost', async () => {
    const queen = queenOf(await place.start(withHosts({ stream_bytes: 512 })));
    const follow = await queen.follow(STATUS, 0n);
    if (!follow.ok) throw new Error(follow.refusal.code);
    for (let n = 1; n <= 1000; n++) expect(await code(queen, STATUS, `state=active n=${n}`)).toBe('ok');
    const text = await textOf(queen, STATUS);
    expect(Buffer.byteLength(text)).toBeLessThan(512 + 64);
    expect(text).toMatch(/^~ lost bytes=\d+ next=\d+\n/);
    expect(text.endsWith('state=active n=1000\n')).toBe(true);
    const chunk = await follow.value.next();
    expect(chunk.ok && Buffer.from(chunk.value ?? []).toString()).toMatch(/^~ lost bytes=\d+ next=\d+\n/);
    follow.value.stop();
  });

  test('over many files stays within the memory for all of them; what fits no more is refused', () => {
    const streams = new HostStreams({ stream_bytes: 4096, stream_budget_bytes: 65_536 });
    const codes = new Set<string>();
    for (let n = 0; n < 5000; n++) {
      const appended = streams.append(`/host/h/systemd/unit-${n % 500}/status`, Buffer.from(`${'x'.repeat(200)}\n`), n);
      codes.add(appended.ok ? 'ok' : appended.refusal.code);
      expect(streams.usedBytes).toBeLessThanOrEqual(65_536);
    }
    expect([...codes].sort()).toEqual(['buffer-full', 'ok']);
    streams.forget((path) => path.startsWith('/host/h/'));
    expect(streams.usedBytes).toBe(0);
    expect(streams.append('/host/h/systemd/unit-499/status', Buffer.from('state=active\n'), 1).ok).toBe(true);
  });
});

describe('a host', () => {
  test('appears with what it was declared with, and goes when it is released', async () => {
    const queen = queenOf(await place.start());
    const ls = async (path: string): Promise<string> => {
      const names = await queen.list(path);
      return names.ok ? names.value.join(' ') : names.refusal.code;
    };
    expect(await ls('/host')).toBe('ctl docker k8s local nvidia systemd tickets');
    await queen.append('/host/ctl', '{"op":"declare","host":"web-1","units":["nginx.service"],"gpus":["0"]}');
    expect(await ls('/host')).toBe('ctl docker k8s local nvidia systemd tickets web-1');
    expect(await ls('/host/web-1')).toBe('docker k8s nvidia orders orders.snapshot status systemd');
    expect(await ls('/host/web-1/systemd/nginx.service')).toBe('restart start status stop');
    expect(await ls('/host/web-1/nvidia/gpu/0')).toBe('power_cap status thermal');
    expect(await ls('/host/systemd')).toBe('cohesix-agent.service ssh.service');
    await queen.append('/host/web-1/systemd/nginx.service/status', 'state=active');
    await queen.append('/host/ctl', '{"op":"release","host":"web-1"}');
    expect(await ls('/host/web-1')).toBe('invalid-path');
    await queen.append('/host/ctl', '{"op":"declare","host":"web-1","units":["nginx.service"]}');
    expect(await textOf(queen, '/host/web-1/systemd/nginx.service/status')).toBe(
      'state=unknown reason=not-published\n',
    );
  });

  test('has no directories of providers that the manifest leaves out, and may have net and jetson', async () => {
    const queen = queenOf(await place.start(withHosts({ providers: ['net', 'jetson', 'docker'] })));
    const names = await queen.list('/host');
    expect(names.ok && names.value).toEqual(['ctl', 'docker', 'jetson', 'local', 'net', 'tickets']);
    expect(await code(queen, '/host/systemd/ssh.service/restart', 'now')).toBe('invalid-path');
    await declare(queen, { interfaces: ['eth0'] });
    expect(await textOf(queen, '/host/jetson/thermal')).toBe('temp_c=unknown reason=not-published\n');
    expect(await code(queen, '/host/net/eth0/status', 'link=up addresses=192.0.2.1 rx_bytes=1 tx_bytes=2')).toBe('ok');
    expect(await code(queen, '/host/jetson/thermal', 'temp_c=41')).toBe('ok');
    expect(await textOf(queen, '/host/local/status')).toMatch(
      /file=net\/eth0\/status state=fresh .*\nfile=jetson\/status /s,
    );
  });

  test('is not there at all when the manifest says so; host tickets are', async () => {
    const queen = queenOf(await place.start(withHosts({ enabled: false })));
    const names = await queen.list('/host');
    expect(names.ok && names.value).toEqual(['tickets']);
    expect(await textOf(queen, '/proc/hosts/list')).toBe('invalid-path');
    expect(await code(queen, '/host/ctl', '{"op":"declare","host":"web-1"}')).toBe('invalid-path');
  });

  test('that was declared is so again when the manifest turns hosts off and on', async () => {
    const hive = await place.start();
    await queenOf(hive).append('/host/ctl', '{"op":"declare","host":"web-1"}');
    await hive.stop();
    const off = await place.start(withHosts({ enabled: false }));
    expect(await textOf(queenOf(off), '/host/web-1/status')).toBe('invalid-path');
    await off.stop();
    expect(await textOf(queenOf(await place.start()), '/host/web-1/status')).toContain(
      'host=web-1 publisher=queen fence=1\n',
    );
  });
});

describe('orders', () => {
  /** Ids of the orders that the stream has. */
  const told = async (session: PathSession): Promise<string[]> =>
    [...(await textOf(session, '/host/local/orders')).matchAll(/"id":"(o\d+)"/g)].map(([, id = '']) => id);

  test('come to who follows, by whichever path they were given', async () => {
    const queen = queenOf(await place.start());
    const follow = await queen.follow('/host/local/orders', undefined);
    if (!follow.ok) throw new Error(follow.refusal.code);
    expect(await code(queen, '/host/systemd/ssh.service/restart', 'now')).toBe('ok');
    const chunk = await follow.value.next();
    expect(JSON.parse(Buffer.from((chunk.ok && chunk.value) || []).toString())).toMatchObject({
      schema: 'host-order/v1',
      host: 'local',
      control: 'systemd.restart',
      member: 'ssh.service',
      value: 'now',
    });
    follow.value.stop();
    expect(await code(queen, '/host/local/orders', '{}'), 'the hive’s own').toBe('denied');
  });

  test('that nobody took up are there again after a restart, in their order, those taken up are not', async () => {
    const hive = await place.start();
    const queen = queenOf(hive);
    await declare(queen);
    for (const line of ['a', 'b', 'c']) await queen.append(RESTART, line);
    const [first = '', second = '', third = ''] = await told(queen);
    await queen.append(
      '/host/ctl',
      JSON.stringify({ op: 'result', host: 'local', order: second, fence: 1, state: 'taken' }),
    );
    await hive.stop();
    const again = queenOf(await place.start());
    expect(await told(again)).toEqual([first, third]);
    expect(await code(again, RESTART, 'd')).toBe('ok');
    expect((await told(again)).slice(0, 2)).toEqual([first, third]);
    expect(await told(again)).toHaveLength(3);
  });
});
