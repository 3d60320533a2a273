// `/v1/fs/*`: the namespace over REST (contracts-2, section 7).

import type { GatewayPart, PartContext } from '../parts.ts';

/** The routes of files. */
export function fileRoutes(_: PartContext): GatewayPart {
  return {
    routes: [
      {
        method: 'GET',
        pattern: '/v1/fs/ls',
        access: 'ticket',
        queue: 'telemetry',
        operation: { summary: 'Names in a directory.' },
        answer: async ({ query }, { client }) => {
          const path = query.get('path') ?? '';
          const names = await client.list(path);
          const body = names.ok
            ? { status: 'OK', verb: 'LS', path, end: true, lines: names.value }
            : { status: 'ERR', verb: 'LS', path, end: true, error: names.refusal.code };
          return { status: 200, type: 'application/json', body: JSON.stringify(body) };
        },
      },
    ],
  };
}
