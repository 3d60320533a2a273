// Scripts for a guest that hold for any writable 9P file; the diod self-test and the test of the hive share them, so a
// script that diod passes and the hive does not shows a fault of the hive.

import type { GuestStep } from './uml.ts';

/** Opens, reads and closes 300 times; prints `done 300` when each read gave a line. */
export function manyReads(file: string): GuestStep {
  return loop('many-reads', `read -r x < ${file} && [ -n "$x" ] || exit 1`);
}

/** Opens for append, writes a line and closes 300 times; prints `done 300`. */
export function manyAppends(file: string, line: string): GuestStep {
  return loop('many-appends', `echo '${line}' >> ${file} || exit 1`);
}

/** What to follow, and when to stop. */
export interface Follow {
  readonly name: string;
  readonly file: string;
  /** Ends the follow when it has seen enough: `head -n 3`, or `grep -m 3 WORD` where others write too. */
  readonly until: string;
  /** Appends a line; repeated until the follow has ended, or 200 times. */
  readonly grow: string;
}

/** Follows a growing file as a person does, from its present end; prints what was seen. */
export function tailFollow({ name, file, until, grow }: Follow): GuestStep {
  const script = `(timeout 15 tail -n 0 -f ${file} | ${until} > /tmp/seen; echo > /tmp/followed) &
i=0; while [ ! -e /tmp/followed ] && [ $i -lt 200 ]; do ${grow}; i=$((i+1)); usleep 50000; done
wait; rm /tmp/followed; cat /tmp/seen`;
  return { name, script };
}

function loop(name: string, body: string): GuestStep {
  return { name, script: `i=0; while [ $i -lt 300 ]; do ${body}; i=$((i+1)); done; echo done $i` };
}
