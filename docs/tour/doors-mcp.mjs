// An MCP client: lists the tools that a ticket gives, and calls one. node doors-mcp.mjs URL TICKET-FILE [TOOL ARGUMENTS]

import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url, ticketFile, tool, args = '{}'] = process.argv.slice(2);
const headers = { authorization: `Bearer ${readFileSync(ticketFile, 'utf8').trim()}` };
const client = new Client({ name: 'tour', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
if (tool === undefined) {
  const { tools } = await client.listTools();
  for (const { name, description } of tools) console.log(`${name}: ${description?.split('\n')[0]}`);
} else {
  const { isError = false, content } = await client.callTool({ name: tool, arguments: JSON.parse(args) });
  console.log(isError ? 'refused:' : 'done:', content[0].text);
}
await client.close();
