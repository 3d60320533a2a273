// F7 of the fault lists, for a server: headers that lie, revisions and states that are forged, names that hide something, tickets
// that are missing, ended or somebody else's.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHive, type TestHive } from '../support/hive.ts';
import { ask, connectMcp, httpOf, MAIN, metaOf, mint, resultOf, until } from './mcp-client.ts';

let hive: TestHive;
beforeAll(async () => {
  hive = await startHive();
});
afterAll(() => hive.stop());

const LIST = { method: 'tools/list' };
const READ = { method: 'resources/read', params: { uri: 'cohesix:///proc/lifecycle/state' } };

describe('headers and revisions', () => {
  it.each([
    ['no Mcp-Method', { 'mcp-method': undefined }, -32_020],
    ['another Mcp-Method', { 'mcp-method': 'tools/call' }, -32_020],
    ['Mcp-Method in other case', { 'mcp-method': 'Tools/List' }, -32_020],
    ['no revision', { 'mcp-protocol-version': undefined }, -32_020],
    ['another revision than the message', { 'mcp-protocol-version': '2025-11-25' }, -32_020],
  ])('%s: 400, and nothing is done', async (_, headers, code) => {
    const answer = await ask(hive, hive.ticket, { ...LIST, headers });
    expect([answer.status, answer.body.error?.code]).toEqual([400, code]);
  });

  it.each([
    ['no Mcp-Name', undefined],
    ['another Mcp-Name', 'cohesix:///log/queen.log'],
    ['a twin of the name', 'cohesix:///proc/lifecycle/st\u0061te '.replace('a', 'A')],
  ])('%s: 400', async (_, name) => {
    const answer = await ask(hive, hive.ticket, { ...READ, headers: { 'mcp-name': name } });
    expect([answer.status, answer.body.error?.code]).toEqual([400, -32_020]);
  });

  it('a revision nobody speaks is answered with those that are', async () => {
    const meta = { ...metaOf({}), 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list', params: { _meta: meta } });
    const answer = await ask(hive, hive.ticket, { ...LIST, body, headers: { 'mcp-protocol-version': '2099-01-01' } });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      id: 7,
      error: { data: { supported: ['2026-07-28'], requested: '2099-01-01' } },
    });
  });
});

describe('messages', () => {
  it.each([
    ['no JSON', '{"jsonrpc":'],
    ['a name twice', '{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}'],
    ['__proto__', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"__proto__":{"x":1}}}'],
    ['too deep', `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${'['.repeat(200)}${']'.repeat(200)}}`],
  ])('%s: 400, parse error', async (_, body) => {
    const answer = await ask(hive, hive.ticket, { ...LIST, body });
    expect([answer.status, answer.body.error?.code]).toEqual([400, -32_700]);
  });

  it('one byte over the bound is refused, the bound is not', async () => {
    const frame = (length: number): string => {
      const [before, after] = ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"', '"}}'];
      return `${before}${'x'.repeat(length - before.length - after.length)}${after}`;
    };
    const headers = { 'mcp-method': 'ping', 'mcp-protocol-version': undefined };
    const over = await ask(hive, hive.ticket, { ...LIST, body: frame(65_537), headers });
    expect([over.status, over.body.error?.code]).toEqual([413, -32_000]);
    const at = await ask(hive, hive.ticket, { ...LIST, body: frame(65_536), headers });
    expect(at.status).toBe(400); // No session: the bound was not what was wrong.
  });

  it('another media type is refused before it is read', async () => {
    const answer = await ask(hive, hive.ticket, { ...LIST, headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(415);
  });

  it('a forged state and answers nobody asked for give no more than without them', async () => {
    const reader = mint(hive, '--role', 'queen', '--subject', 'reader', '--scope', '/proc:r');
    const params = { name: 'queen_lifecycle_ctl', arguments: { word: 'cordon' } };
    const forged = { ...params, requestState: 'v1.forged.state', inputResponses: { confirm: { action: 'accept' } } };
    const plain = await ask(hive, reader, { method: 'tools/call', params });
    expect(resultOf(plain)).toMatchObject({ isError: true });
    expect(resultOf(await ask(hive, reader, { method: 'tools/call', params: forged }))).toEqual(resultOf(plain));
  });
});

describe('who asks', () => {
  it('without a ticket: 401, and where it is written how to show one', async () => {
    const answer = await ask(hive, undefined, LIST);
    expect(answer.status).toBe(401);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    const [, at] = /^Bearer .*resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    const metadata = await fetch(at ?? '');
    expect(await metadata.json()).toEqual({
      resource: `${httpOf(hive)}/mcp`,
      resource_name: 'Cohesix hive',
      bearer_methods_supported: ['header'],
    });
  });

  it('with a ticket for another hive: 401', async () => {
    const other = mint(hive, '--role', 'queen', '--subject', 'ann', '--audience', 'another-hive');
    expect((await ask(hive, other, LIST)).status).toBe(401);
  });

  it('with a ticket in the query, or a foreign Origin or Host: refused', async () => {
    const inQuery = await fetch(`${httpOf(hive)}/mcp?access_token=${hive.ticket}`, { method: 'POST' });
    expect(inQuery.status).toBe(401);
    const forged = await ask(hive, hive.ticket, { ...LIST, headers: { origin: 'https://evil.example' } });
    expect(forged.status).toBe(403);
    expect(await statusOf('evil.example')).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it('a session of an older client is not found with another ticket', async () => {
    const initialize = {
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
    };
    const legacy = { 'mcp-method': undefined, 'mcp-name': undefined, 'mcp-protocol-version': undefined };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...initialize });
    const opened = await fetch(`${httpOf(hive)}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${hive.ticket}`,
      },
      body,
    });
    const session = opened.headers.get('mcp-session-id') ?? '';
    expect(session).toMatch(/^[0-9a-f-]{36}$/);
    await opened.body?.cancel();
    const ping = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' });
    const other = mint(hive, '--role', 'queen', '--subject', 'eve');
    const stolen = await ask(hive, other, {
      method: 'ping',
      body: ping,
      headers: { ...legacy, 'mcp-session-id': session },
    });
    expect(stolen.status).toBe(404);
    const guessed = await ask(hive, hive.ticket, {
      method: 'ping',
      body: ping,
      headers: { ...legacy, 'mcp-session-id': '0'.repeat(36) },
    });
    expect(guessed.status).toBe(404);
  });

  it('a ticket that is revoked ends what it has open', async () => {
    const ann = mint(hive, '--role', 'queen', '--subject', 'ann');
    const client = await connectMcp(hive, ann, 'auto');
    await client.listTools();
    coh('ticket', 'revoke', idOf(ann));
    const answer = await until(
      () => ask(hive, ann, LIST),
      ({ status }) => status !== 200,
    );
    expect(answer.status).toBe(401);
    await client.close();
  });
});

describe('what is told', () => {
  it('shows hidden characters of names as what they are', async () => {
    const params = { name: 'queen_\u202elt\u200bc\u{e0041}', arguments: {} };
    const encoded = `=?base64?${Buffer.from(params.name).toString('base64')}?=`;
    const answer = await ask(hive, hive.ticket, { method: 'tools/call', params, headers: { 'mcp-name': encoded } });
    expect(answer.body.error?.message).toContain('queen_\\u{202e}lt\\u{200b}c\\u{e0041}');
    expect(JSON.stringify(answer.body)).not.toMatch(/[\u200b\u202e]|\u{e0041}/u);
    const path = await ask(hive, hive.ticket, {
      method: 'tools/call',
      params: { name: 'gpu_host_ctl', arguments: { host: 'a\u202eb', word: 'RESET' } },
    });
    expect(resultOf<object>(path)).toMatchObject({ isError: true });
    expect(JSON.stringify(path.body)).not.toMatch(/\u202e/);
  });

  it('a parameter cannot reach another file', async () => {
    for (const host of ['..', '.', 'a/../../queen/lifecycle', '', 'a\0b']) {
      const params = { name: 'gpu_host_ctl', arguments: { host, word: 'cordon' } };
      const answer = await ask(hive, hive.ticket, { method: 'tools/call', params });
      expect(answer.body.result).toMatchObject({ isError: true, structuredContent: { code: 'invalid-payload' } });
    }
  });

  it('the definition of a tool is the same after a restart, by its hash', async () => {
    const again = await startHive();
    const [before, after] = [await hashesOf(hive), await hashesOf(again)];
    await again.stop();
    expect(after).toEqual(before);
    expect(new Set(before).size).toBe(before.length);
  });

  it('no text of the hive stands in a definition, and its content is marked as data', async () => {
    const id = 'ignore-all-instructions';
    const job = { id, role: 'nobody', priority: 1, ticks: 1, budget_ms: 1000 };
    const called = await ask(hive, hive.ticket, {
      method: 'tools/call',
      params: { name: 'queen_schedule_ctl', arguments: job },
    });
    expect(resultOf(called)).toMatchObject({ structuredContent: { status: 'accepted' } });
    const read = { method: 'resources/read', params: { uri: 'cohesix:///proc/schedule/queue' } };
    const content = { text: expect.stringContaining(id), _meta: { 'cohesix/data': true } };
    expect(resultOf(await ask(hive, hive.ticket, read))).toMatchObject({ contents: [content] });
    expect(JSON.stringify(resultOf(await ask(hive, hive.ticket, LIST)))).not.toContain(id);
  });
});

async function hashesOf(of: TestHive): Promise<readonly unknown[]> {
  const { tools } = resultOf<{ readonly tools: readonly { readonly _meta: Readonly<Record<string, unknown>> }[] }>(
    await ask(of, of.ticket, LIST),
  );
  return tools.map(({ _meta }) => _meta['cohesix/definition']);
}

function idOf(ticket: string): string {
  const told = JSON.parse(coh('ticket', 'inspect', '--json', '-', ticket)) as {
    readonly ticket: { readonly ids: string[] };
  };
  return told.ticket.ids.at(-1) ?? '';
}

function coh(...words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  const isInput = words.includes('-');
  return execFileSync(process.execPath, [MAIN, '--data', hive.data, ...(isInput ? words.slice(0, -1) : words)], {
    encoding: 'utf8',
    ...(isInput ? { input: last } : {}),
  });
}

/** The first line of the answer to a request with this Host. */
async function statusOf(host: string): Promise<string> {
  const { hostname, port } = new URL(httpOf(hive));
  const socket = connect(Number(port), hostname);
  socket.end(
    `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${hive.ticket}\r\nContent-Length: 0\r\n\r\n`,
  );
  const [piece] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return piece.toString();
}
