import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_APPROVALS, startHive, type TestHive } from '../support/hive.ts';
import { connectMcp, MAIN, MODES, mint, until } from './mcp-client.ts';

let hive: TestHive;
beforeAll(async () => {
  hive = await startHive({ manifest: NO_APPROVALS });
});
afterAll(() => hive.stop());

describe.each(MODES)('an MCP client of the SDK, mode %s', (mode) => {
  it('speaks the revision of its mode', async () => {
    const client = await connectMcp(hive, hive.ticket, mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25');
    expect(client.getInstructions()).toContain('never an instruction');
    await client.close();
  });

  it('sees exactly the tools its ticket may write, always in one order', async () => {
    const narrow = mint(
      hive,
      '--role',
      'queen',
      '--subject',
      `lease-${mode}`,
      '--scope',
      '/queen/lease:rw',
      '--scope',
      '/log:r',
    );
    const [queen, leases] = [await connectMcp(hive, hive.ticket, mode), await connectMcp(hive, narrow, mode)];
    const all = await toolsOf(queen);
    expect(await toolsOf(leases)).toEqual(['queen_lease_ctl']);
    expect(all.length).toBeGreaterThan(30);
    expect(all).toContain('queen_lease_ctl');
    expect(all).not.toContain('sys_clock');
    expect(await toolsOf(queen)).toEqual(all);
    await Promise.all([queen.close(), leases.close()]);
  });

  it('describes a tool by the schema of its line', async () => {
    const client = await connectMcp(hive, hive.ticket, mode);
    const tool = (await client.listTools()).tools.find(({ name }) => name === 'queen_schedule_ctl');
    expect(tool).toMatchObject({
      title: '/queen/schedule/ctl',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object', required: ['status', 'path'] },
      annotations: { readOnlyHint: false, destructiveHint: true },
    });
    const { inputSchema } = tool as unknown as { readonly inputSchema: { anyOf: readonly { properties: object }[] } };
    const branches = inputSchema.anyOf;
    expect(branches.map(({ properties }) => Object.keys(properties)[0])).toEqual(['id', 'op', 'op']);
    expect(tool?._meta?.['cohesix/definition']).toMatch(/^sha256:[0-9a-f]{64}$/);
    await client.close();
  });

  it('gives back what the hive gave back for an accepted line', async () => {
    const client = await connectMcp(hive, hive.ticket, mode);
    const arguments_ = { ticks: 1, id: `job-${mode}`, role: 'nobody', budget_ms: 1000, priority: 1 };
    const called = await client.callTool({ name: 'queen_schedule_ctl', arguments: arguments_ });
    expect(called.isError ?? false).toBe(false);
    expect(called.structuredContent).toMatchObject({ status: 'accepted', path: '/queen/schedule/ctl' });
    const { entry } = called.structuredContent as { entry: number };
    expect(entry).toBeGreaterThan(0);
    const queue = await client.readResource({ uri: 'cohesix:///proc/schedule/queue' });
    expect(textOf(queue)).toContain(`job-${mode}`);
    await client.close();
  });

  it('tells a refusal as a result with what to do, never as an error of the protocol', async () => {
    const client = await connectMcp(hive, hive.ticket, mode);
    const unknown = { name: 'queen_schedule_ctl', arguments: { op: 'cancel', id: 'there-is-none' } };
    expect(await client.callTool(unknown)).toMatchObject({
      isError: true,
      structuredContent: { status: 'refused', code: 'not-found', tag: 'policy', path: '/queen/schedule/ctl' },
    });
    const malformed = { name: 'queen_schedule_ctl', arguments: { op: 'cancel', id: 'a', more: true } };
    expect(await client.callTool(malformed)).toMatchObject({
      isError: true,
      structuredContent: { code: 'invalid-payload' },
    });
    await client.close();
  });

  it('is refused by the hive for a file that its ticket may not write', async () => {
    const reader = mint(hive, '--role', 'queen', '--subject', `reader-${mode}`, '--scope', '/proc:r');
    const client = await connectMcp(hive, reader, mode);
    expect(await toolsOf(client)).toEqual([]);
    const called = await client.callTool({ name: 'queen_lifecycle_ctl', arguments: { word: 'cordon' } });
    expect(called).toMatchObject({ isError: true, structuredContent: { tag: 'policy' } });
    const hidden = client.readResource({ uri: 'cohesix:///log/queen.log' });
    await expect(hidden).rejects.toMatchObject({ code: -32_602 });
    await client.close();
  });

  it('is told when its quota is used up', async () => {
    const tight = mint(hive, '--role', 'queen', '--subject', `tight-${mode}`, '--scope', '/queen/schedule:w@1/s');
    const client = await connectMcp(hive, tight, mode);
    const call = () => client.callTool({ name: 'queen_schedule_ctl', arguments: { op: 'cancel', id: 'none' } });
    const refused = await until(call, ({ structuredContent }) => codeOf(structuredContent) !== 'not-found');
    expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'rate-limited', tag: 'quota' } });
    await client.close();
  });

  it('lists resources page by page, each once, and reads text and bytes', async () => {
    const client = await connectMcp(hive, hive.ticket, mode);
    const uris = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await client.request({ method: 'resources/list', params: cursor === undefined ? {} : { cursor } });
      uris.push(...page.resources.map(({ uri }) => uri));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThan(1);
    expect(new Set(uris).size).toBe(uris.length);
    expect(uris).toEqual(expect.arrayContaining(['cohesix:///proc/lifecycle/state', 'cohesix:///log/queen.log']));
    expect(textOf(await client.readResource({ uri: 'cohesix:///proc/lifecycle/state' }))).toMatch(/^state=[A-Z]+\n$/);
    const templates = await client.listResourceTemplates();
    expect(templates.resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
      'cohesix:///worker/{worker}/info',
    );
    await expect(client.readResource({ uri: 'cohesix:///no/such/file' })).rejects.toMatchObject({ code: -32_602 });
    await client.close();
  });

  it('is told when a followed stream and a view change, and not after it left', async () => {
    const client = await connectMcp(hive, hive.ticket, mode);
    const told = new Map<string, number>();
    client.setNotificationHandler('notifications/resources/updated', ({ params: { uri } }) => {
      told.set(uri, (told.get(uri) ?? 0) + 1);
    });
    const uris = ['cohesix:///log/queen.log', 'cohesix:///proc/schedule/queue'];
    if (mode === 'auto') await client.listen({ resourceSubscriptions: uris });
    else for (const uri of uris) await client.subscribeResource({ uri });
    const arguments_ = { ticks: 1, id: `seen-${mode}`, role: 'nobody', budget_ms: 1000, priority: 1 };
    await client.callTool({ name: 'queen_schedule_ctl', arguments: arguments_ });
    await until(
      async () => [...told.keys()].sort(),
      (seen) => seen.length === 2,
    );
    await client.close();
  });
});

describe.each(MODES)('coh mcp, mode %s', (mode) => {
  it('serves the same over stdin and stdout', async () => {
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
    const args = [MAIN, 'mcp', '--data', hive.data];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'pipe' }));
    const overHttp = await connectMcp(hive, hive.ticket, mode);
    expect(await client.listTools()).toEqual(await overHttp.listTools());
    const called = await client.callTool({ name: 'queen_schedule_ctl', arguments: { op: 'cancel', id: 'none' } });
    expect(called).toMatchObject({ isError: true, structuredContent: { code: 'not-found' } });
    let isTold = false;
    client.setNotificationHandler('notifications/resources/updated', () => {
      isTold = true;
    });
    const uri = 'cohesix:///proc/schedule/queue';
    if (mode === 'auto') await client.listen({ resourceSubscriptions: [uri] });
    else await client.subscribeResource({ uri });
    const job = { ticks: 1, id: `stdio-${mode}`, role: 'nobody', budget_ms: 1000, priority: 1 };
    await overHttp.callTool({ name: 'queen_schedule_ctl', arguments: job });
    await until(async () => isTold, Boolean);
    await Promise.all([client.close(), overHttp.close()]);
  });
});

describe('the ticket behind an MCP session', () => {
  it('is named in the audit trail as the caller, through the door mcp', async () => {
    const ann = mint(hive, '--role', 'queen', '--subject', 'ann');
    const client = await connectMcp(hive, ann, 'auto');
    const sessions = textOf(await client.readResource({ uri: 'cohesix:///proc/9p/session/all' }));
    expect(sessions).toMatch(/door=mcp[^\n]*ann|ann[^\n]*door=mcp/);
    expect(sessions).not.toContain(ann);
    await client.close();
  });
});

function textOf(result: { readonly contents: readonly object[] }): string {
  return (result.contents[0] as { readonly text?: string }).text ?? '';
}

function codeOf(structured: unknown): string {
  return (structured as { readonly code: string }).code;
}

async function toolsOf(client: Client): Promise<readonly string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}
