// What only NineDoor knows of `bind` and `mount` lines is looked at before they are decided: does the source exist for
// that session, is there room. So a line that is accepted can be carried out.

import { MOUNT_SERVICES } from '@cohesix/authority';
import type { Bind, CommandPort, NineDoor } from '@cohesix/ninedoor';
import type { Ledger } from './ledger.ts';

/** Submits lines to the ledger, after making room for the binds among them. */
export function submitChecked(door: NineDoor, ledger: Ledger, ...command: Parameters<CommandPort['submit']>): void {
  const [who, path, lines, done] = command;
  const binds = path === '/queen/ctl' ? lines.flatMap(bindsOf) : [];
  if (binds.length === 0) return ledger.submit(who, path, lines, done);
  const promised = door.promiseBinds(who.session, binds);
  if (!promised.ok) return done(promised);
  ledger.submit(who, path, lines, (result) => {
    if (!result.ok) door.unpromiseBinds(who.session, binds);
    done(result);
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
