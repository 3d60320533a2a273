// Buses and radios: which adapters there are, what a link, a replay and a send do, that no window of a radio is ever on the air for
// longer than its part, and that each adapter has one worker at most.

import { type LoraAdapter, loraAirtimeUs, loraBudgetUs, type Manifest } from '@cohesix/manifest';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adapterWorker,
  busLink,
  isSidecarShown,
  type Principal,
  payloadSize,
  SYSTEM,
  stateFromText,
  stateText,
} from '../src/index.ts';
import { ALICE, manifestWith, TestHive } from './hive.ts';
import { withSidecars } from './sidecars.ts';

const PLC: Principal = { ...ALICE, role: 'worker-bus', subject: 'plc-1' };
const RADIO: Principal = { ...ALICE, role: 'worker-lora', subject: 'radio-1' };
const LORA = '/lora/radio-1/ctl';

const withAdapters = (radio: Partial<LoraAdapter> = {}): Manifest =>
  manifestWith((manifest) => {
    manifest.policy.enabled = false;
    withSidecars(manifest, radio);
  });

/** A hive whose queen is here: without her no worker orders anything. */
function hiveWith(radio: Partial<LoraAdapter> = {}): TestHive {
  const hive = TestHive.booted(withAdapters(radio));
  hive.ok(SYSTEM, '/sys/root/ctl', { active: {} });
  return hive;
}

describe('adapters', () => {
  test('are those of the sidecars that are enabled, and no path leads to another', () => {
    const hive = hiveWith();
    const names = (pattern: string): readonly string[] => hive.authority.listNames(hive.state, pattern);
    expect(names('/bus/:adapter')).toEqual(['plc-1', 'plc-2', 'rtu-1']);
    expect(names('/lora/:adapter')).toEqual(['radio-1']);
    expect(hive.code(ALICE, '/bus/plc-3/link', 'online')).toBe('invalid-path');
    expect(hive.code(ALICE, '/lora/plc-1/ctl', 'x')).toBe('invalid-path');
    expect(hive.view('/bus/rtu-1/status')).toMatch(/^bus adapter=rtu-1 kind=dnp3 over=serial baud=9600 link=offline /);
  });

  test('are not there when a manifest enables none, nor are their files', () => {
    const hive = TestHive.booted();
    expect(hive.authority.listNames(hive.state, '/bus/:adapter')).toEqual([]);
    expect(hive.code(ALICE, '/bus/plc-1/link', 'online')).toBe('invalid-path');
    const shown = (manifest: Manifest) =>
      ['/bus/:adapter/ctl', '/lora/:adapter/ctl'].map((path) => isSidecarShown(manifest, path));
    expect(shown(manifestWith())).toEqual([false, false]);
    expect(shown(withAdapters())).toEqual([true, true]);
  });

  test('that a manifest no longer has are forgotten with the next line', () => {
    const hive = hiveWith();
    hive.ok(ALICE, '/bus/plc-1/link', 'online');
    hive.ok(ALICE, LORA, 'x');
    const fewer = manifestWith((manifest) => {
      withSidecars(manifest);
      Object.assign(manifest.sidecars.modbus, { adapters: manifest.sidecars.modbus.adapters.slice(1) });
      Object.assign(manifest.sidecars.lora, { enable: false });
    });
    hive.boot(2, fewer);
    hive.ok(ALICE, '/bus/plc-2/link', 'online');
    hive.boot(3, withAdapters());
    expect(busLink(hive.state, 'plc-1')).toBe('offline');
    expect(hive.view('/lora/radio-1/status')).toContain(' sent=0 ');
  });
});

describe('a bus', () => {
  test('begins offline; its link is what was said last, also after a restart', () => {
    const hive = hiveWith();
    expect(busLink(hive.state, 'plc-1')).toBe('offline');
    expect(hive.ok(PLC, '/bus/plc-1/link', ' ONLINE ').log).toEqual(['bus link adapter=plc-1 old=offline new=online']);
    expect(hive.ok(PLC, '/bus/plc-1/link', 'online').changes).toEqual([]);
    hive.boot(2, withAdapters());
    expect(busLink(hive.state, 'plc-1')).toBe('online');
    expect(busLink(hive.state, 'plc-2')).toBe('offline');
    expect(hive.code(PLC, '/bus/plc-1/link', 'up')).toBe('invalid-payload');
  });

  test('takes orders as text or as base64, and keeps them to be read', () => {
    const hive = hiveWith();
    expect(hive.ok(ALICE, '/bus/plc-1/ctl', 'read holding 40001 2').reply).toEqual({ bytes: 20 });
    expect(hive.ok(ALICE, '/bus/plc-1/ctl', 'base64:AQI=').reply).toEqual({ bytes: 2 });
    expect(hive.code(ALICE, '/bus/plc-1/ctl', 'base64:A')).toBe('invalid-payload');
    expect(hive.authority.controlLogText(hive.state, '/bus/plc-1/ctl')).toContain('read holding 40001 2');
    expect(hive.authority.controlLogText(hive.state, '/bus/plc-2/ctl')).toBe('');
    const heartbeat = { ...ALICE, role: 'worker-heartbeat' };
    expect(hive.code(heartbeat, '/bus/plc-1/ctl', 'x')).toBe('denied');
  });

  test('is replayed by any line, and the hive counts what that brought once', () => {
    const hive = hiveWith();
    const asked = hive.ok(PLC, '/bus/plc-1/replay', 'now');
    expect(asked.effects).toEqual([{ kind: 'bus.replay', adapter: 'plc-1', entry: 3 }]);
    const word = 'replay entries=2 bytes=9 through=2';
    expect(hive.ok(SYSTEM, '/bus/plc-1/replay', word).effects).toEqual([]);
    expect(hive.code(SYSTEM, '/bus/plc-1/replay', word)).toBe('stale');
    expect(hive.code(SYSTEM, '/bus/plc-1/replay', 'replay entries=0 bytes=0 through=2')).toBe('ok');
    expect(hive.code(SYSTEM, '/bus/plc-1/replay', 'replay entries=1')).toBe('invalid-payload');
    // Whoever else writes such a line asks for a replay and says nothing.
    expect(hive.ok(PLC, '/bus/plc-1/replay', word).effects).toHaveLength(1);
    expect(hive.view('/bus/plc-1/status')).toContain(' replays=2 entries=2 bytes=9 through=2\n');
    expect(hive.replay()).toBe(hive.text());
  });
});

describe('a radio', () => {
  test('takes the largest payload and not a byte more', () => {
    const hive = hiveWith();
    const sent = hive.ok(RADIO, LORA, 'x'.repeat(51));
    expect(sent.effects).toEqual([{ kind: 'lora.send', adapter: 'radio-1', entry: 3, payload: 'x'.repeat(51) }]);
    expect(sent.reply).toEqual({ bytes: 51, airtime_us: 2_465_792, left_us: 534_208 });
    const refused = hive.run(RADIO, LORA, 'x'.repeat(52));
    expect(refused).toMatchObject({ ok: false, code: 'too-big' });
    expect(refused.ok ? '' : refused.detail).toMatch(/^lora payload exceeds max bytes: it has 52, /);
    // 51 bytes are 68 characters of base64.
    expect(hive.code(RADIO, LORA, `base64:${Buffer.alloc(52).toString('base64')}`)).toBe('too-big');
  });

  test('is on the air no longer than its part of the window, and says when there is room', () => {
    const hive = hiveWith();
    const at = hive.at;
    hive.ok(RADIO, LORA, 'x'.repeat(51));
    hive.at += 1000;
    const refused = hive.run(RADIO, LORA, 'x'.repeat(51));
    expect(refused).toMatchObject({ ok: false, code: 'busy' });
    expect(refused.ok ? '' : refused.detail).toMatch(
      /^lora duty cycle exceeded: 2465792 of 3000000 .* room in 299000 ms\.$/,
    );
    hive.at = at + 299_999;
    expect(hive.code(RADIO, LORA, 'x'.repeat(51))).toBe('busy');
    hive.at = at + 300_000;
    expect(hive.code(RADIO, LORA, 'x'.repeat(51))).toBe('ok');
  });

  test('has its window over a restart', () => {
    const hive = hiveWith();
    hive.ok(RADIO, LORA, 'x'.repeat(51));
    hive.boot(2, withAdapters());
    expect(hive.code(ALICE, LORA, 'x')).toBe('busy');
  });

  test('remembers the last refused payloads, as many as the manifest says, and counts all', () => {
    const hive = hiveWith();
    const entry = (n: number) => ({ ts_ms: n, reason: 'duty-cycle', bytes: n });
    hive.ok(SYSTEM, '/sys/lora/ctl', { tamper: { adapter: 'radio-1', entries: [entry(1), entry(2)] } });
    expect(hive.view('/lora/radio-1/tamper')).toBe(
      'tamper ts_ms=1 reason=duty-cycle bytes=1\ntamper ts_ms=2 reason=duty-cycle bytes=2\n',
    );
    const told = hive.ok(SYSTEM, '/sys/lora/ctl', { tamper: { adapter: 'radio-1', entries: [entry(3), entry(4)] } });
    expect(told.log).toEqual([3, 4].map((n) => `lora tamper adapter=radio-1 reason=duty-cycle bytes=${n}`));
    expect(hive.view('/lora/radio-1/tamper')?.split('\n')).toHaveLength(4);
    expect(hive.view('/lora/radio-1/tamper')).toMatch(/^tamper ts_ms=2 /);
    expect(hive.view('/lora/radio-1/status')).toContain(' refused=4 ');
    expect(hive.code(ALICE, '/sys/lora/ctl', { tamper: { adapter: 'radio-1', entries: [entry(1)] } })).toBe('denied');
    expect(hive.code(SYSTEM, '/sys/lora/ctl', { tamper: { adapter: 'plc-1', entries: [entry(1)] } })).toBe('not-found');
    const many = Array.from({ length: 17 }, (_, n) => entry(n));
    expect(hive.code(SYSTEM, '/sys/lora/ctl', { tamper: { adapter: 'radio-1', entries: many } })).toBe(
      'invalid-payload',
    );
  });

  test('property: whatever is sent when, no window holds more than its part', () => {
    const send = fc.record({ wait: fc.integer({ min: 0, max: 4000 }), bytes: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.array(send, { maxLength: 120 }), (sends) => {
        const adapter = { window_ms: 20_000, duty_cycle_percent: 30, region: 'US915' } as const;
        const hive = hiveWith(adapter);
        const sent: { at: number; us: number }[] = [];
        for (const { wait, bytes } of sends) {
          hive.at += wait;
          if (hive.code(RADIO, LORA, 'x'.repeat(bytes)) === 'ok')
            sent.push({ at: hive.at, us: loraAirtimeUs('US915', bytes) });
        }
        for (const { at: end } of sent) {
          const inWindow = sent.filter(({ at }) => at > end - 20_000 && at <= end);
          expect(inWindow.reduce((sum, { us }) => sum + us, 0)).toBeLessThanOrEqual(loraBudgetUs(adapter));
        }
      }),
      { numRuns: 15 },
    );
  });

  test('keeps little however much it sends', () => {
    const hive = hiveWith({ window_ms: 60_000, duty_cycle_percent: 100, region: 'US915' });
    let accepted = 0;
    for (let n = 0; n < 260; n++) {
      hive.at += 250;
      accepted += hive.code(RADIO, LORA, 'x') === 'ok' ? 1 : 0;
    }
    expect(accepted).toBeGreaterThan(200);
    expect(hive.text().length).toBeLessThan(60_000);
  });
});

describe('the payload of a line', () => {
  const size = (line: string): number | string => {
    const found = payloadSize(line);
    return found.ok ? found.value : found.refusal.code;
  };

  test('is its text in UTF-8, or the bytes that its base64 stands for', () => {
    expect(['hello', 'µ', 'base64:AQ==', 'base64:AQI=', 'base64:AQID', 'b64'].map(size)).toEqual([5, 2, 1, 2, 3, 3]);
    expect(['base64:', 'base64:A', 'base64:AQ', 'base64:A===', 'base64:AQ=I', 'base64:A Q='].map(size)).toEqual(
      Array.from({ length: 6 }, () => 'invalid-payload'),
    );
  });
});

describe('workers of adapters', () => {
  const spawn = (hive: TestHive, line: object): string => hive.code(ALICE, '/queen/ctl', line);

  test('serve the adapter that is asked for, or the first that is free, each one alone', () => {
    const hive = hiveWith();
    expect(hive.ok(ALICE, '/queen/ctl', { spawn: 'bus', adapter: 'plc-2' }).reply).toEqual({
      id: 'worker-1',
      adapter: 'plc-2',
    });
    expect(spawn(hive, { spawn: 'bus', adapter: 'plc-2' })).toBe('busy');
    expect(hive.ok(ALICE, '/queen/ctl', { spawn: 'bus' }).reply).toMatchObject({ adapter: 'plc-1' });
    expect(hive.ok(ALICE, '/queen/ctl', { spawn: 'bus', budget: { ops: 5 } }).reply).toMatchObject({
      adapter: 'rtu-1',
    });
    expect(spawn(hive, { spawn: 'bus' })).toBe('busy');
    expect(spawn(hive, { spawn: 'bus', adapter: 'radio-1' })).toBe('not-found');
    expect(hive.ok(ALICE, '/queen/ctl', { spawn: 'lora', budget: { ttl_s: 60 } }).effects[0]).toMatchObject({
      kind: 'worker.start',
      workerKind: 'lora',
      adapter: 'radio-1',
    });
    expect(hive.view('/bus/plc-2/status')).toContain(' worker=worker-1 ');
  });

  test('free their adapter when they end, and are told of when they are stopped', () => {
    const hive = hiveWith();
    hive.ok(ALICE, '/queen/ctl', { spawn: 'bus', adapter: 'plc-1' });
    const killed = hive.ok(ALICE, '/queen/ctl', { kill: 'worker-1' });
    expect(killed.effects).toEqual([
      expect.objectContaining({ kind: 'worker.stop', worker: 'worker-1', adapter: 'plc-1' }),
    ]);
    expect(adapterWorker(hive.state, 'plc-1')).toBeUndefined();
    expect(spawn(hive, { spawn: 'bus', adapter: 'plc-1' })).toBe('ok');
  });

  test('are not available without an adapter for them', () => {
    const hive = TestHive.booted(manifestWith((manifest) => (manifest.policy.enabled = false)));
    expect(['bus', 'lora'].map((kind) => spawn(hive, { spawn: kind }))).toEqual(['unsupported', 'unsupported']);
  });
});

describe('property: random lines', () => {
  const adapter = fc.constantFrom('plc-1', 'plc-2', 'rtu-1', 'none');
  const line = (path: fc.Arbitrary<string>, text: fc.Arbitrary<string>) => fc.record({ path, text });
  const tamper = fc.record({
    adapter: fc.constantFrom('radio-1', 'plc-1'),
    entries: fc.array(
      fc.record({ ts_ms: fc.nat(9), reason: fc.constantFrom('duty-cycle', 'other'), bytes: fc.nat(99) }),
      { maxLength: 5 },
    ),
  });
  const step = fc.oneof(
    line(
      adapter.map((name) => `/bus/${name}/link`),
      fc.constantFrom('online', 'offline', 'up'),
    ),
    line(
      adapter.map((name) => `/bus/${name}/ctl`),
      fc.constantFrom('x', 'base64:AQI=', 'base64:'),
    ),
    line(
      adapter.map((name) => `/bus/${name}/replay`),
      fc.oneof(
        fc.constant('now'),
        fc.nat(9).map((n) => `replay entries=${Math.min(n, 1)} bytes=${n} through=${n}`),
      ),
    ),
    line(
      fc.constant('/lora/radio-1/ctl'),
      fc.nat(60).map((n) => 'x'.repeat(n + 1)),
    ),
    line(
      fc.constant('/sys/lora/ctl'),
      tamper.map((value) => JSON.stringify({ tamper: value })),
    ),
    line(
      fc.constant('/queen/ctl'),
      fc.constantFrom(
        '{"spawn":"bus"}',
        '{"spawn":"lora"}',
        '{"spawn":"bus","adapter":"plc-2"}',
        '{"kill":"worker-1"}',
      ),
    ),
    fc.constantFrom({ path: 'boot', text: 'with' }, { path: 'boot', text: 'without' }),
  );
  const steps = fc.array(fc.record({ step, isHive: fc.boolean(), wait: fc.constantFrom(0, 1, 1000, 200_000) }), {
    maxLength: 60,
    size: 'max',
  });

  test('keep the invariants (checked after each), replay the same, and survive a snapshot', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const hive = hiveWith();
        let epoch = 1;
        for (const { step: next, isHive, wait } of all) {
          hive.at += wait;
          if (next.path === 'boot') hive.boot(++epoch, next.text === 'with' ? withAdapters() : manifestWith());
          else hive.run(isHive ? SYSTEM : ALICE, next.path, next.text);
        }
        expect(hive.replay()).toBe(hive.text());
        expect(stateText(stateFromText(hive.text()))).toBe(hive.text());
      }),
      { numRuns: 15 },
    );
  });
});
