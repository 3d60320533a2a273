// The playbooks of sdk/python on hives that run: every one over 9P and over REST, with approvals of a second person, and undone
// when a step is refused. What the hive did is read from the hive, not from the playbook's report.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ToolRun, toolMissing } from '../support/tool.ts';
import { PYTHON, python, SDK, Stand } from './playbook-stand.ts';

const missing = toolMissing(PYTHON, 'python3');
const SLOW_MS = 120_000;

/** What of a report the tests look at. */
interface Report {
  readonly ok: boolean;
  readonly run: string;
  readonly door: string;
  readonly plan: {
    readonly steps: readonly {
      readonly id: string;
      readonly line: string;
      readonly state: string;
      readonly error?: { readonly code: string };
    }[];
  };
  readonly telemetry: { readonly device: string; readonly state: string; readonly segment: string };
  readonly ended: readonly { readonly state: string }[];
}

/** A hive in which the files that playbooks write need a second person. */
const GUARDED = `schema = "cohesix-hive/1"
[policy]
enabled = true
rules = [{ id = "schedule", target = "/queen/schedule/ctl" }, { id = "lease", target = "/queen/lease/ctl" }]
`;

/** A hive in which only the last step of a plan does. */
const HALF = `schema = "cohesix-hive/1"
[policy]
enabled = true
rules = [{ id = "export", target = "/queen/export/ctl" }]
`;

describe.skipIf(missing !== undefined)(
  `playbooks${missing === undefined ? '' : ` (${missing})`}`,
  { timeout: SLOW_MS },
  () => {
    let open: Stand;
    let guarded: Stand;
    let half: Stand;
    beforeAll(async () => {
      const start = (manifest: string) => Stand.start({ manifest });
      [open, guarded, half] = await Promise.all([Stand.start(), start(GUARDED), start(HALF)]);
    }, SLOW_MS);
    afterAll(async () => {
      await Promise.all([open, guarded, half].map((stand) => stand?.stop()));
    });

    describe.each(['rest', '9p'] as const)('over %s', (door) => {
      test('all nine: the hive has each line, and the record that they tell of', async () => {
        for (const id of IDS) {
          const { status, stderr, report } = await playbook(open, id, '--to', open.url(door), '--give-back');
          expect([id, status, stderr, report.door, report.ok]).toEqual([id, 0, '', door, true]);
          await expectDone(open, report);
        }
        for (const view of ['/proc/lease/active', '/proc/export/windows', '/proc/lease/quotas', '/proc/schedule/queue'])
          expect([view, await open.cat(view)]).toEqual([view, '']);
      });

      test('a step that is refused takes back those before it', async () => {
        const run = `late${door}`;
        const first = await playbook(open, 'jetson-traffic-safety', '--to', open.url(door), '--run', door);
        expect(first.report.ok).toBe(true);
        const loop = ['mixed-closed-loop-ai-factory', '--to', open.url(door), '--run', run] as const;
        const { status, report } = await playbook(open, ...loop);
        expect([status, report.plan.steps[2]?.error?.code, report.telemetry.state]).toEqual([1, 'busy', 'skipped']);
        expect(report.plan.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
          `loop-${run}-job1 undone`,
          `loop-${run}-job2 undone`,
          `loop-${run}-lease failed`,
          `loop-${run}-export skipped`,
        ]);
        const jobs = await open.cat('/proc/schedule/jobs');
        for (const job of [1, 2]) expect(jobs).toMatch(new RegExp(`^id=loop-${run}-job${job} state=cancelled`, 'm'));
        expect(await open.cat('/proc/export/windows')).toBe('');
        expect((await open.coh('lease', 'release', `traffic-${door}-lease`)).status).toBe(0);
        expect((await open.coh('job', 'cancel', `traffic-${door}-job1`)).status).toBe(0);
      });

      test('without a second person nothing under a rule is written', async () => {
        const { status, report } = await playbook(guarded, 'jetson-traffic-safety', '--to', guarded.url(door));
        expect(status).toBe(1);
        expect(report.plan.steps.map(({ state, error }) => [state, error?.code])).toEqual([
          ['failed', 'needs-approval'],
          ['skipped', undefined],
        ]);
        expect(await guarded.cat('/proc/schedule/queue')).toBe('');
      });

      test('a second person approves line by line, and nobody their own', async () => {
        const common = ['jetson-traffic-safety', '--to', guarded.url(door), '--run', `two${door}`] as const;
        const own = await playbook(guarded, ...common, '--approver-ticket', guarded.ticket('queen'));
        expect([own.status, own.report.plan.steps[0]?.state]).toEqual([1, 'failed']);
        const approver = ['--approver-ticket', guarded.ticket('approver'), '--give-back'];
        const two = await playbook(guarded, ...common, ...approver);
        expect([two.status, two.report.ok]).toEqual([0, true]);
        await expectDone(guarded, two.report);
        expect(await guarded.cat('/audit/decisions')).toMatch(/"subject":"approver"[^\n]*"outcome":"approve"/);
      });
    });

    test('what a person approves while it waits goes through', async () => {
      const endpoint = ['mac-endpoint-compliance', '--to', guarded.url('rest'), '--run', 'waits'] as const;
      const running = playbook(guarded, ...endpoint, '--wait', '60');
      const over = running.then(() => true as const);
      await approveUntil(guarded, over);
      const { status, stderr, report } = await running;
      expect([status, report.ok]).toEqual([0, true]);
      expect(stderr).toMatch(/waiting up to 60 s for an approval; to give it: coh approve ask-[0-9a-f]{10}\n/);
    });

    test('Ctrl-C while it waits takes back what was done', async () => {
      const waits = ['mac-private-peft-grid', '--to', half.url('9p'), '--run', 'ctrlc', '--wait', '600'] as const;
      const running = spawnPlaybook(half, ...waits);
      await running.said('waiting up to 600 s');
      expect(await half.cat('/proc/lease/active')).toContain('id=peft-grid-ctrlc-lease ');
      running.child.kill('SIGINT');
      const { status, report } = await running.ended;
      expect([status, report.ok]).toEqual([1, false]);
      expect(report.plan.steps.map(({ state, error }) => [state, error?.code])).toEqual([
        ['undone', undefined],
        ['undone', undefined],
        ['failed', 'cancelled'],
      ]);
      expect([await half.cat('/proc/lease/active'), await half.cat('/proc/schedule/queue')]).toEqual(['', '']);
    });

    test('a hive that dies meanwhile: the report says what is left, and it is ended later', {
      timeout: SLOW_MS,
    }, async () => {
      const data = mkdtempSync(join(tmpdir(), 'cohesix-playbook-dies-'));
      const id = 'mac-private-peft-grid';
      const first = await Stand.start({ manifest: HALF, data });
      const running = spawnPlaybook(first, id, '--to', first.url('9p'), '--run', 'dies', '--wait', '600');
      await running.said('waiting up to 600 s');
      process.kill(first.hive.pid, 'SIGKILL');
      const { status, report } = await running.ended;
      expect([status, report.plan.steps.map(({ state }) => state)]).toEqual([
        1,
        ['not-undone', 'not-undone', 'failed'],
      ]);
      await first.hive.ended;
      const again = await Stand.start({ data });
      try {
        expect(await again.cat('/proc/lease/active')).toContain('id=peft-grid-dies-lease ');
        // The window is under a rule, and was never open.
        const approver = ['--approver-ticket', again.ticket('approver')];
        const undone = await playbook(again, id, '--to', again.url('9p'), '--undo', '--run', 'dies', ...approver);
        expect([undone.status, undone.report.ended.map(({ state }) => state)]).toEqual([0, ['gone', 'done', 'done']]);
        expect(await again.cat('/proc/lease/active')).toBe('');
      } finally {
        await again.stop();
        rmSync(data, { recursive: true, force: true });
      }
    });
  },
);

/** The words of the command; probes are left out: the machine of the tests is not what they are about. */
function wordsOf(stand: Stand, id: string, more: readonly string[]): readonly string[] {
  const fixed = ['--no-host', '--json', '--ticket', stand.ticket('queen')];
  return ['-m', 'cohesix.playbooks', '--playbook', id, ...fixed, ...more];
}

/** Runs the command to its end. */
async function playbook(stand: Stand, id: string, ...more: string[]): Promise<ToolRun & { readonly report: Report }> {
  const run = await python(wordsOf(stand, id, more), SLOW_MS);
  return { ...run, report: JSON.parse(run.stdout || '{}') as Report };
}

/** Starts the command, to do something to it. `said` settles when its stderr has a text. */
function spawnPlaybook(stand: Stand, id: string, ...more: string[]) {
  const env = { PATH: process.env.PATH, PYTHONPATH: SDK };
  const child = spawn(PYTHON, ['-B', ...wordsOf(stand, id, more)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const said = async (text: string): Promise<void> => {
    while (!err.includes(text)) await once(child.stderr, 'data');
  };
  const ended = once(child, 'close').then(([status]) => ({ status, report: JSON.parse(out || '{}') as Report }));
  return { child, said, ended };
}

/** What the report says was done, as the hive has it. */
async function expectDone(stand: Stand, { plan, run, telemetry, ended }: Report): Promise<void> {
  const journal = await stand.cat('/audit/journal');
  for (const { line } of plan.steps.filter(({ id }) => id.includes(run)))
    expect(journal).toContain(JSON.stringify(line));
  expect(await stand.cat(`/queen/telemetry/${telemetry.device}/seg/${telemetry.segment}`)).toContain(run);
  expect(ended.map(({ state }) => state)).not.toContain('failed');
}

/** Approves every request as the local approver until something is over. */
async function approveUntil(stand: Stand, over: Promise<true>): Promise<void> {
  const seen = new Set<string>();
  for (let isOver = false; !isOver; isOver = await Promise.race([over, Promise.resolve(false)])) {
    const { stdout } = await stand.coh('approvals', '--json');
    const { pending } = JSON.parse(stdout) as { pending: { id: string }[] };
    for (const { id } of pending.filter((one) => !seen.has(one.id))) {
      seen.add(id);
      expect((await stand.coh('approve', id)).status).toBe(0);
    }
  }
}

const GOLDEN = join(SDK, 'test', 'golden', 'playbooks.json');
const IDS = (JSON.parse(readFileSync(GOLDEN, 'utf8')) as { playbook: string }[]).map((one) => one.playbook);
