// The HTTP door of a hive in the same process: its gateway, and the port between the two.

import { createAuthority } from '@cohesix/authority';
import { InProcessClient } from '@cohesix/client';
import { type ControlDoc, type FileDoc, type HivePort, startGateway } from '@cohesix/gateway';
import { parseAddress } from '@cohesix/manifest';
import type { Hive, HttpDoor } from '@cohesix/node';
import { ok, type Result, refuse } from '@cohesix/wire';

/** Opens the gateway of `listen.http`; undefined when that is off. Refuses as `startGateway`. */
export async function openHttp(hive: Hive): Promise<Result<HttpDoor | undefined>> {
  const address = parseAddress(hive.manifest.listen.http);
  return address === undefined ? ok(undefined) : startGateway({ hive: hivePort(hive), listen: address });
}

function hivePort(hive: Hive): HivePort {
  const { controls, views } = createAuthority(hive.manifest);
  return {
    attach: async (ticket, as) => {
      const session = hive.attach(ticket, as);
      return session.ok ? ok(new InProcessClient(session.value)) : session;
    },
    ninep: async () => refuse('unsupported', 'There is no WebSocket yet.'),
    ready: async () => ok(undefined),
    controls: controls.map(({ control }): ControlDoc => {
      const { pattern, summary, schema, writers, examples, lineBytesMax = 16_384, parseWord } = control;
      return {
        pattern,
        summary,
        schema: schema as Readonly<Record<string, unknown>>,
        isWord: parseWord !== undefined,
        writers,
        lineBytesMax,
        examples,
      };
    }),
    files: views.map(({ pattern, view }): FileDoc => ({ pattern, kind: 'view', summary: view.summary ?? '' })),
  };
}
