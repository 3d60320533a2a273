// `/mcp`: the hive for AI agents over HTTP, and the document that says how to show a ticket (RFC 9728). docs/adr/0018.

import type { GatewayPart, PartContext } from '../parts.ts';
import type { GatewayRequest, Reply, Route, TicketRoute } from '../route.ts';
import { hiveServer } from './hive-server.ts';
import { mcpLimits } from './limits.ts';
import { Places } from './places.ts';
import { catalogueOf, Seat } from './seat.ts';
import type { McpService, McpSession } from './service.ts';

const PATH = '/mcp';
const METADATA = '/.well-known/oauth-protected-resource';

/** The routes of MCP. */
export function mcpRoutes(context: PartContext): GatewayPart {
  const { controls, files } = context.hive;
  const catalogue = catalogueOf(controls, files);
  return mcpPart(context, (session) => {
    const seat = new Seat({ ...session, catalogue });
    return {
      serve: () => hiveServer(seat, catalogue),
      watch: (uri, changed) => seat.watch(uri, changed),
      watchTools: (changed) => seat.watchTools(changed),
      isInUse: () => seat.isInUse,
      close: () => seat.close(),
    };
  });
}

/** The same for another service: what tests serve to see the transport alone. */
export function mcpPart(context: PartContext, open: (session: McpSession) => McpService): GatewayPart {
  const places = new Places({ sessions: context.sessions, limits: mcpLimits(context.settings), open });
  return { routes: routesOf(places), close: () => places.close() };
}

function routesOf(places: Places): readonly Route[] {
  const route = (method: 'GET' | 'POST' | 'DELETE', summary: string): TicketRoute => ({
    method,
    pattern: PATH,
    access: 'ticket',
    door: 'mcp',
    queue: method === 'POST' ? 'control' : 'none',
    challenge: (request) => `resource_metadata="${originOf(request)}${METADATA}${PATH}"`,
    operation: { summary, description: 'Model Context Protocol, revisions 2026-07-28 and 2025-11-25.', tags: ['mcp'] },
    answer: (request, caller) => places.answer(request, caller),
  });
  const metadata = (pattern: string): Route => ({
    method: 'GET',
    pattern,
    access: 'public',
    queue: 'none',
    operation: { summary: 'How to show a ticket at /mcp (RFC 9728).', tags: ['mcp'] },
    answer: async (request) => metadataReply(`${originOf(request)}${PATH}`),
  });
  return [
    route('POST', 'A message of the Model Context Protocol.'),
    route('GET', 'The event stream of a session of revision 2025-11-25.'),
    route('DELETE', 'Ends a session of revision 2025-11-25.'),
    metadata(`${METADATA}${PATH}`),
    metadata(METADATA),
  ];
}

/** The Host was checked before: it is one of ours. */
function originOf({ headers, scheme }: GatewayRequest): string {
  return `${scheme}://${headers.host ?? 'localhost'}`;
}

/** No authorization server is named, because there is none: tickets come from the hive's operator. */
function metadataReply(resource: string): Reply {
  const document = { resource, resource_name: 'Cohesix hive', bearer_methods_supported: ['header'] };
  return { status: 200, type: 'application/json', body: JSON.stringify(document) };
}
