// One behaviour, many doors: the same script gives the same bytes in process, over 9P and over the console, each on a
// fresh hive. The console is also spoken to in bare frames, so that the hive's own lines are compared, not only what
// the client's shell makes of them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createShell, failureLines, type HiveClient, InProcessClient, runScriptText } from '@cohesix/client';
import { type Hive, startHive } from '@cohesix/node';
import type { Result } from '@cohesix/wire';
import { expect, it } from 'vitest';

const SCRIPT = readFileSync(new URL('../coh/regression.coh', import.meta.url), 'utf8');

interface Stand {
  readonly hive: Hive;
  readonly ticket: (name: 'queen' | 'approver') => string;
  readonly consoleToken: string;
  readonly stop: () => Promise<void>;
}

async function stand(): Promise<Stand> {
  const directory = mkdtempSync(join(tmpdir(), 'cohesix-doors-'));
  const started = await startHive({
    directory,
    adjust: (manifest) => ({
      ...manifest,
      listen: { ...manifest.listen, secure9p: '127.0.0.1:0', console: '127.0.0.1:0' },
      // The host worker's first line would make a stream's size depend on the time.
      workers: { ...manifest.workers, host_interval_ms: 600_000, heartbeat_interval_ms: 600_000 },
    }),
  });
  if (!started.ok) throw new Error(started.refusal.detail);
  const hive = started.value;
  const text = (path: string): string => readFileSync(path, 'utf8').trim();
  return {
    hive,
    ticket: (name) => text(name === 'queen' ? hive.paths.queenTicket : hive.paths.approverTicket),
    consoleToken: text(hive.paths.consoleToken),
    stop: async () => {
      await hive.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Door = (stand: Stand, ticket: string) => Promise<Result<HiveClient>>;

const DOORS: Readonly<Record<string, Door>> = {
  'in process': async ({ hive }, ticket) => {
    const session = hive.attach(ticket);
    return session.ok ? { ok: true, value: new InProcessClient(session.value) } : session;
  },
  '9P over TCP': async ({ hive }, ticket) => {
    const address = hive.addresses.secure9p as { host: string; port: number };
    return connect({ url: `9p://${address.host}:${address.port}`, role: 'queen', ticket });
  },
  '9P over the unix socket': async ({ hive }, ticket) =>
    connect({ url: `unix:${hive.addresses.socket ?? ''}`, role: 'queen', ticket }),
  console: async ({ hive, consoleToken }, ticket) => {
    const address = hive.addresses.console as { host: string; port: number };
    return connect({ url: `console://${address.host}:${address.port}`, role: 'queen', ticket, consoleToken });
  },
};

async function transcriptOf(door: Door): Promise<string[]> {
  const place = await stand();
  try {
    const client = await door(place, place.ticket('queen'));
    const approver = await door(place, place.ticket('approver'));
    if (!client.ok) throw new Error(client.refusal.detail);
    if (!approver.ok) throw new Error(approver.refusal.detail);
    let nextId = 1;
    const shell = createShell({ client: client.value, approver: approver.value, newId: () => `id-${nextId++}` });
    const lines: string[] = [];
    const report = await runScriptText(SCRIPT, shell, { transcript: (line) => lines.push(line) });
    if (!report.ok) throw new Error(report.refusal.detail);
    if (report.value.failure !== undefined) throw new Error(failureLines(report.value.failure).join('\n'));
    await client.value.close();
    await approver.value.close();
    return lines;
  } finally {
    await place.stop();
  }
}

it('gives byte-identical transcripts at every door', { timeout: 120_000 }, async () => {
  const transcripts = new Map<string, string[]>();
  for (const [name, door] of Object.entries(DOORS)) transcripts.set(name, await transcriptOf(door));
  const first = transcripts.get('in process') ?? [];
  expect(first.length).toBeGreaterThan(80);
  for (const [name, lines] of transcripts) expect(lines, name).toEqual(first);
});

/** Sends console commands in bare frames and collects the lines of the answers. */
async function rawConsole(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = dial(port, '127.0.0.1');
  const answers: string[] = [];
  let held = Buffer.alloc(0);
  for (const line of lines) {
    const payload = Buffer.from(line);
    const frame = Buffer.alloc(4 + payload.length);
    frame.writeUInt32LE(frame.length);
    payload.copy(frame, 4);
    socket.write(frame);
  }
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk as Buffer]);
    while (held.length >= 4 && held.length >= held.readUInt32LE(0)) {
      const size = held.readUInt32LE(0);
      answers.push(held.toString('utf8', 4, size));
      held = held.subarray(size);
    }
  }
  return answers;
}

it('the hive’s own console lines are those of the shell over 9P', { timeout: 60_000 }, async () => {
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
    'whoami',
    'quit',
  ];
  const place = await stand();
  try {
    const { port } = place.hive.addresses.console as { port: number };
    const head = [`AUTH ${place.consoleToken}`, `ATTACH queen ${place.ticket('queen')}`];
    const raw = await rawConsole(port, [...head, ...commands]);
    expect(raw.slice(0, 2)).toEqual(['OK AUTH', 'OK ATTACH role=queen']);
    const client = await (DOORS['9P over TCP'] as Door)(place, place.ticket('queen'));
    if (!client.ok) throw new Error(client.refusal.detail);
    const shell = createShell({ client: client.value });
    const lines: string[] = [];
    for (const command of commands) await shell.execute(command, (line) => lines.push(line));
    await client.value.close();
    expect(raw.slice(2)).toEqual(lines);
  } finally {
    await place.stop();
  }
});
