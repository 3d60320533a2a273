// What only NineDoor knows of a line is looked at before it is decided. Of `bind` and `mount`: does the source exist for that
// session, is there room; so a line that is accepted can be carried out. Of a line that an intent carries: may the ticket
// write to the file it is for; so an intent is no way around a scope.

import { carriedLine, INTENTS_PATH, MOUNT_SERVICES } from '@cohesix/authority';
import type { Bind, CommandPort, NineDoor } from '@cohesix/ninedoor';
import { refuse } from '@cohesix/wire';
import type { Ledger } from './ledger.ts';

const QUEEN_CTL = '/queen/ctl';

/** Submits lines to the ledger, after a look at what they carry and after making room for the binds among them. */
export function submitChecked(door: NineDoor, ledger: Ledger, ...command: Parameters<CommandPort['submit']>): void {
  const [who, path, lines, done] = command;
  const carried = path === INTENTS_PATH ? lines.flatMap((line) => carriedLine(line) ?? []) : [];
  const forbidden = carried.find((each) => !door.mayWrite(who.session, each.path));
  if (forbidden !== undefined) return done(refuse('denied', `Your ticket may not write ${forbidden.path}.`));
  const own = path === QUEEN_CTL ? lines : [];
  const binds = [...own, ...carried.filter((each) => each.path === QUEEN_CTL).map(({ line }) => line)].flatMap(bindsOf);
  if (binds.length === 0) return ledger.submit(who, path, lines, done);
  const promised = door.promiseBinds(who.session, binds);
  if (!promised.ok) return done(promised);
  ledger.submit(who, path, lines, (result, known) => {
    // What an intent carried was not carried out again if it was a repeat; a bind that was made has taken its promise.
    if (!result.ok || carried.length > 0) queueMicrotask(() => door.unpromiseBinds(who.session, binds));
    done(result, known);
  });
}

/** The bind a line asks for; none for any other line, which the authority will judge. */
function bindsOf(line: string): Bind[] {
  const value = parsed(line);
  const { bind, mount } = value ?? {};
  if (typeof bind?.from === 'string' && typeof bind.to === 'string') return [{ from: bind.from, to: bind.to }];
  const from = typeof mount?.service === 'string' ? MOUNT_SERVICES.get(mount.service) : undefined;
  return from !== undefined && typeof mount?.at === 'string' ? [{ from, to: mount.at }] : [];
}

interface Asked {
  readonly bind?: { readonly from?: unknown; readonly to?: unknown } | null;
  readonly mount?: { readonly service?: unknown; readonly at?: unknown } | null;
}

function parsed(line: string): Asked | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? (value as Asked | null) : null;
  } catch {
    return null;
  }
}
