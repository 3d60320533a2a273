// The self-test scripts a hive serves at /proc/tests (`m08d.md`): run by `coh test` through a real session, so that
// they prove the client, the door, the authority and the journal together. Spawn and kill need approvals under the
// default policy; the script asks the second ticket for them with `approve`.

import { createShell, InProcessClient } from '@cohesix/client/core';
import { type NineDoor, PathSession, type Session } from '@cohesix/ninedoor';

const QUICK = `# Session, console grammar, a few reads.
ping
EXPECT OK
cat /proc/boot
EXPECT OK
EXPECT BODY Cohesix boot
cat /proc/lifecycle/state
EXPECT BODY state=
tail /log/queen.log
EXPECT OK
WAIT 200
`;

const FULL = `# Everything of quick, then writes and the whole life of a worker.
ping
EXPECT OK
ls /proc
EXPECT OK
EXPECT BODY boot
cat /proc/bounds
EXPECT BODY secure9p.msize=
echo /log/queen.log selftest one
EXPECT OK
echo /log/queen.log selftest two
EXPECT OK
tail /log/queen.log
EXPECT OK
EXPECT BODY selftest two
approve /queen/ctl {"spawn":"heartbeat","ticks":20,"budget":{"ttl_s":30}}
EXPECT OK
spawn {"spawn":"heartbeat","ticks":20,"budget":{"ttl_s":30}}
EXPECT OK
ls /worker/{{spawned}}
EXPECT OK
EXPECT BODY telemetry
cat /worker/{{spawned}}/info
EXPECT BODY heartbeat
WAIT 300
tail /worker/{{spawned}}/telemetry
EXPECT OK
EXPECT BODY "tick":
approve /queen/ctl {"kill":"{{spawned}}"}
EXPECT OK
kill {{spawned}}
EXPECT OK
cat /worker/{{spawned}}/telemetry
EXPECT ERR
EXPECT SUBSTR detail=invalid-path
tail /log/queen.log
EXPECT BODY killed worker-
kill worker-0
EXPECT ERR
EXPECT SUBSTR detail=not-found
`;

const SMP = `# Two workers at a time, each control line with an approval of its own.
ping
EXPECT OK
approve /queen/ctl {"spawn":"heartbeat","ticks":20,"budget":{"ttl_s":30}}
EXPECT OK
spawn {"spawn":"heartbeat","ticks":20,"budget":{"ttl_s":30}}
EXPECT OK
approve /queen/ctl {"spawn":"heartbeat","ticks":21,"budget":{"ttl_s":30}}
EXPECT OK
spawn {"spawn":"heartbeat","ticks":21,"budget":{"ttl_s":30}}
EXPECT OK
WAIT 300
tail /worker/{{spawned}}/telemetry
EXPECT OK
EXPECT BODY "tick":
tail /worker/{{spawned-1}}/telemetry
EXPECT OK
EXPECT BODY "tick":
tail /log/queen.log
EXPECT OK
EXPECT BODY spawned worker-
approve /queen/ctl {"kill":"{{spawned-1}}"}
EXPECT OK
kill {{spawned-1}}
EXPECT OK
approve /queen/ctl {"kill":"{{spawned}}"}
EXPECT OK
kill {{spawned}}
EXPECT OK
cat /worker/{{spawned}}/telemetry
EXPECT ERR
EXPECT SUBSTR detail=invalid-path
cat /worker/{{spawned-1}}/telemetry
EXPECT ERR
EXPECT SUBSTR detail=invalid-path
`;

const NEGATIVE = `# What must be refused is refused, with the right code, and changes nothing.
bind /queen/../proc /shadow
EXPECT ERR
cat /proc/../queen/ctl
EXPECT ERR
EXPECT SUBSTR detail=invalid-path
ls /a/b/c/d/e/f/g/h/i
EXPECT ERR
EXPECT SUBSTR detail=invalid-path
echo /proc/boot nothing
EXPECT ERR
EXPECT SUBSTR error=EPERM
echo /queen/ctl not json
EXPECT ERR
EXPECT SUBSTR detail=invalid-payload
echo /queen/ctl {"spawn":"heartbeat","ticks":1,"surprise":true}
EXPECT ERR
EXPECT SUBSTR detail=invalid-payload
echo /queen/ctl {{msize_overflow}}
EXPECT ERR
tail /queen/ctl
EXPECT OK
EXPECT NOBODY surprise
cat /nowhere
EXPECT ERR
EXPECT NOT error=EPERM
`;

/** File name under /proc/tests → script. */
export const SELF_TESTS: ReadonlyMap<string, string> = new Map([
  ['selftest_full.coh', FULL],
  ['selftest_negative.coh', NEGATIVE],
  ['selftest_quick.coh', QUICK],
  ['selftest_smp.coh', SMP],
]);

/** A line of the shell, `test` with its flags, carried out in this process for a session of the console. */
export interface SelfTestCall {
  readonly session: Session;
  readonly flags: string;
  readonly tell: (line: string) => void;
}

/** Runs the tests and tells the lines of the answer, the acknowledgement last: those that a client's own shell writes. */
export async function selfTestOver(door: NineDoor, { session, flags, tell }: SelfTestCall): Promise<void> {
  const client = new InProcessClient(new PathSession(door, session));
  await createShell({ client }).execute(`test ${flags}`, tell);
}
