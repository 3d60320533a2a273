// A made-up host: every provider's states out of seeded numbers, and orders that work. For tests, tours and looking around; nothing
// of it is measured, and the same seed gives the same lines.

import type { HostOrder } from './host-order.ts';
import type { HostMembers, HostSource, OrderOutcome, StatusLine } from './host-source.ts';
import { statusText } from './status-text.ts';

/** What a made-up host has. */
const MEMBERS: HostMembers = {
  units: ['cohesix-agent.service', 'ssh.service'],
  nodes: ['node-1'],
  gpus: ['GPU-0', 'GPU-1'],
  interfaces: ['eth0', 'lo'],
};

/** The GPUs of contracts-1 4.8. */
const GPU_MEMORY_MB: Readonly<Record<string, number>> = { 'GPU-0': 24_576, 'GPU-1': 8192 };

/** States that systemd has for a unit. */
interface UnitState {
  readonly state: string;
  readonly sub: string;
}

const RUNNING: UnitState = { state: 'active', sub: 'running' };
const STARTING: UnitState = { state: 'activating', sub: 'start' };
const DEAD: UnitState = { state: 'inactive', sub: 'dead' };

/** What of a GPU is set, and not made up anew each time. */
const POWER_CAP_W = 250;

export class MockHost implements HostSource {
  readonly members: HostMembers;
  readonly #random: () => number;
  readonly #units = new Map<string, UnitState>();
  readonly #nodes = new Map<string, string>();
  readonly #caps = new Map<string, number>();
  #containers = { running: 3, stopped: 1 };

  /** `seed`: a whole number; equal ones give equal hosts. */
  constructor(seed: number, members: HostMembers = MEMBERS) {
    this.members = members;
    this.#random = randomOf(seed);
  }

  sample(provider: string): Promise<readonly StatusLine[]> {
    return Promise.resolve(this.#sampleOf(provider));
  }

  #sampleOf(provider: string): readonly StatusLine[] {
    const { units, nodes, gpus, interfaces } = this.members;
    switch (provider) {
      case 'systemd':
        return units.map((unit) => this.#unit(unit));
      case 'k8s':
        return nodes.map((node) => this.#node(node));
      case 'docker':
        return [this.#docker()];
      case 'nvidia':
        return gpus.flatMap((gpu) => this.#gpu(gpu));
      case 'net':
        return interfaces.map((name) => this.#interface(name));
      case 'jetson':
        return this.#jetson();
      default:
        return [];
    }
  }

  #unit(unit: string): StatusLine {
    return { file: `systemd/${unit}/status`, line: statusText({ ...(this.#units.get(unit) ?? RUNNING) }) };
  }

  #node(node: string): StatusLine {
    const fields = { state: this.#nodes.get(node) ?? 'ready', role: 'worker', version: 'v1.34.2' };
    return { file: `k8s/node/${node}/status`, line: statusText(fields) };
  }

  #docker(): StatusLine {
    const { running, stopped } = this.#containers;
    const fields = { version: '28.5.1', containers: running + stopped, running, paused: 0, stopped };
    return { file: 'docker/status', line: statusText(fields) };
  }

  #gpu(gpu: string): readonly StatusLine[] {
    const total = GPU_MEMORY_MB[gpu] ?? 8192;
    const cap = this.#caps.get(gpu) ?? POWER_CAP_W;
    const load = this.#between(0, 100);
    const celsius = 35 + Math.round(load / 2);
    const fields = {
      util_pct: load,
      mem_used_mb: Math.round((total * this.#between(5, 95)) / 100),
      mem_total_mb: total,
      temp_c: celsius,
      power_w: Math.min(cap, 40 + Math.round((cap * load) / 110)),
    };
    return [
      { file: `nvidia/gpu/${gpu}/status`, line: statusText(fields) },
      { file: `nvidia/gpu/${gpu}/thermal`, line: statusText({ temp_c: celsius }) },
    ];
  }

  #interface(name: string): StatusLine {
    const addresses = name === 'lo' ? '127.0.0.1' : '192.0.2.10';
    const fields = { link: 'up', addresses, rx_bytes: this.#between(0, 1e9), tx_bytes: this.#between(0, 1e9) };
    return { file: `net/${name}/status`, line: statusText(fields) };
  }

  #jetson(): readonly StatusLine[] {
    const celsius = this.#between(38, 60);
    const fields = { state: 'ok', mode: '15W', util_pct: this.#between(0, 100), power_w: this.#between(4, 15) };
    return [
      { file: 'jetson/status', line: statusText(fields) },
      { file: 'jetson/thermal', line: statusText({ temp_c: celsius }) },
    ];
  }

  #between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  async carryOut(order: HostOrder, tell: (status: StatusLine) => Promise<void>): Promise<OrderOutcome> {
    const { control, member = '', value } = order;
    switch (control) {
      case 'systemd.start':
      case 'systemd.restart':
        this.#units.set(member, STARTING);
        await tell(this.#unit(member));
        return this.#unitIs(member, RUNNING, tell);
      case 'systemd.stop':
        return this.#unitIs(member, DEAD, tell);
      case 'k8s.cordon':
      case 'k8s.drain':
        this.#nodes.set(member, control === 'k8s.drain' ? 'drained' : 'cordoned');
        await tell(this.#node(member));
        return done(this.#nodes.get(member) ?? '');
      case 'docker.restart':
        return done(`restarted ${value}`);
      case 'docker.stop':
        return this.#stopContainer(value, tell);
      case 'nvidia.power_cap':
        this.#caps.set(member, Number(value));
        for (const status of this.#gpu(member)) await tell(status);
        return done(`power cap ${value} W`);
      default:
        return { state: 'failed', message: `a made-up host does not do ${control}` };
    }
  }

  async #unitIs(unit: string, is: UnitState, tell: (status: StatusLine) => Promise<void>): Promise<OrderOutcome> {
    this.#units.set(unit, is);
    await tell(this.#unit(unit));
    return done(is.state);
  }

  async #stopContainer(name: string, tell: (status: StatusLine) => Promise<void>): Promise<OrderOutcome> {
    const { running, stopped } = this.#containers;
    if (running === 0) return { state: 'failed', message: `no container ${name} runs` };
    this.#containers = { running: running - 1, stopped: stopped + 1 };
    await tell(this.#docker());
    return done(`stopped ${name}`);
  }
}

function done(message: string): OrderOutcome {
  return { state: 'done', message };
}

/** Numbers from 0 up to 1 (mulberry32, a public-domain generator of 32 bits of state): not for anything but making things up. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
