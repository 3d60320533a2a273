// `.coh` scripts: what EXPECT looks at, what a failure report says, and the self test with its report.

import { refusal } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import {
  checkScript,
  createShell,
  failureLines,
  runScriptText,
  runSelfTest,
  type ScriptReport,
  TranscriptRecorder,
} from '../src/core.ts';
import { inProcess, ninep } from './doors.ts';
import { FakeTimers } from './fake-timers.ts';
import { good } from './hive-client-suite.ts';
import { contractHive, type MemoryHive } from './memory-door.ts';

async function run(text: string, hive: MemoryHive = contractHive()): Promise<ScriptReport> {
  return good(await runScriptText(text, createShell({ client: inProcess(hive).client })));
}

describe('a script', () => {
  it('passes when every expectation holds', async () => {
    const report = await run(`
      # the boot view
      cat /proc/boot
      EXPECT OK
      EXPECT SUBSTR path=/proc/boot
      EXPECT NOT hive=test      # the acknowledgement, never the content
      EXPECT BODY hive=test
      EXPECT NOBODY nonsense
      WAIT 1
      ls /nope
      EXPECT ERR
      EXPECT SUBSTR detail=invalid-path
    `);
    expect(report).toEqual({ ok: true, statements: 10, isQuit: false });
  });

  it('stops at the first failing expectation and reports it', async () => {
    const report = await run('ping\ncat /proc/boot\nEXPECT SUBSTR elsewhere\nls /');
    expect(report.ok).toBe(false);
    expect(report.statements).toBe(3);
    expect(report.failure).toEqual({
      line: 3,
      text: 'EXPECT SUBSTR elsewhere',
      reason: 'expected SUBSTR elsewhere',
      lastCommand: 'cat /proc/boot',
      lastResponse: 'OK CAT path=/proc/boot',
      source: 'ack',
      recent: ['OK PING reply=pong', 'OK CAT path=/proc/boot', 'hive=test', 'END'],
    });
    expect(failureLines(report.failure!).slice(0, 2)).toEqual([
      'line 3: EXPECT SUBSTR elsewhere',
      'reason: expected SUBSTR elsewhere',
    ]);
  });

  it('stops at a refused command unless an EXPECT follows it', async () => {
    expect((await run('cat /nope\nEXPECT ERR\nping\nEXPECT OK')).ok).toBe(true);
    expect((await run('cat /nope\nping')).failure).toMatchObject({ line: 1, text: 'cat /nope' });
    expect((await run('cat /nope\nWAIT 0\nEXPECT ERR')).failure).toMatchObject({ line: 1 });
    expect((await run('cat /nope\nEXPECT OK')).failure).toMatchObject({ line: 2, reason: 'expected OK' });
  });

  it('shows at most eight recent responses', async () => {
    const report = await run(`${'ping\n'.repeat(20)}EXPECT ERR`);
    expect(report.failure?.recent.length).toBe(8);
  });

  it('ends with success at quit', async () => {
    expect(await run('ping\nquit\ncat /nope')).toEqual({ ok: true, statements: 2, isQuit: true });
  });

  it('expands the sentinel to more than a message holds', async () => {
    const report = await run('echo /queen/ctl {{msize_overflow}}\nEXPECT ERR\nEXPECT SUBSTR ERR');
    expect(report.ok).toBe(true);
  });

  it('looks at what a follow brought since its command', async () => {
    const hive = contractHive();
    const timers = new FakeTimers();
    const shell = createShell({ client: inProcess(hive).client });
    const text = 'follow /log/queen.log\nWAIT 2000\nEXPECT BODY came later\nstop\nEXPECT OK';
    const running = runScriptText(text, shell, { timers });
    await timers.advance(1000);
    hive.publish('/log/queen.log', 'came later\n');
    await timers.advance(1000);
    expect(good(await running).ok).toBe(true);
  });

  it('is only parsed by --check', () => {
    expect(good(checkScript('ping\nEXPECT OK')).statements).toBe(2);
    for (const bad of ['EXPECT OK', 'ping\nEXPECT MAYBE', 'WAIT 2001', `${'ping\n'.repeat(257)}`]) {
      expect(checkScript(bad).ok).toBe(false);
    }
  });
});

function testedHive(): MemoryHive {
  const hive = contractHive();
  hive.put(
    '/proc/tests/selftest_negative.coh',
    'view',
    'cat /proc/../x\nEXPECT ERR\necho /proc/boot x\nEXPECT ERR\nquit\n',
  );
  hive.put('/proc/tests/selftest_quick.coh', 'view', 'ping\nEXPECT OK\ncat /proc/boot\nEXPECT BODY hive\nquit\n');
  hive.put(
    '/proc/tests/selftest_full.coh',
    'view',
    'spawn heartbeat ticks=2\nEXPECT OK\ncat /worker/x\nkill worker-1\nEXPECT OK\nping\nquit\n',
  );
  return hive;
}

describe('the self test', () => {
  it('runs the hive’s own scripts and reports each command', async () => {
    const report = await runSelfTest((await ninep({ hive: testedHive() })).client);
    expect(report).toMatchObject({ ok: true, mode: 'quick', version: '1' });
    expect(Object.keys(report).sort()).toEqual(['checks', 'elapsed_ms', 'mode', 'ok', 'version']);
    expect(report.checks.map(({ name }) => name)).toEqual([
      'preflight: attach',
      'preflight: ping',
      'negative: cat /proc/../x',
      'negative: echo /proc/boot x',
      'quick: ping',
      'quick: cat /proc/boot',
    ]);
  });

  it('stops a script at its first failing check, with an excerpt', async () => {
    const report = await runSelfTest(inProcess(testedHive()).client, { mode: 'full' });
    expect(report.ok).toBe(false);
    expect(report.checks.at(-1)).toEqual({
      name: 'full: cat /worker/x',
      ok: false,
      detail: expect.stringMatching(/^line 3: the command was refused: .*; got ERR CAT .*path=\/worker\/x/),
      transcript_excerpt: 'ERR CAT reason=policy detail=invalid-path path=/worker/x error=ENOENT',
    });
  });

  it('changes nothing with --no-mutate, and skips what is about the worker', async () => {
    const hive = testedHive();
    const script = hive.files.get('/proc/tests/selftest_full.coh')?.text ?? '';
    hive.put(
      '/proc/tests/selftest_full.coh',
      'view',
      `echo /log/queen.log one\nEXPECT OK\ntail /log/queen.log\nEXPECT BODY one\n${script}`,
    );
    const report = await runSelfTest(inProcess(hive).client, { mode: 'full', noMutate: true });
    expect(report.ok).toBe(true);
    expect(hive.files.get('/log/queen.log')?.text).toBe('boot\n');
    expect(report.checks.map(({ name }) => name)).toContain('negative: echo /proc/boot x');
    expect(report.checks.filter(({ detail }) => detail.startsWith('skipped')).map(({ name }) => name)).toEqual([
      'full: echo /log/queen.log one',
      'full: tail /log/queen.log',
      'full: spawn heartbeat ticks=2',
      'full: cat /worker/x',
      'full: kill worker-1',
    ]);
    expect(hive.files.get('/queen/ctl')?.text).toBe('');
  });

  it('adds a failing check when the time is up', async () => {
    const timers = new FakeTimers();
    const { client } = await ninep({ hive: testedHive(), timers, hooks: { before: ({ type }) => type !== 116 } });
    const running = runSelfTest(client, { timers, timeoutMs: 3000 });
    await timers.advance(3000);
    const report = await running;
    expect(report.elapsed_ms).toBe(3000);
    expect(report.checks.at(-1)).toEqual({ name: 'timeout', ok: false, detail: 'no result within 3000 ms' });
  });

  it('fails at once without a session', async () => {
    const { client } = inProcess(testedHive());
    await client.close();
    const report = await runSelfTest(client);
    expect(report.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['preflight: attach', false],
      ['preflight: ping', false],
    ]);
  });

  it('is told by the hive when it has no scripts', async () => {
    const report = await runSelfTest(inProcess().client);
    expect(report.ok).toBe(false);
    expect(report.checks.at(-1)).toMatchObject({
      name: 'quick: /proc/tests/selftest_quick.coh',
      detail: refusal('invalid-path').detail,
    });
  });

  it('keeps its lengths', async () => {
    const hive = testedHive();
    hive.put('/proc/tests/selftest_quick.coh', 'view', `cat /${'x'.repeat(300)}\nquit\n`);
    const failing = (await runSelfTest(inProcess(hive).client)).checks.at(-1);
    expect(failing?.name.length).toBe(120);
    expect(failing?.detail.length).toBe(200);
    expect(failing?.transcript_excerpt?.length).toBeLessThanOrEqual(512);
  });

  it('is the shell’s test verb, as a checklist and as JSON', async () => {
    const shell = createShell({ client: inProcess(testedHive()).client });
    const list = new TranscriptRecorder();
    await shell.execute('test', list.emit);
    expect(list.lines.slice(-2)).toEqual(['PASS quick: cat /proc/boot', 'OK TEST mode=quick checks=6']);
    const json = new TranscriptRecorder();
    await shell.execute('test --mode full --json --timeout 10', json.emit);
    expect(JSON.parse(json.lines[0] ?? '')).toMatchObject({ ok: false, mode: 'full', version: '1' });
    expect(json.lines[1]).toBe('ERR TEST reason=cut detail=internal error=EIO');
  });
});
