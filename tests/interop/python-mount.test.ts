// The Python package over a hive that is mounted by the Linux kernel's own 9P client: `FilesystemBackend` in a guest (uml.ts), which
// runs the Python of this machine (hostfs) on the mount. What it writes is, byte for byte, what it writes over 9P by itself.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@cohesix/client';
import { afterAll, describe, expect, test } from 'vitest';
import { NO_APPROVALS, startHive, type TestHive } from '../support/hive.ts';
import { runTool, toolMissing } from '../support/tool.ts';
import { runGuest, umlMissing } from './uml.ts';

const PYTHON = '/usr/bin/python3';
const SDK = fileURLToPath(new URL('../../sdk/python', import.meta.url));
const CONTROLS = ['/queen/lease/ctl', '/queen/schedule/ctl', '/queen/export/ctl', '/host/tickets/spec', '/queen/ctl'];
const missing = toolMissing(PYTHON, 'python3') ?? umlMissing();

/** The same acts, whatever the door; refusals are printed. */
const SCRIPT = `
import sys
sys.path.insert(0, ${JSON.stringify(SDK)})
from cohesix import CohesixClient, CohesixError, CohesixOrchestrator, FilesystemBackend, connect
from cohesix.models import ExportOpen, HostTicket, LeaseGrant, LeaseRenew, ScheduleRequest
door, *ticket = sys.argv[1:]
backend = connect(door, ticket=ticket[0], timeout_s=30) if ticket else FilesystemBackend(door)
with CohesixOrchestrator(backend) as orchestrator:
    orchestrator.apply_leases([LeaseGrant(id="l1", subject="queen", resource="gpu0", ttl_s=600, priority=6), LeaseRenew(id="l1", ttl_s=900)])
    orchestrator.enqueue_schedule([ScheduleRequest(id="j1", role="gpu", priority=7, ticks=9, budget_ms=10000)])
    orchestrator.apply_exports([ExportOpen(id="w1", ttl_s=900)])
    orchestrator.enqueue_host_tickets([HostTicket(id="t1", idempotency_key="k1", action="systemd.restart", target="web")])
    worker = CohesixClient(backend).worker_spawn("heartbeat", ticks=4000000000)
    print("worker", worker, "names", *backend.list_dir("/queen"))
    for path, line in (("/queen/lease/ctl", LeaseRenew(id="no", ttl_s=1).to_line()), ("/queen/lease/ctl", "{}"), ("/proc/boot", "x"), ("/none", "x")):
        try:
            backend.write_append(path, line)
            print("accepted", path)
        except CohesixError as error:
            print("refused", path, error.code)
`;

describe.skipIf(missing !== undefined)(`Python on a mount${missing === undefined ? '' : ` (${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cohesix-python-mount-'));
  const script = join(folder, 'acts.py');
  writeFileSync(script, SCRIPT);
  const hives: TestHive[] = [];
  afterAll(async () => {
    for (const hive of hives) await hive.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function hive(): Promise<TestHive> {
    const started = await startHive({ manifest: NO_APPROVALS });
    hives.push(started);
    return started;
  }

  test('writes the lines that it writes over 9P', { timeout: 240_000 }, async () => {
    const [mounted, direct] = [await hive(), await hive()];
    const python = [
      'mkdir /host && mount -t hostfs none /host -o /',
      'mount -o bind /mnt /host/mnt && mount -o bind /proc /host/proc',
      `chroot /host ${PYTHON} -B ${script} /mnt`,
      'status=$?; cd /; umount /host/proc /host/mnt; exit $status',
    ].join('\n');
    const run = await runGuest({
      server: { port: mounted.ninepPort, uname: 'queen', aname: mounted.ticket },
      steps: [{ name: 'python', script: python }],
      stepSeconds: 120,
      deadlineMs: 180_000,
    });
    const step = run.steps.get('python');
    expect(step?.status, run.console).toBe(0);
    const url = `9p://127.0.0.1:${direct.ninepPort}`;
    const { stdout, stderr } = await runTool(PYTHON, ['-B', script, url, direct.ticket], 60_000);
    expect([stderr, step?.output]).toEqual(['', stdout]);
    expect(stdout).toMatch(/^worker worker-\d+ names ctl /m);
    expect(stdout).toContain('refused /queen/lease/ctl not-found\nrefused /queen/lease/ctl invalid-payload\n');
    expect(await controlsOf(mounted)).toEqual(await controlsOf(direct));
  });
});

/** The lines of the control files and what came of them, without what differs between two runs. */
async function controlsOf(hive: TestHive): Promise<readonly string[]> {
  const url = `9p://127.0.0.1:${hive.ninepPort}`;
  const session = await connect({ url, role: 'queen', ticket: hive.ticket });
  if (!session.ok) throw new Error(session.refusal.detail);
  const texts = [];
  for (const path of CONTROLS) {
    const text = await session.value.read(path);
    if (!text.ok) throw new Error(text.refusal.detail);
    texts.push(`${path}\n${new TextDecoder().decode(text.value)}`);
  }
  await session.value.close();
  return texts.map((text) =>
    text
      .replaceAll(/(_ms"?[=:]|"at":|^\{"seq":)\d+/gm, (_, word: string) => `${word}0`)
      .replaceAll(/("ticket":")[0-9a-f]{16}/g, '$1-'),
  );
}
