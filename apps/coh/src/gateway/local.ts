// The HTTP door of a hive in the same process: its gateway, and the port between the two.

import { InProcessClient } from '@cohesix/client';
import { type Gateway, type HivePort, startGateway } from '@cohesix/gateway';
import { parseAddress } from '@cohesix/manifest';
import type { Hive } from '@cohesix/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { shownDocs } from './documents.ts';
import { gatewayOptions } from './options.ts';
import { pageFolder } from './page.ts';

/** Opens the gateway of `listen.http`; undefined when that is off. Refuses as `startGateway`. */
export async function openHttp(hive: Hive): Promise<Result<Gateway | undefined>> {
  const address = parseAddress(hive.manifest.listen.http);
  return address === undefined
    ? ok(undefined)
    : startGateway({
        ...gatewayOptions(hive.manifest, hive.paths.root),
        hive: hivePort(hive),
        listen: address,
        tls: hive.tls('http'),
        page: pageFolder(),
      });
}

/** A hive of this process as its gateway sees it. */
export function hivePort(hive: Hive): HivePort {
  return {
    attach: async (ticket, { onEnd, ...as }) => {
      const attached = hive.attach(ticket, as);
      if (!attached.ok) return attached;
      if (onEnd !== undefined) attached.value.session.onClose.add(() => onEnd('ended'));
      return ok(new InProcessClient(attached.value));
    },
    ninep: async (peer) => hive.ninep(peer),
    ready: async () => (hive.sealedBy === undefined ? ok(undefined) : refuse('audit-unavailable', hive.sealedBy)),
    ...(hive.manifest.audit.public ? { publicLog: async (path) => ok(hive.logFile(path)) } : {}),
    ...shownDocs(hive.manifest),
  };
}
