// coh spool and coh settings, against a real hive, and on its data directory when it does not run.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { recordsIn } from '../src/spool-records.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

const hives: LiveHive[] = [];
afterEach(async () => {
  for (const live of hives.splice(0)) await live.stop();
});

async function spooling(change: { readonly mode?: 'refuse' | 'overwrite_acked' } = {}): Promise<LiveHive> {
  const live = await liveHive((manifest) => ({
    ...manifest,
    workers: { ...manifest.workers, start: [] },
    policy: { ...manifest.policy, enabled: false },
    spool: { ...manifest.spool, enable: true, bytes: 65_536, record_bytes_max: 64, records_max: 4, ...change },
  }));
  hives.push(live);
  return live;
}

describe('coh spool', () => {
  it('appends words and any bytes, shows them, and acknowledges', async () => {
    const live = await spooling();
    expect(await live.json(['spool', 'append', 'two', 'words'])).toEqual({ records: 1, bytes: 9, last_seq: 1 });
    const bytes = Uint8Array.of(0xff, 0x0a, 0x00);
    expect((await live.coh(['spool', 'append', '-'], { stdin: bytes })).stdout).toBe(
      'appended 3 bytes; they are on the disk\n',
    );
    const shown = (await live.coh(['spool', 'read'])).stdout;
    expect(shown).toMatch(
      /^1 {2}\d{4}-\S+Z {2}record {2}9 bytes {2}two words\n2 {2}\S+ {2}record {2}3 bytes {2}base64:\/woA\n$/,
    );
    const { stdout } = await live.coh(['spool', 'read', '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { seq: 1, ts_ms: expect.any(Number), kind: 'record', bytes: 9, text: 'two words' },
      { seq: 2, ts_ms: expect.any(Number), kind: 'record', bytes: 3, base64: '/woA' },
    ]);
    expect(await live.json(['spool', 'ack', '1'])).toEqual({ acked: 1 });
    expect((await live.coh(['spool', 'read', '--raw', '--ack'])).stdout).toBe(Buffer.from(bytes).toString());
    expect((await live.coh(['spool', 'read'])).stdout).toBe('nothing waits\n');
    expect(await live.json(['spool', 'status'])).toMatchObject({
      state: 'ready',
      records: 0,
      next_seq: 3,
      ack_cursor: 2,
    });
  });

  it('--lines makes a record of each line, and of what is left', async () => {
    const live = await spooling();
    const told = await live.coh(['spool', 'append', '--lines', '-'], { stdin: 'one\n\nthree' });
    expect(told.stdout).toBe('appended 3 records of 10 bytes; they are on the disk\n');
    const { stdout } = await live.coh(['spool', 'read', '--json']);
    expect([...stdout.matchAll(/"text":"([^"]*)"/g)].map(([, text]) => text)).toEqual(['one\\n', '\\n', 'three']);
    expect((await live.coh(['spool', 'append', '--lines', 'x'])).exit).toBe(2);
  });

  it('--limit with --ack acknowledges what was shown and no more', async () => {
    const live = await spooling();
    for (const text of ['a', 'b', 'c']) await live.coh(['spool', 'append', text]);
    await live.coh(['spool', 'read', '--limit', '2', '--ack']);
    expect((await live.coh(['spool', 'read'])).stdout).toMatch(/^3 .* c\n$/);
  });

  it('a sensor has a ticket that appends, and nothing else', async () => {
    const live = await spooling();
    const out = join(live.hive.paths.root, 'sensor.ticket');
    const mint = [
      'ticket',
      'mint',
      '--role',
      'queen',
      '--subject',
      'sensor',
      '--scope',
      '/proc/spool/append:w',
      '--out',
      out,
    ];
    expect((await live.coh(mint)).exit).toBe(0);
    expect(await live.json(['--ticket', out, 'spool', 'append', 'x'])).toEqual({ records: 1, bytes: 1 });
    for (const argv of [['read'], ['ack', '1'], ['status']])
      expect((await live.refused(['--ticket', out, 'spool', ...argv])).exit, argv.join(' ')).not.toBe(0);
    expect((await live.coh(['spool', 'read'])).stdout).toMatch(/ x\n$/);
  });

  it('says what is refused, with the bound and the way out', async () => {
    const live = await spooling();
    expect(await live.refused(['spool', 'append', 'x'.repeat(65)])).toMatchObject({
      exit: 1,
      said: 'coh: cannot append (too-big)',
      advice: expect.stringContaining('A record has 65 bytes; this spool takes 64.'),
    });
    expect(await live.refused(['spool', 'ack', '1'])).toMatchObject({
      said: 'coh: cannot acknowledge record 1 (not-found)',
    });
    for (const text of ['a', 'b', 'c', 'd']) await live.coh(['spool', 'append', text]);
    expect(await live.refused(['spool', 'append', 'e'])).toMatchObject({
      exit: 6,
      said: 'coh: cannot append (buffer-full)',
      advice: expect.stringMatching(/spool\.records_max[\s\S]*coh.* spool read[\s\S]*coh.* spool ack RECORD/),
    });
    expect((await live.coh(['spool', 'ack', 'x'])).exit).toBe(2);
  });

  it('tells how to turn it on', async () => {
    const live = await liveHive();
    hives.push(live);
    for (const argv of [['append', 'x'], ['read'], ['ack', '1']])
      expect(await live.refused(['spool', ...argv])).toMatchObject({
        advice: expect.stringContaining('in hive.toml [spool] enable = true'),
      });
    expect((await live.coh(['spool', 'status'])).stdout).toBe('state  off\n');
  });

  it('init, adopt and inspect work on the data directory, and not under a hive that runs', async () => {
    const [live, other] = [await spooling(), await spooling()];
    await other.coh(['spool', 'append', 'theirs']);
    const file = join(live.hive.paths.root, 'spool', 'ring');
    for (const argv of [['init', '--force'], ['adopt']])
      expect(await live.refused(['spool', ...argv])).toMatchObject({
        exit: 6,
        advice: expect.stringContaining('Stop the hive'),
      });
    await live.hive.stop();
    copyFileSync(join(other.hive.paths.root, 'spool', 'ring'), file);
    const theirs = await live.json(['spool', 'inspect', file]);
    expect(theirs).toMatchObject({
      records: 1,
      next_seq: 2,
      ack_cursor: 0,
      torn: 'no',
      hive: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(await live.json(['spool', 'adopt'])).toEqual({ path: file, from: theirs.hive });
    expect(await live.json(['spool', 'inspect', file])).not.toMatchObject({ hive: theirs.hive });
    expect(await live.refused(['spool', 'init'])).toMatchObject({
      exit: 7,
      advice: expect.stringContaining('--force'),
    });
    expect(await live.json(['spool', 'init', '--force'])).toMatchObject({ path: file, bytes: expect.any(Number) });
    expect(await live.json(['spool', 'inspect', file])).toMatchObject({ records: 0, next_seq: 1 });
    expect(await live.refused(['spool', 'inspect', live.hive.paths.manifest])).toMatchObject({
      advice: expect.stringContaining('is no spool, or a damaged one'),
    });
  });
});

describe('the text of a spool', () => {
  async function* cut(text: Buffer, size: number): AsyncIterable<Uint8Array> {
    for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
  }

  it('gives the same records in whatever pieces it comes, marks of loss among them', async () => {
    const text = Buffer.from(
      'seq=1 ts=5 kind=record bytes=4\na\nb\n~ lost seq=2 records=3\nseq=5 ts=6 kind=bus bytes=2\nxy\n',
    );
    for (let size = 1; size <= text.length; size++) {
      const records: unknown[] = [];
      for await (const record of recordsIn(cut(text, size))) records.push(record);
      expect(records).toEqual([
        { seq: 1, ts_ms: 5, kind: 'record', bytes: 4, payload: Uint8Array.from(Buffer.from('a\nb\n')) },
        { seq: 2, lost: 3 },
        { seq: 5, ts_ms: 6, kind: 'bus', bytes: 2, payload: Uint8Array.from(Buffer.from('xy')) },
      ]);
    }
  });
});

describe('coh settings', () => {
  it('sets, gets, lists and takes away', async () => {
    const live = await spooling();
    expect((await live.coh(['settings', 'list'])).stdout).toBe('no settings\n');
    expect(await live.json(['settings', 'set', 'site', 'lab 3'])).toEqual({ set: { site: 'lab 3' } });
    expect((await live.coh(['settings', 'set', 'uplink', 'lte'])).stdout).toBe('set uplink\n');
    expect((await live.coh(['settings', 'get', 'site'])).stdout).toBe('lab 3\n');
    expect((await live.coh(['settings', 'list'])).stdout).toBe('site    lab 3\nuplink  lte\n');
    expect((await live.coh(['settings', 'unset', 'uplink'])).stdout).toBe('took away uplink\n');
    expect(await live.json(['settings', 'list'])).toEqual({ settings: { site: 'lab 3' } });
    expect(await live.json(['settings', 'status'])).toMatchObject({ revision: 3 });
  });

  it('says what is wrong', async () => {
    const live = await spooling();
    expect(await live.refused(['settings', 'get', 'nope'])).toMatchObject({
      exit: 1,
      said: 'coh: cannot get nope (not-found)',
    });
    expect(await live.refused(['settings', 'get', 'constructor'])).toMatchObject({
      said: 'coh: cannot get constructor (not-found)',
    });
    expect(await live.refused(['settings', 'set', 'Site', 'x'])).toMatchObject({
      exit: 2,
      said: 'coh: cannot set Site (invalid-payload)',
      advice: expect.stringContaining('1 to 64 of a-z, 0-9, . _ and -'),
    });
    expect(await live.refused(['settings', 'adopt'])).toMatchObject({ exit: 6 });
  });
});
