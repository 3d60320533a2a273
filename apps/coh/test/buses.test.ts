// coh bus and coh lora, against a real hive: what waits, what is replayed, what a radio refuses, and what is said about it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc16, mockFrame } from '../src/bus-frames.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
beforeAll(async () => {
  const spool = { max_entries: 4, max_bytes: 64 };
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
  live = await liveHive((manifest) => ({
    ...manifest,
    sidecars: {
      modbus: { enable: true, mount_at: '/bus', adapters: [bus('plc-1'), bus('plc-2')] },
      dnp3: { enable: true, mount_at: '/bus', adapters: [bus('rtu-1')] },
      lora: { enable: true, mount_at: '/lora', adapters: [radio] },
    },
  }));
});
afterAll(() => live?.stop());

const said = async (...argv: string[]): Promise<string> => {
  const { exit, stdout, stderr } = await live.coh(argv);
  expect({ argv, exit, stderr }).toEqual({ argv, exit: 0, stderr: '' });
  return stdout;
};

describe('coh bus', () => {
  it('feeds a bus, replays what waited, once, and lists it all', async () => {
    expect(await live.json(['bus', 'feed', 'plc-1', '--mock', '--count', '2'])).toEqual({ adapter: 'plc-1', sent: 2 });
    await said('bus', 'send', 'plc-1', 'hello', 'world');
    expect(await said('bus', 'send', 'plc-1', '--hex', '01:03', 'ff')).toBe('frame of plc-1: base64:AQP/\n');
    const { buses } = await live.json<{ buses: readonly object[] }>(['bus', 'list']);
    expect(buses).toMatchObject([
      { adapter: 'plc-1', kind: 'modbus', link: 'offline', waiting: 4, waiting_bytes: 9 + 9 + 11 + 3, replayed: 0 },
      { adapter: 'plc-2', kind: 'modbus', waiting: 0 },
      { adapter: 'rtu-1', kind: 'dnp3' },
    ]);
    expect(await said('bus', 'list')).toMatch(
      /^ADAPTER +KIND +OVER +LINK +WAITING +REPLAYED\nplc-1 +modbus +serial +offline +4 +0\n/,
    );
    expect(await said('bus', 'replay', 'plc-1')).toBe('replayed 4 frames, 32 bytes\n');
    expect(await live.json(['bus', 'replay', 'plc-1'])).toEqual({ adapter: 'plc-1', entries: 0, bytes: 0, through: 4 });
    expect(await said('cat', '/bus/plc-1/telemetry')).toMatch(/^base64:\S+\nbase64:\S+\nhello world\nbase64:AQP\/\n$/);
    expect(await said('bus', 'status', 'plc-1')).toMatch(/\nreplayed +4\n/);
  });

  it('says when a spool is full, and how many of the frames were taken', async () => {
    const { exit, stderr } = await live.coh(['bus', 'feed', 'rtu-1', '--mock', '--count', '9', '--json']);
    expect(exit).toBe(6);
    expect(stderr).toContain('4 of 9 frames were taken');
    const refused = await live.refused(['bus', 'send', 'rtu-1', 'x']);
    expect(refused.said).toBe('coh: cannot send to rtu-1 (buffer-full)');
    expect(refused.advice).toContain('replay it, or bring the link online');
  });

  it('sets a link, and gives orders that a sidecar can read', async () => {
    expect(await said('bus', 'link', 'plc-2', 'online')).toBe('plc-2 is online\n');
    await said('bus', 'send', 'plc-2', 'direct');
    expect(await said('cat', '/bus/plc-2/telemetry')).toBe('direct\n');
    await said('bus', 'tell', 'plc-2', 'read', 'holding', '40001');
    expect(await said('cat', '/bus/plc-2/ctl')).toContain('"line":"read holding 40001"');
    expect((await live.refused(['bus', 'send', 'plc-2', '--hex', '0'])).said).toContain('(invalid-payload)');
    expect((await live.refused(['bus', 'status', 'plc-9'])).said).toBe('coh: cannot read bus plc-9 (invalid-path)');
  });
});

describe('completion', () => {
  it('offers the adapters of the hive', async () => {
    expect(await said('__complete', '--', 'bus', 'status', 'p')).toBe('plc-1\nplc-2\n');
    expect(await said('__complete', '--', 'lora', 'send', '')).toBe('radio-1\n');
  });
});

describe('coh lora', () => {
  it('sends, says what was refused and why, and remembers it', async () => {
    expect(await said('lora', 'send', 'radio-1', 't=21.5')).toBe('sent by radio-1: t=21.5\n');
    const large = await live.refused(['lora', 'send', 'radio-1', 'x'.repeat(21)]);
    expect([large.exit, large.said]).toEqual([1, 'coh: cannot send to radio-1 (too-big)']);
    await said('lora', 'send', 'radio-1', 't=21.6');
    const much = await live.refused(['lora', 'send', 'radio-1', 'x'.repeat(20)]);
    expect([much.exit, much.said]).toEqual([6, 'coh: cannot send to radio-1 (busy)']);
    expect(much.advice).toMatch(/there is room in \d+ ms/);
    expect(await live.json(['lora', 'tamper', 'radio-1'])).toMatchObject({
      adapter: 'radio-1',
      tamper: [
        { reason: 'payload-oversize', bytes: 21 },
        { reason: 'duty-cycle', bytes: 20 },
      ],
    });
    expect(await live.json(['lora', 'list'])).toMatchObject({ radios: [{ adapter: 'radio-1', sent: 2, refused: 2 }] });
    expect(await said('lora', 'status', 'radio-1')).toMatch(/\nwindow_ms +300000\n/);
  });
});

describe('the frames of coh bus feed --mock', () => {
  it('have the CRCs of their protocols (check values of the CRC catalogue for "123456789")', () => {
    const text = Buffer.from('123456789');
    expect(crc16(text, { polynomial: 0xa001, start: 0xffff })).toBe(0x4b37);
    expect(crc16(text, { polynomial: 0xa6bc, start: 0 }) ^ 0xffff).toBe(0xea82);
    // Over a frame with its CRC the CRC of MODBUS is 0.
    expect(crc16(mockFrame('modbus', 7), { polynomial: 0xa001, start: 0xffff })).toBe(0);
  });

  it('are the same for the same number, and another for another', () => {
    expect(mockFrame('dnp3', 3)).toEqual(mockFrame('dnp3', 3));
    expect(mockFrame('modbus', 3)).not.toEqual(mockFrame('modbus', 4));
    expect(Buffer.from(mockFrame('dnp3', 0)).toString('hex')).toMatch(/^056405490100/);
  });
});
