// A recording made by `coh sh --record` of a real hive, played: at each moment it tells what the recorded session had seen until then.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeTrace } from '@cohesix/client/core';
import { openRecording, type TracePlayer } from '@cohesix/swarmui/recordings';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_APPROVALS, startHive } from '../support/hive.ts';
import { runTool } from '../support/tool.ts';

const COH = fileURLToPath(new URL('../../apps/coh/src/main.ts', import.meta.url));
const RECORD_MS = 60_000;
const SCRIPT = [
  'cat /proc/boot',
  'ls /queen',
  'ls /worker',
  'stat /queen/ctl',
  'cat /nope',
  'follow /audit/journal',
  'echo /queen/ctl {"spawn":"heartbeat","ticks":1000}',
  'ls /worker',
  'stop',
];

let bytes: Uint8Array<ArrayBuffer>;
/** What the shell printed: what a player must say too. */
let printed: string;

beforeAll(async () => {
  const hive = await startHive({ manifest: NO_APPROVALS });
  const lines = join(hive.data, 'lines');
  const trace = join(hive.data, 'a.trace');
  writeFileSync(lines, SCRIPT.map((line) => `${line}\n`).join(''));
  const command = `${process.execPath} ${COH} sh --data ${hive.data} --record ${trace} < ${lines}`;
  const ran = await runTool('/bin/sh', ['-c', command], RECORD_MS);
  printed = ran.stdout;
  bytes = new Uint8Array(readFileSync(trace));
  await hive.stop();
});

afterAll(() => {
  bytes = new Uint8Array();
});

function fileOf(content: Uint8Array<ArrayBuffer>, name = 'a.trace') {
  return { name, size: content.length, arrayBuffer: async () => content.buffer };
}

async function opened(): Promise<TracePlayer> {
  const player = await openRecording(fileOf(bytes));
  if (!player.ok) throw new Error(player.refusal.detail);
  return player.value;
}

const text = (content: Uint8Array): string => new TextDecoder().decode(content);

/** Lines of the shell between the acknowledgement of a line and END. */
function bodyOf(ack: string, nth = 0): string[] {
  const lines = printed.split('\n');
  const at = lines.map((line, index) => (line.startsWith(ack) ? index : -1)).filter((index) => index >= 0)[nth] ?? -1;
  return lines.slice(at + 1, lines.indexOf('END', at));
}

describe('a recording that is played', () => {
  test('says at its end what the shell printed', async () => {
    const player = await opened();
    const client = player.client();
    player.moveTo(player.length);
    const boot = await client.read('/proc/boot');
    expect(boot.ok && text(boot.value)).toBe(`${bodyOf('OK CAT path=/proc/boot').join('\n')}\n`);
    expect(await client.list('/queen')).toEqual({ ok: true, value: bodyOf('OK LS path=/queen') });
    expect(await client.stat('/queen/ctl')).toMatchObject({ ok: true, value: { kind: 'control' } });
    expect(client.role).toBe('queen');
  });

  test('knows at each moment what was seen until then, back and forth', async () => {
    const player = await opened();
    const client = player.client();
    const workers = async (): Promise<readonly string[] | string> => {
      const names = await client.list('/worker');
      return names.ok ? names.value : names.refusal.detail;
    };
    expect(await workers()).toMatch(/^The recording does not hold it yet: \/worker comes with exchange \d+\.$/);
    const heard: (readonly string[])[] = [];
    for (let at = 0; at <= player.length; at += 1) {
      player.moveTo(at);
      const now = await workers();
      if (typeof now !== 'string' && now.length !== heard.at(-1)?.length) heard.push(now);
    }
    expect(heard).toEqual([bodyOf('OK LS path=/worker'), bodyOf('OK LS path=/worker', 1)]);
    expect(heard[1]?.length).toBe((heard[0]?.length ?? 0) + 1);
    player.moveTo(0);
    expect(await workers()).toContain('not hold it yet');
  });

  test('refuses as the hive did, and in words what it does not hold', async () => {
    const player = await opened();
    player.moveTo(player.length);
    const client = player.client();
    expect(await client.read('/nope')).toMatchObject({ ok: false, refusal: { code: 'invalid-path' } });
    const other = await client.read('/proc/never');
    expect(other).toEqual({
      ok: false,
      refusal: { code: 'not-found', detail: 'The recording does not hold it: /proc/never.' },
    });
    expect(await client.append('/queen/ctl', '{}')).toMatchObject({ ok: false, refusal: { code: 'unsupported' } });
  });

  test('yields of a stream what comes as the playhead goes on, once', async () => {
    const player = await opened();
    const followed = await player.client().follow('/audit/journal', { from: 0n });
    if (!followed.ok) throw new Error(followed.refusal.detail);
    let heard = '';
    const done = (async () => {
      for await (const chunk of followed.value) heard += text(chunk);
    })();
    for (let at = 0; at <= player.length; at += 1) {
      player.moveTo(at);
      await Promise.resolve();
    }
    await expect.poll(() => heard).toContain('heartbeat');
    followed.value.stop();
    await done;
    const lines = heard.split('\n').filter((line) => line.includes('"spawn'));
    expect(new Set(lines).size).toBe(lines.length);
    expect(player.view.appended.map(({ path, text: line }) => `${path} ${line.trim()}`)).toEqual([
      '/queen/ctl {"spawn":"heartbeat","ticks":1000}',
    ]);
  });
});

describe('a file that is no recording', () => {
  test('is refused with what is wrong with it', async () => {
    const damaged = bytes.slice();
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    const why = async (content: Uint8Array<ArrayBuffer>): Promise<string> => {
      const result = await openRecording(fileOf(content, 'x.trace'));
      return result.ok ? 'opened' : result.refusal.detail;
    };
    expect(await why(damaged)).toBe(
      'x.trace: The trace was altered or is damaged: its SHA-256 is not that of its content.',
    );
    expect(await why(new Uint8Array(10))).toBe('x.trace: The trace ends too early.');
    expect(await why(new Uint8Array((1 << 20) + 1))).toBe('x.trace: A trace has at most 1048576 bytes.');
    const empty = encodeTrace({ exchanges: [], acks: [] }, nodeTicketCrypto.sha256);
    expect(empty.ok && (await why(new Uint8Array(empty.value)))).toBe('x.trace holds no exchanges.');
  });
});
