// The past of a hive is the same at every door: what `/replay/at/<line>` tells, what it refuses, and that nobody writes there.

import type { HiveClient } from '@cohesix/client';
import type { Result } from '@cohesix/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOORS, type DoorName, quiet, type Stand, startStand } from './stand.ts';

let stand: Stand;
/** Number of the line that cordons. */
let cordon = 0;

beforeAll(async () => {
  stand = await startStand((manifest) => ({ ...quiet(manifest), policy: { ...manifest.policy, enabled: false } }));
  const queen = await clientAt('in process');
  for (const line of ['{"spawn":"heartbeat","ticks":9}', '{"spawn":"heartbeat","ticks":7}', '{"kill":"worker-2"}'])
    expect(await queen.append('/queen/ctl', `${line}\n`)).toMatchObject({ ok: true });
  expect(await queen.append('/queen/lifecycle/ctl', 'cordon\n')).toMatchObject({ ok: true });
  const log = await queen.read('/queen/lifecycle/ctl');
  cordon = (JSON.parse(textIn(log)) as { seq: number }).seq;
  await queen.close();
});

afterAll(async () => stand.stop());

async function clientAt(door: DoorName): Promise<HiveClient> {
  const client = await DOORS[door](stand, 'queen', stand.ticket('queen'));
  if (!client.ok) throw new Error(client.refusal.detail);
  return client.value;
}

function textIn(read: Result<Uint8Array>): string {
  return read.ok ? new TextDecoder().decode(read.value) : read.refusal.code;
}

/** What a door answers to everything here, lines in an order that goes back and forth. */
async function answersAt(door: DoorName): Promise<readonly string[]> {
  const client = await clientAt(door);
  const answers: string[] = [];
  const tell = (asked: string, answer: string): void => void answers.push(`${asked} ${answer}`);
  for (const line of [cordon, cordon - 1, 2, cordon, 1, 3]) {
    const root = `/replay/at/${line}`;
    for (const path of ['', '/worker', '/proc/lifecycle', '/nothing']) {
      const names = await client.list(`${root}${path}`);
      tell(`ls ${root}${path}`, names.ok ? names.value.join() : names.refusal.code);
    }
    for (const path of [
      '/proc/lifecycle/state',
      '/queen/ctl',
      '/worker/worker-2/info',
      '/proc/fleet',
      '/log/queen.log',
    ])
      tell(`cat ${root}${path}`, textIn(await client.read(`${root}${path}`)));
    const stat = await client.stat(`${root}/queen/ctl`);
    tell(`stat ${root}/queen/ctl`, stat.ok ? `${stat.value.kind} ${stat.value.mode.toString(8)}` : stat.refusal.code);
    const written = await client.append(`${root}/queen/ctl`, '{"kill":"worker-1"}\n');
    tell(`echo ${root}/queen/ctl`, written.ok ? 'ok' : written.refusal.code);
  }
  for (const line of ['0', '007', '99999'])
    tell(`cat ${line}`, textIn(await client.read(`/replay/at/${line}/proc/lifecycle/state`)));
  await client.close();
  return answers;
}

describe('the past', () => {
  it('is as it was', async () => {
    const answers = await answersAt('in process');
    expect(answers).toContain(`cat /replay/at/${cordon}/proc/lifecycle/state state=DRAINING\n`);
    expect(answers).toContain(`cat /replay/at/${cordon - 1}/proc/lifecycle/state state=ONLINE\n`);
    expect(answers).toContain('cat /replay/at/1/log/queen.log invalid-path');
    expect(answers).toContain('echo /replay/at/1/queen/ctl denied');
    expect(answers).toContain('stat /replay/at/2/queen/ctl view 444');
    expect(answers).toContain('cat 99999 invalid-path');
  });

  it.each(Object.keys(DOORS).filter((door) => door !== 'in process') as DoorName[])(
    'is the same over %s',
    async (door) => expect(await answersAt(door)).toEqual(await answersAt('in process')),
  );
});
