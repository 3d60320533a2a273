// Buses and radios in a running hive: who sees which adapter, what is spooled, replayed and refused, what outlives a stop, and what
// ends with a worker.

import { type Disk, nodeDisk } from '@cohesix/journal';
import type { Manifest } from '@cohesix/manifest';
import { expect, it, vi } from 'vitest';
import type { Hive } from '../src/hive.ts';
import { codeOf, following, type Guest, guestOf, textFrom, ticketOf } from './clients.ts';
import { placeForEach, queenOf, textOf } from './fixture.ts';

const place = placeForEach();

const spool = { max_entries: 3, max_bytes: 64 };
const bus = (name: string) => ({ id: name, mount: name, scope: name, link: 'serial', baud: 9600, spool }) as const;
const radio = {
  id: 'radio-1',
  mount: 'radio-1',
  scope: 'radio-1',
  region: 'EU868',
  duty_cycle_percent: 1,
  window_ms: 300_000,
  max_payload_bytes: 20,
  tamper_log_max_entries: 8,
} as const;

const withSidecars = (plain: Manifest): Manifest => ({
  ...plain,
  sidecars: {
    ...plain.sidecars,
    modbus: { ...plain.sidecars.modbus, enable: true, adapters: [bus('plc-1'), bus('plc-2')] },
    lora: { ...plain.sidecars.lora, enable: true, adapters: [radio] },
  },
});

/** A hive with its local queen, who spawns the worker of an adapter. */
async function start(spawn: object): Promise<{ readonly hive: Hive; readonly queen: ReturnType<typeof queenOf> }> {
  const hive = await place.start(withSidecars);
  const queen = queenOf(hive);
  expect(codeOf(await queen.append('/queen/ctl', JSON.stringify(spawn)))).toBe('ok');
  return { hive, queen };
}

const sidecar = async (hive: Hive, role: 'worker-bus' | 'worker-lora', subject: string): Promise<Guest> =>
  guestOf(hive, await ticketOf(hive, { role, subject }), role);

const append = async ({ client }: Guest, path: string, line: string): Promise<string> =>
  codeOf(await client.append(path, line));

it('a hive without adapters has neither /bus nor /lora', async () => {
  const names = await queenOf(await place.start()).list('/');
  expect(names.ok && names.value.filter((name) => ['bus', 'lora'].includes(name))).toEqual([]);
});

it('a sidecar sees its own adapter, and only while the worker of that adapter lives', async () => {
  const { hive, queen } = await start({ spawn: 'bus', adapter: 'plc-1' });
  const plc = await sidecar(hive, 'worker-bus', 'plc-1');
  const names = await plc.client.list('/bus');
  expect(names).toMatchObject({ ok: true, value: ['plc-1'] });
  expect(await textFrom(plc.client, '/bus/plc-2/spool')).toBe('invalid-path');
  expect(await append(plc, '/lora/radio-1/ctl', 'x')).toBe('invalid-path');
  expect(await append(plc, '/bus/plc-1/status', 'x')).toBe('denied');
  const denied = (await textOf(queen, '/log/queen.log')).split('\n').filter((line) => line.startsWith('sidecar-deny'));
  expect(denied).toContain('sidecar-deny kind=bus scope=plc-1 path=/bus/plc-2/spool');
  expect(denied).toContain('sidecar-deny kind=lora scope=plc-1 path=/lora/radio-1/ctl');
  expect(await textFrom(plc.client, '/bus/plc-1/nothing')).toBe('invalid-path');
  expect(await textOf(queen, '/log/queen.log')).not.toContain('/bus/plc-1/nothing\n');
  const other = await ticketOf(hive, { role: 'worker-bus', subject: 'plc-2' });
  await expect(guestOf(hive, other, 'worker-bus')).rejects.toThrow('does not exist');
  const log = await following(plc.client, '/bus/plc-1/telemetry');
  expect(codeOf(await queen.append('/queen/ctl', '{"kill":"worker-1"}'))).toBe('ok');
  expect(await log.ended).toBe('revoked');
  expect(await append(plc, '/bus/plc-1/telemetry', 'x')).toBe('revoked');
});

it('a ticket for an adapter that is not there is refused, and the log names its scope', async () => {
  const { hive, queen } = await start({ spawn: 'lora' });
  const stranger = await ticketOf(hive, { role: 'worker-lora', subject: 'plc-1' });
  await expect(guestOf(hive, stranger, 'worker-lora')).rejects.toThrow('ticket does not allow');
  expect(await textOf(queen, '/log/queen.log')).toContain('sidecar-deny kind=lora scope=plc-1\n');
});

it('frames wait while the link is offline and are replayed in order, once', async () => {
  const { hive, queen } = await start({ spawn: 'bus', adapter: 'plc-1' });
  const plc = await sidecar(hive, 'worker-bus', 'plc-1');
  const log = await following(plc.client, '/bus/plc-1/telemetry');
  expect(await textOf(queen, '/bus/plc-1/spool')).toBe('entries=0 bytes=0 max_entries=3 max_bytes=64\n');
  for (const frame of ['40001=7', 'base64:AQI=', '40002=8'])
    expect(await append(plc, '/bus/plc-1/telemetry', frame)).toBe('ok');
  expect(await append(plc, '/bus/plc-1/telemetry', '40003=9')).toBe('buffer-full');
  expect(await append(plc, '/bus/plc-1/telemetry', 'base64:?')).toBe('invalid-payload');
  expect(await textOf(queen, '/bus/plc-1/spool')).toBe(
    'entries=3 bytes=16 max_entries=3 max_bytes=64\n' +
      'seq=1 bytes=7 payload=40001=7\nseq=2 bytes=2 payload=base64:AQI=\nseq=3 bytes=7 payload=40002=8\n',
  );
  expect(await append(plc, '/bus/plc-1/replay', 'now')).toBe('ok');
  expect(await textOf(queen, '/bus/plc-1/spool')).toBe('entries=0 bytes=0 max_entries=3 max_bytes=64\n');
  await vi.waitFor(() => expect(log.text).toBe('40001=7\nbase64:AQI=\n40002=8\n'), 5000);
  expect(await append(plc, '/bus/plc-1/replay', 'again')).toBe('ok');
  await vi.waitFor(
    async () => expect(await textOf(queen, '/bus/plc-1/status')).toContain('replays=2 entries=3 bytes=16 through=3'),
    5000,
  );
  expect(await append(plc, '/bus/plc-1/link', 'online')).toBe('ok');
  expect(await append(plc, '/bus/plc-1/telemetry', 'direct')).toBe('ok');
  expect(await textOf(queen, '/bus/plc-1/telemetry')).toBe('40001=7\nbase64:AQI=\n40002=8\ndirect\n');
  expect(await textOf(queen, '/bus/plc-1/replay')).toContain('replay entries=3 bytes=16 through=3');
});

it('what is spooled and what is in the stream is there after a stop, with its cursors', async () => {
  const { hive, queen } = await start({ spawn: 'bus', adapter: 'plc-1' });
  for (const frame of ['a', 'b']) await queen.append('/bus/plc-1/telemetry', frame);
  await queen.append('/bus/plc-1/replay', 'now');
  await queen.append('/bus/plc-1/telemetry', 'c');
  await hive.stop();
  const again = queenOf(await place.start(withSidecars));
  expect(await textOf(again, '/bus/plc-1/telemetry')).toBe('a\nb\n');
  expect(await textOf(again, '/bus/plc-1/spool')).toMatch(/^entries=1 .*\nseq=3 bytes=1 payload=c\n$/);
  expect(await again.stat('/bus/plc-1/telemetry')).toMatchObject({ ok: true, value: { size: 4n } });
});

it('what a radio refuses is in its tamper log when the sender hears of it, also after a stop', async () => {
  const { hive, queen } = await start({ spawn: 'lora' });
  const radio1 = await sidecar(hive, 'worker-lora', 'radio-1');
  const ctl = '/lora/radio-1/ctl';
  expect(await append(radio1, ctl, 'x'.repeat(21))).toBe('too-big');
  expect(await textOf(queen, '/lora/radio-1/tamper')).toMatch(/^tamper ts_ms=\d+ reason=payload-oversize bytes=21\n$/);
  expect(await append(radio1, ctl, 'hello')).toBe('ok');
  expect(await append(radio1, ctl, 'x'.repeat(20))).toBe('ok');
  // 827392 and 1318912 µs of 3 s: there is no room for another 20 bytes.
  expect(await append(radio1, ctl, `base64:${'A'.repeat(24)}AAA=`)).toBe('busy');
  expect(await textOf(queen, '/lora/radio-1/tamper')).toMatch(/\ntamper ts_ms=\d+ reason=duty-cycle bytes=20\n$/);
  expect(await textOf(queen, '/lora/radio-1/telemetry')).toBe(`hello\n${'x'.repeat(20)}\n`);
  expect(await append(radio1, '/lora/radio-1/telemetry', 'forged')).toBe('denied');
  expect(await append(radio1, ctl, 'base64:')).toBe('invalid-payload');
  const told = await textOf(queen, '/lora/radio-1/tamper');
  expect(told.split('\n')).toHaveLength(3);
  await hive.stop();
  const again = queenOf(await place.start(withSidecars));
  expect(await textOf(again, '/lora/radio-1/tamper')).toBe(told);
  expect(codeOf(await again.append(ctl, 'x'.repeat(20)))).toBe('busy');
});

it('many refusals at once are all remembered', async () => {
  const { hive, queen } = await start({ spawn: 'lora' });
  const radio1 = await sidecar(hive, 'worker-lora', 'radio-1');
  const sends = Array.from({ length: 40 }, () => append(radio1, '/lora/radio-1/ctl', 'x'.repeat(30)));
  expect(new Set(await Promise.all(sends))).toEqual(new Set(['too-big']));
  expect(await textOf(queen, '/lora/radio-1/status')).toContain(' refused=40 ');
  expect((await textOf(queen, '/lora/radio-1/tamper')).split('\n')).toHaveLength(9);
});

it('no payload is refused unseen: not as an over-long line, nor among others', async () => {
  const { queen } = await start({ spawn: 'lora' });
  const reasons = async (): Promise<string[]> =>
    (await textOf(queen, '/lora/radio-1/tamper')).split('\n').map((line) => line.replace(/^tamper ts_ms=\d+ /, ''));
  expect(codeOf(await queen.append('/lora/radio-1/ctl', 'x'.repeat(5000)))).toBe('too-big');
  expect(await reasons()).toEqual(['reason=payload-oversize bytes=5000', '']);
  // Of several lines the one that was refused.
  expect(codeOf(await queen.append('/lora/radio-1/ctl', `ok\n${'x'.repeat(22)}\n`))).toBe('too-big');
  expect((await reasons()).at(-2)).toBe('reason=payload-oversize bytes=22');
  expect(await textOf(queen, '/lora/radio-1/telemetry')).toBe('');
});

it('an operation of a sidecar is charged to the budget of its worker', async () => {
  const { hive } = await start({ spawn: 'bus', adapter: 'plc-1', budget: { ops: 3 } });
  const plc = await sidecar(hive, 'worker-bus', 'plc-1');
  const answers: string[] = [];
  for (let n = 0; n < 4; n++) answers.push(await append(plc, '/bus/plc-1/telemetry', 'x'));
  expect(answers.at(0)).toBe('ok');
  expect(['exhausted', 'revoked']).toContain(answers.at(-1));
});

it('a frame that is spooled is acknowledged when it is on the disk, and refused when it cannot be', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isBroken = false;
  const disk: Disk = {
    ...nodeDisk,
    async rename(from, to) {
      if (to.endsWith('plc-1.spool')) await held;
      if (isBroken) throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO' });
      return nodeDisk.rename(from, to);
    },
  };
  const queen = queenOf(await place.start(withSidecars, { disk }));
  let answer = '';
  const asked = queen.append('/bus/plc-1/telemetry', 'frame').then((result) => {
    answer = codeOf(result);
  });
  // Everything else goes on meanwhile.
  expect(codeOf(await queen.append('/bus/plc-2/telemetry', 'other'))).toBe('ok');
  expect(answer).toBe('');
  release();
  await asked;
  expect(answer).toBe('ok');
  isBroken = true;
  expect(codeOf(await queen.append('/bus/plc-1/telemetry', 'lost?'))).toBe('busy');
  isBroken = false;
});
