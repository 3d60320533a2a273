// The line of the past is part of the address: a link with `?at=LINE` opens the hive as it was, and going back leads out of the past.

import { goToLine, route } from '../app/router.ts';
import { hive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { scrubber } from './past.ts';

/** The address says another time than the one that is shown. A recording has its own. */
function follow(): void {
  const { at } = route.get();
  const line = scrubber.scrub.get()?.line;
  if (at === line || hive.get()?.mode === 'replay') return;
  if (at === undefined) scrubber.leave();
  else if (line !== undefined || session.phase.get().kind === 'ready') void scrubber.goTo(at);
}

scrubber.scrub.watch(() => goToLine(scrubber.scrub.get()?.line));
route.watch(follow);
// An address may be older than the session.
session.phase.watch(follow);
follow();
