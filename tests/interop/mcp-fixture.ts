// The fixture that the conformance suite asks for (its scenarios say which tools, prompts and resources), behind our own gateway:
// what is tested is our transport, our sessions and our guard. Written from the texts of the scenarios of 0.2.0-alpha.12.

import type { HiveClient } from '@cohesix/client';
import { type Gateway, type HivePort, type McpService, mcpPart, startGateway } from '@cohesix/gateway';
import { ok, refuse } from '@cohesix/wire';
import { type CallToolResult, ProtocolError, ResourceNotFoundError, Server } from '@modelcontextprotocol/server';
import { FIXTURE_PROMPTS } from './mcp-fixture-prompts.ts';
import { FIXTURE_TOOLS, type FixtureTool, PNG, STATE } from './mcp-fixture-tools.ts';

/** A gateway with the fixture at `/mcp`; any ticket is good. */
export async function startFixture(): Promise<Gateway> {
  const gateway = await startGateway({
    hive: FIXTURE_HIVE,
    listen: { host: '127.0.0.1', port: 0 },
    parts: [(context) => mcpPart(context, () => SERVICE)],
  });
  if (!gateway.ok) throw new Error(gateway.refusal.detail);
  return gateway.value;
}

/** A hive of which only the door is asked: nothing of the fixture reaches a file. */
const FIXTURE_HIVE: HivePort = {
  attach: async () => ok({ door: 'fixture', role: 'queen', close: async () => {} } as unknown as HiveClient),
  ninep: async () => refuse('unsupported'),
  ready: async () => ok(undefined),
  controls: [],
  files: [],
};

const NOTHING = { stop: (): void => {}, ready: Promise.resolve() };

const SERVICE: McpService = {
  serve: fixtureServer,
  watch: async () => ok(NOTHING),
  watchTools: () => NOTHING,
  isInUse: () => false,
  close: () => {},
};

const TEXTS: ReadonlyMap<string, object> = new Map<string, object>([
  ['test://static-text', { mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  ['test://static-binary', { mimeType: 'image/png', blob: PNG }],
  ['test://watched-resource', { mimeType: 'text/plain', text: 'Watched.' }],
]);

function fixtureServer(): Server {
  const server = new Server(
    { name: 'fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true },
        prompts: {},
        logging: {},
        completions: {},
      },
      requestState: { verify: (state, context) => STATE.verify(state, context) },
    },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: [...FIXTURE_TOOLS].map(([name, { input }]) => ({
      name,
      description: `Fixture ${name}.`,
      inputSchema: { type: 'object' as const, ...input },
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = FIXTURE_TOOLS.get(params.name);
    if (tool === undefined) throw new ProtocolError(-32_602, `There is no tool ${params.name}.`);
    return run(tool, params.arguments ?? {}, context);
  });
  server.setRequestHandler('resources/list', () => ({
    resources: [...TEXTS.keys()].map((uri) => ({ uri, name: uri, description: `Fixture ${uri}.` })),
  }));
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template' }],
  }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    const content = id === undefined ? TEXTS.get(uri) : { mimeType: 'application/json', text };
    if (content === undefined) throw new ResourceNotFoundError(uri);
    return { contents: [{ uri, ...content } as { uri: string; text: string }] };
  });
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
  server.setRequestHandler('prompts/list', () => ({
    prompts: [...FIXTURE_PROMPTS].map(([name, { args }]) => ({
      name,
      description: `Fixture ${name}.`,
      arguments: args.map((arg) => ({ name: arg, required: true })),
    })),
  }));
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    const prompt = FIXTURE_PROMPTS.get(params.name);
    if (prompt === undefined) throw new ProtocolError(-32_602, `There is no prompt ${params.name}.`);
    return prompt.get(params.arguments ?? {}, context);
  });
  server.setRequestHandler('completion/complete', () => ({
    completion: { values: ['paris', 'park'], hasMore: false },
  }));
  return server;
}

async function run(
  tool: FixtureTool,
  args: Readonly<Record<string, unknown>>,
  context: Parameters<FixtureTool['run']>[1],
): Promise<CallToolResult> {
  try {
    return (await tool.run(args, context)) as CallToolResult;
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    return { isError: true, content: [{ type: 'text', text: error instanceof Error ? error.message : String(error) }] };
  }
}
