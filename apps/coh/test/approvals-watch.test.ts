// coh approvals --watch: requests as they come and go, and decided by number at a terminal.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../src/io.ts';
import { runCoh } from '../src/run.ts';
import { type CapturedIo, capturedIo, coh } from './captured-io.ts';
import { type LiveHive, liveHive } from './live-hive.ts';

let live: LiveHive;
const folder = mkdtempSync(join(tmpdir(), 'coh-watch-'));
const KEY = join(folder, 'signer.json');

beforeAll(async () => {
  const printed = await coh(['policy', 'sign', '--key', KEY, '--print-key']);
  const signers = [printed.stdout.trim()];
  live = await liveHive((manifest) => ({ ...manifest, policy: { ...manifest.policy, signers } }));
});
afterAll(async () => {
  await live.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks for an approval as the queen, as `coh spawn --wait` does. */
async function ask(id: string, ttlS = 600): Promise<void> {
  const line = { id, target: '/queen/ctl', line: `{"budget":{"ops":${ttlS}}}`, decision: 'request', ttl_s: ttlS };
  expect((await live.coh(['echo', '/actions/queue', JSON.stringify(line)])).exit).toBe(0);
}

describe('--watch', () => {
  it('tells each request as it comes and goes, in JSON one object an event', async () => {
    const beside = live.beside();
    const watching = runCoh(['approvals', '--watch', '--json'], beside.io);
    await ask('one');
    await beside.until('"event":"asked","id":"one"');
    expect((await live.coh(['approve', 'one'])).exit).toBe(0);
    await beside.until('"event":"ended","id":"one"');
    await ask('two');
    await beside.until('"id":"two"');
    expect((await live.coh(['deny', 'two'])).exit).toBe(0);
    await beside.until('"event":"ended","id":"two"');
    beside.signal('SIGINT');
    expect(await watching).toBe(0);
    const events = beside.stdout().trim().split('\n');
    expect(events.map((text) => JSON.parse(text) as object)).toMatchObject([
      { event: 'asked', id: 'one', target: '/queen/ctl', needs: 1 },
      { event: 'ended', id: 'one', state: 'queued', decided_by: 'approver' },
      { event: 'asked', id: 'two' },
      { event: 'ended', id: 'two', state: 'denied', decided_by: 'approver' },
    ]);
  });

  it('tells a request that nobody answered as expired', async () => {
    const beside = live.beside();
    const watching = runCoh(['approvals', '--watch', '--json'], beside.io);
    await ask('short', 1);
    await beside.until('"event":"ended","id":"short","state":"expired"');
    beside.signal('SIGTERM');
    expect(await watching).toBe(0);
  });

  it('at a terminal decides by number; a number stays with its request', async () => {
    const { io, typed, until, stdout } = terminal();
    const watching = runCoh(['approvals', '--watch'], io);
    await until('no open requests; waiting');
    await ask('first');
    await until('1  first  by queen');
    await ask('second');
    await until('2  second  by queen');
    typed.write('a 1\n');
    await until('-  first  approved by approver');
    typed.write('d 1\n');
    await until('no open request has the number 1');
    typed.write('what\n');
    await until('a NUMBER approves, d NUMBER denies, q leaves\n');
    typed.write('d2\n');
    await until('-  second  denied by approver');
    typed.write('q\n');
    expect(await watching).toBe(0);
    expect(stdout()).toContain('/queen/ctl {"budget":{"ops":600}}');
  });

  it('says why a decision is refused, and goes on', async () => {
    const { io, typed, until } = terminal();
    const own = { ...io, env: { ...io.env, COH_TICKET: live.hive.paths.queenTicket } };
    const watching = runCoh(['approvals', '--watch'], own);
    await ask('mine');
    await until('1  mine');
    typed.write('a 1\n');
    await until('cannot approve mine (denied): Request mine is your own');
    typed.end();
    expect(await watching).toBe(0);
  });
});

describe('a rule that asks for two', () => {
  it('is told how far its approvals are, and by whom', async () => {
    const folder = live.hive.paths.root;
    for (const name of ['ann', 'ben']) {
      const minted = ['ticket', 'mint', '--role', 'queen', '--subject', name, '--out', `${folder}/${name}.ticket`];
      expect((await live.coh(minted)).exit).toBe(0);
    }
    await twoFor('/queen/ctl');
    const beside = live.beside();
    const watching = runCoh(['approvals', '--watch', '--json'], beside.io);
    await ask('both');
    await beside.until('"id":"both"');
    const first = await live.coh(['approve', 'both', '--unchanged', '--ticket', `${folder}/ann.ticket`]);
    expect(first.stdout).toContain('1 more must approve it: ./coh approve both');
    await beside.until('"event":"approved","id":"both","needs":2,"approved_by":["ann"]');
    expect((await live.coh(['approvals'])).stdout).toContain('approved by 1 of 2 (ann)');
    const second = await live.coh(['approve', 'both', '--ticket', `${folder}/ben.ticket`]);
    expect(second.stdout).not.toContain('must approve');
    await beside.until('"event":"ended","id":"both","state":"queued","decided_by":"ben"');
    beside.signal('SIGINT');
    expect(await watching).toBe(0);
  });
});

/** Makes a document hold that wants two approvals for lines to a file. */
async function twoFor(target: string): Promise<void> {
  const folder = live.hive.paths.root;
  const test = { name: 't', who: { role: 'queen', subject: 'q' }, path: target, line: '{"spawn":"host"}' };
  const document = {
    schema: 'cohesix-policy/v1',
    id: 'p-1',
    version: 1,
    rules: [{ id: 'two', target, effect: 'approve', approvals: 2 }],
    grants: [],
    tests: [{ ...test, expect: 'needs-approval' }],
  };
  const file = join(folder, 'p-1.json');
  writeFileSync(file, JSON.stringify(document));
  expect((await live.coh(['policy', 'sign', file, '--key', KEY])).exit).toBe(0);
  const { advice } = await live.refused(['policy', 'apply', file]);
  const line = /approve \/policy\/ctl '(.*)'/.exec(advice)?.[1] ?? '';
  expect((await live.coh(['approve', '/policy/ctl', line])).exit).toBe(0);
  expect((await live.coh(['policy', 'apply', file])).exit).toBe(0);
}

/** Surroundings at a terminal, with what is typed. */
function terminal(): Pick<CapturedIo, 'until' | 'stdout'> & { readonly io: Io; readonly typed: PassThrough } {
  const typed = new PassThrough();
  const captured = capturedIo({ env: { COH_DATA: live.hive.paths.root }, isTTY: true });
  return { ...captured, io: { ...captured.io, stdin: Object.assign(typed, { isTTY: true }) }, typed };
}
