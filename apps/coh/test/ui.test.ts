// A link for the page: of `coh up` and of `coh ui`, with which ticket, once, and where no link can be had.

import { fstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { realTimers, redeemSignInCode, signInCodeOf } from '@cohesix/client';
import type { Manifest } from '@cohesix/manifest';
import { startHive } from '@cohesix/node';
import { DEFAULT_TICKET_LIMITS, unverifiedTicket } from '@cohesix/ticket';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openHttp } from '../src/gateway/local.ts';
import { pageFolder, pageTicket } from '../src/gateway/page.ts';
import { runCoh } from '../src/run.ts';
import { capturedIo, coh } from './captured-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'coh-ui-'));
const data = join(folder, 'data');
const LINK = /^http:\/\/127\.0\.0\.1:\d+\/#\/sign-in\/[A-Za-z0-9_-]{22}$/;
/** No TCP door but HTTP at `http` (empty: none). */
function noTcp(manifest: Manifest, http: string): Manifest {
  return { ...manifest, listen: { ...manifest.listen, secure9p: '', console: '', http } };
}

let stop: () => Promise<void>;
let queen = '';
let http = '';

beforeAll(async () => {
  const started = await startHive({ directory: data, openHttp, adjust: (manifest) => noTcp(manifest, '127.0.0.1:0') });
  if (!started.ok) throw new Error(started.refusal.detail);
  stop = () => started.value.stop();
  queen = readFileSync(started.value.paths.queenTicket, 'utf8').trim();
  http = started.value.addresses.http ?? '';
});

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

/** The ticket behind a link, or the code of the refusal. */
async function redeemed(link: string): Promise<string> {
  const { origin, hash } = new URL(link);
  const ticket = await redeemSignInCode(signInCodeOf(hash) ?? '', { url: origin, timers: realTimers });
  return ticket.ok ? ticket.value.ticket : ticket.refusal.code;
}

function factsOf(token: string): { subject: string; role: string; expiresMs: number } {
  const facts = unverifiedTicket(nodeTicketCrypto, token);
  if (!facts.ok) throw new Error(facts.refusal.detail);
  return facts.value;
}

describe('coh ui', () => {
  it('prints a link that signs in once, as the queen’s page, for a day', async () => {
    const { exit, stdout, stderr } = await coh(['ui', '--data', data]);
    expect([exit, stderr]).toEqual([0, 'coh: good once, within 10 minutes\n']);
    const link = stdout.trim();
    expect(link).toMatch(LINK);
    const ticket = await redeemed(link);
    const { subject, role, expiresMs } = factsOf(ticket);
    expect([subject, role]).toEqual(['queen/swarmui', 'queen']);
    expect(Math.abs(expiresMs - Date.now() - 12 * 3_600_000)).toBeLessThan(60_000);
    expect(ticket).not.toBe(queen);
    expect(await redeemed(link)).toBe('denied');
  });

  it('signs in with the ticket that is given, at the URL that is given', async () => {
    const scoped = join(folder, 'viewer.ticket');
    const made = ['ticket', 'attenuate', '--name', 'viewer', '--scope', '/proc:r', '--out', scoped, '--data', data];
    expect((await coh(made)).exit).toBe(0);
    const { exit, stdout, stderr } = await coh(['ui', '--url', http, '--ticket', scoped, '--json']);
    expect([exit, stderr]).toEqual([0, '']);
    const { page, expires_in_ms: expiresInMs } = JSON.parse(stdout) as { page: string; expires_in_ms: number };
    expect([page.startsWith(`${http}/#/sign-in/`), expiresInMs]).toEqual([true, 600_000]);
    expect(factsOf(await redeemed(page)).subject).toBe('queen/viewer/swarmui');
  });

  it('signs in behind a gateway of its own, with what the ticket is', async () => {
    const captured = capturedIo();
    const to = `unix:${join(data, 'run', '9p.sock')}`;
    const running = runCoh(['gateway', '--to', to, '--listen', '127.0.0.1:0', '--json'], captured.io);
    await captured.until('\n');
    const { http: url } = JSON.parse(captured.stdout()) as { http: string };
    const { stdout } = await coh(['ui', '--url', url, '--data', data, '--ticket', join(data, 'run', 'queen.ticket')]);
    const code = signInCodeOf(new URL(stdout.trim()).hash) ?? '';
    const signedIn = await redeemSignInCode(code, { url, timers: realTimers });
    captured.signal('SIGTERM');
    expect(await running).toBe(0);
    expect([stdout.startsWith(url), signedIn.ok && signedIn.value.role]).toEqual([true, 'queen']);
  });

  it('opens the browser, and says so when there is none', async () => {
    const [bin, opened] = [join(folder, 'bin'), join(folder, 'opened')];
    mkdirSync(bin);
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(join(bin, name), `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`, { mode: 0o755 });
    }
    const { exit, stdout } = await coh(['ui', '--open', '--data', data], { env: { PATH: bin } });
    expect(exit).toBe(0);
    await vi.waitFor(() => expect(readFileSync(opened, 'utf8')).toBe(stdout.trim()), { timeout: 10_000 });
    const without = await coh(['ui', '--open', '--data', data], { env: { PATH: '/nowhere' } });
    expect([without.exit, LINK.test(without.stdout.trim())]).toEqual([0, true]);
    expect(without.stderr).toContain('no browser was opened');
    expect(without.stderr).not.toContain(without.stdout.trim());
  });

  it.each([
    [['--to', '9p://127.0.0.1:1'], 2, 'HTTP door'],
    [['--data', '/nowhere'], 8, 'No hive runs in /nowhere'],
    [['--url', 'http://127.0.0.1:1', '--ticket', 'queen.ticket'], 8, 'No answer from http://127.0.0.1:1'],
  ])('says why there is no link: %j', async (options, status, text) => {
    const { exit, stdout, stderr } = await coh(['ui', ...options], { cwd: join(data, 'run') });
    expect([exit, stdout]).toEqual([status, '']);
    expect(stderr).toContain('coh: cannot make a link');
    expect(stderr).toContain(text);
  });

  it('says that a hive has no HTTP door, and that a ticket is not good', async () => {
    const bare = join(folder, 'bare');
    const started = await startHive({ directory: bare, openHttp, adjust: (manifest) => noTcp(manifest, '') });
    if (!started.ok) throw new Error(started.refusal.detail);
    const { exit, stderr } = await coh(['ui', '--data', bare]);
    const foreign = await coh(['ui', '--url', http, '--ticket', started.value.paths.queenTicket]);
    await started.value.stop();
    expect([exit, stderr.includes('--listen-http')]).toEqual([8, true]);
    expect([foreign.exit, foreign.stderr.includes('cannot make a link (')]).toEqual([3, true]);
    expect(foreign.stderr).not.toContain('coh2.');
  });
});

describe('the link of coh up', () => {
  const DOORS = ['--listen-9p', '127.0.0.1:0', '--no-listen-console', '--listen-http', '127.0.0.1:0'];

  async function upTold(argv: readonly string[], until: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const captured = capturedIo({ env });
    const running = runCoh(['up', ...DOORS, '--data', join(folder, 'up'), ...argv], captured.io);
    await captured.until(until);
    const told = captured.stdout();
    const link = /http:\/\/[\d.:]+\/#\/sign-in\/[\w-]+/.exec(told)?.[0];
    if (link !== undefined) expect(factsOf(await redeemed(link)).subject).toBe('queen/swarmui');
    captured.signal('SIGTERM');
    expect(await running).toBe(0);
    return told;
  }

  it('is told to people and to programs', async () => {
    expect(await upTold([], 'Ctrl-C stops it.')).toMatch(
      /\n {2}HTTP {6}http:\S+\n {2}page {6}http:\/\/\S+\/#\/sign-in\/[\w-]{22} \(once, within 10 minutes; another: \.\/coh ui\)\n/,
    );
    const { page } = JSON.parse(await upTold(['--json'], '\n')) as { page: string };
    expect(page).toMatch(LINK);
  });

  it('is not told without an HTTP door, nor to the journal of the system', async () => {
    const bare = JSON.parse(await upTold(['--json', '--no-listen-http'], '\n')) as { page: null };
    expect(bare.page).toBeNull();
    expect(await upTold(['--no-listen-http'], 'Ctrl-C stops it.')).not.toContain('  page ');
    const { dev, ino } = fstatSync(1);
    const told = await upTold([], 'Ctrl-C stops it.', { JOURNAL_STREAM: `${dev}:${ino}` });
    expect(told).toMatch(/\n {2}page {6}http:\/\/127\.0\.0\.1:\d+\/ \(to sign in: \.\/coh ui\)\n/);
    expect(await upTold(['--json'], '\n', { JOURNAL_STREAM: '1:1' })).toContain('#/sign-in/');
  });
});

describe('the ticket of a page', () => {
  it('is the given one where that cannot be passed on', () => {
    const nowMs = Date.now();
    for (const token of ['cohs.x', 'cohesix-ticket-x']) {
      expect(pageTicket(token, { nowMs, limits: DEFAULT_TICKET_LIMITS })).toBe(token);
    }
    expect(pageTicket(queen, { nowMs, limits: { ...DEFAULT_TICKET_LIMITS, depthMax: 0 } })).toBe(queen);
    expect(pageTicket(queen, { nowMs, limits: DEFAULT_TICKET_LIMITS })).not.toBe(queen);
  });

  it('goes to the page of this checkout', () => {
    expect([basename(pageFolder()), pageFolder().includes(join('apps', 'swarmui'))]).toEqual(['dist', true]);
  });
});
