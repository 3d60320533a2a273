// `bind` and `mount`: lines of `/queen/ctl` that change only the session of the writer. They are accepted here, so that
// they are checked, gated and recorded like every line, and carried out by NineDoor as effects. Whether `from` exists
// for that session, and how many binds it may have, only NineDoor knows; it looks before it submits the line.

import type { Manifest } from '@cohesix/manifest';
import { accept, reject } from '../../kernel/decision.ts';
import { pathProblem } from '../../kernel/pattern.ts';
import { logField } from '../../kernel/text.ts';
import type { Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';

/** Where a service of a `mount` line leads; undefined for one that the manifest does not list. */
export function mountTarget({ namespaces }: Pick<Manifest, 'namespaces'>, service: string): string | undefined {
  return namespaces.mounts.find((one) => one.service === service)?.target;
}

/** `bind`: `to` leads to `from`. */
export function decideBind(
  { who, seq }: ParsedCommand,
  { from, to }: { readonly from: string; readonly to: string },
): Decision {
  const problem = (from === '/' ? undefined : pathReport('$.bind.from', from)) ?? pathReport('$.bind.to', to);
  if (problem !== undefined) return reject('invalid-payload', problem);
  return accept({
    effects: [{ kind: 'session.bind', session: who.session, from, to, entry: seq }],
    log: [`bound ${logField(from)} -> ${logField(to)}`],
  });
}

/** `mount`: `at` leads to where the service is. */
export function decideMount(
  { who, seq }: ParsedCommand,
  { service, at }: { readonly service: string; readonly at: string },
  state: Readonly<State>,
): Decision {
  const problem = pathReport('$.mount.at', at);
  if (problem !== undefined) return reject('invalid-payload', problem);
  const manifest = manifestIn(state);
  const from = mountTarget(manifest, service);
  if (from === undefined) {
    const known = manifest.namespaces.mounts.map((one) => one.service).join(', ') || 'none';
    return reject('not-found', `No service ${JSON.stringify(service)}; namespaces.mounts lists: ${known}.`);
  }
  return accept({
    effects: [{ kind: 'session.mount', session: who.session, from, at, entry: seq }],
    log: [`mounted ${service} at ${logField(at)}`],
  });
}

function pathReport(where: string, path: string): string | undefined {
  const problem = pathProblem(path);
  return problem === undefined ? undefined : `${where}: ${JSON.stringify(path)} ${problem}`;
}
