// The made-up host: the same numbers for the same seed, the shapes of contracts-1 4.9, and orders that leave a mark.

import { describe, expect, test } from 'vitest';
import { type HostOrder, MockHost, type StatusLine } from '../src/index.ts';

const PROVIDERS = ['systemd', 'k8s', 'docker', 'nvidia', 'net', 'jetson'];

async function all(host: MockHost): Promise<readonly StatusLine[]> {
  return (await Promise.all(PROVIDERS.map((provider) => host.sample(provider)))).flat();
}

function order(control: string, member: string | undefined, value = 'x'): HostOrder {
  return { id: 'o1', entry: 1, host: 'h', control, member, value };
}

test('the same seed says the same, another something else', async () => {
  const [one, same, other] = [new MockHost(1), new MockHost(1), new MockHost(2)];
  expect(await all(same)).toEqual(await all(one));
  expect(await all(other)).not.toEqual(await all(new MockHost(1)));
  expect(await one.sample('nothing')).toEqual([]);
});

test('every line has the words of its file', async () => {
  const words = (await all(new MockHost(3))).map(({ file, line }) => `${file}: ${line.replace(/=\S+/g, '=')}`);
  const gpu = 'util_pct= mem_used_mb= mem_total_mb= temp_c= power_w=';
  expect(words).toEqual([
    'systemd/cohesix-agent.service/status: state= sub=',
    'systemd/ssh.service/status: state= sub=',
    'k8s/node/node-1/status: state= role= version=',
    'docker/status: version= containers= running= paused= stopped=',
    `nvidia/gpu/GPU-0/status: ${gpu}`,
    'nvidia/gpu/GPU-0/thermal: temp_c=',
    `nvidia/gpu/GPU-1/status: ${gpu}`,
    'nvidia/gpu/GPU-1/thermal: temp_c=',
    'net/eth0/status: link= addresses= rx_bytes= tx_bytes=',
    'net/lo/status: link= addresses= rx_bytes= tx_bytes=',
    'jetson/status: state= mode= util_pct= power_w=',
    'jetson/thermal: temp_c=',
  ]);
});

test('numbers are within what the thing can have', async () => {
  const host = new MockHost(4);
  for (let look = 0; look < 200; look++) {
    const [line = ''] = (await host.sample('nvidia')).map((status) => status.line);
    const [, load, used, total, , watts] =
      /^util_pct=(\d+) mem_used_mb=(\d+) mem_total_mb=(\d+) temp_c=(\d+) power_w=(\d+)$/.exec(line) ?? [];
    expect(Number(load)).toBeLessThanOrEqual(100);
    expect(Number(used)).toBeLessThanOrEqual(Number(total));
    expect(Number(watts)).toBeLessThanOrEqual(250);
  }
});

describe('an order', () => {
  async function done(host: MockHost, what: HostOrder): Promise<readonly string[]> {
    const told: string[] = [];
    const outcome = await host.carryOut(what, async ({ line }) => void told.push(line));
    return [...told, `${outcome.state}: ${outcome.message}`];
  }

  test('starts, restarts and stops a unit, step by step', async () => {
    const host = new MockHost(1);
    const started = ['state=activating sub=start', 'state=active sub=running', 'done: active'];
    expect(await done(host, order('systemd.restart', 'ssh.service'))).toEqual(started);
    expect(await done(host, order('systemd.stop', 'ssh.service'))).toEqual([
      'state=inactive sub=dead',
      'done: inactive',
    ]);
    expect((await host.sample('systemd')).map(({ line }) => line)).toEqual([
      'state=active sub=running',
      'state=inactive sub=dead',
    ]);
    expect(await done(host, order('systemd.start', 'ssh.service'))).toEqual(started);
  });

  test('about a node, a container, a GPU stays', async () => {
    const host = new MockHost(1);
    expect(await done(host, order('k8s.cordon', 'node-1'))).toEqual([
      'state=cordoned role=worker version=v1.34.2',
      'done: cordoned',
    ]);
    for (const running of [2, 1, 0])
      expect((await done(host, order('docker.stop', undefined, 'web')))[0]).toContain(` running=${running} `);
    expect(await done(host, order('docker.stop', undefined, 'web'))).toEqual(['failed: no container web runs']);
    await done(host, order('nvidia.power_cap', 'GPU-1', '60'));
    for (let look = 0; look < 50; look++) {
      const line = (await host.sample('nvidia')).find(({ file }) => file === 'nvidia/gpu/GPU-1/status')?.line ?? '';
      expect(Number(/power_w=(\d+)/.exec(line)?.[1])).toBeLessThanOrEqual(60);
    }
  });

  test('that it does not know fails', async () => {
    expect(await done(new MockHost(1), order('jetson.fly', undefined))).toEqual([
      'failed: a made-up host does not do jetson.fly',
    ]);
  });
});
