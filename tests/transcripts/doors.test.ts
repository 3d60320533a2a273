// The hive's own console lines, in bare frames: not only what the client's shell makes of them is the same at every door.
// (Scripts at every door: `tests/coh`.)

import { createShell } from '@cohesix/client';
import { expect, it } from 'vitest';
import { rawConsole } from './raw-console.ts';
import { type Adjust, DOORS, quiet, type Stand, startStand } from './stand.ts';

const noApprovals: Adjust = (manifest) => ({ ...quiet(manifest), policy: { ...manifest.policy, enabled: false } });

it.each([
  ['with approvals', quiet],
  ['without', noApprovals],
])('the hive’s own console lines are those of the shell over 9P, %s', { timeout: 60_000 }, async (_, adjust) => {
  const commands = [
    'ping',
    'ls /',
    'cat /proc/boot',
    'tail /proc/bounds 3',
    'stat /queen/ctl',
    'cat /nope',
    'ls /proc/boot',
    'echo /proc/boot x',
    'echo /queen/ctl {"spawn":"heartbeat","ticks":1}',
    'spawn {"spawn":"heartbeat","ticks":1}',
    'kill worker-9',
    'bind /proc /shadow',
    'cat /shadow/boot',
    'bind /nowhere /x',
    'bind /proc',
    'mount logs /logs',
    'mount nothing /logs',
    'test --mode quick',
    'test --mode smp',
    'test --mode fast',
    'whoami',
    'quit',
  ];
  const raw = await withStand(adjust, (place) => rawAnswers(place, commands));
  expect(raw.slice(0, 2)).toEqual(['OK AUTH', 'OK ATTACH role=queen']);
  expect(raw.slice(2)).toEqual(await withStand(adjust, (place) => shellAnswers(place, commands)));
});

async function withStand(adjust: Adjust, use: (place: Stand) => Promise<string[]>): Promise<string[]> {
  const place = await startStand(adjust);
  try {
    return await use(place);
  } finally {
    await place.stop();
  }
}

function rawAnswers(place: Stand, commands: readonly string[]): Promise<string[]> {
  const { port } = place.hive.addresses.console as { port: number };
  return rawConsole(port, [`AUTH ${place.consoleToken}`, `ATTACH queen ${place.ticket('queen')}`, ...commands]);
}

async function shellAnswers(place: Stand, commands: readonly string[]): Promise<string[]> {
  const client = await DOORS['9P over TCP'](place, 'queen', place.ticket('queen'));
  if (!client.ok) throw new Error(client.refusal.detail);
  const shell = createShell({ client: client.value });
  const lines: string[] = [];
  for (const command of commands) await shell.execute(command, (line) => lines.push(line));
  await client.value.close();
  return lines;
}
