// One act, one answer: the examples of every control file are sent over 9P to one hive and through MCP to another, both fresh, and
// what each answers is the same; and what files tell is the same bytes through both doors of one hive.

import { createAuthority } from '@cohesix/authority';
import { type HiveClient, lineResults } from '@cohesix/client';
import { defaultManifest } from '@cohesix/manifest';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOORS, quiet, type Stand, startStand } from './stand.ts';

let stands: { readonly ninep: Stand; readonly mcp: Stand };
let ninep: HiveClient;
let mcp: Client;

beforeAll(async () => {
  // Approvals would answer for almost every line; mcp-tasks.test.ts has them.
  const open = () => startStand((manifest) => ({ ...quiet(manifest), policy: { ...manifest.policy, enabled: false } }));
  stands = { ninep: await open(), mcp: await open() };
  ninep = await over9p(stands.ninep);
  mcp = await overMcp(stands.mcp);
});

afterAll(async () => {
  await Promise.all([ninep.close(), mcp.close()]);
  await Promise.all([stands.ninep.stop(), stands.mcp.stop()]);
});

describe('the examples of every control file', () => {
  const controls = createAuthority(defaultManifest())
    .controls.map(({ control }) => control)
    // What ends sessions or stops the hive would end the comparison.
    .filter(
      ({ pattern, writers }) => !pattern.includes(':') && writers.includes('queen') && pattern !== '/queen/session/ctl',
    );
  const acts = controls.flatMap(({ pattern, examples, parseWord }) =>
    examples.map((line) => [pattern, line, parseWord !== undefined] as const),
  );

  it.each(acts)('%s %s', async (path, line, isWord) => {
    const name = path.slice(1).replaceAll('/', '_');
    const args = isWord ? { word: line } : (JSON.parse(line) as Record<string, unknown>);
    const called = await mcp.callTool({ name, arguments: args });
    expect(withoutTimes(called.structuredContent)).toEqual(
      withoutTimes(await append(path, isWord ? line : sorted(line))),
    );
  });

  it('are enough to tell', () => {
    expect(acts.length).toBeGreaterThan(50);
  });
});

describe('the files of a hive', () => {
  it('tell the same through MCP as over 9P', async () => {
    const beside = await over9p(stands.mcp);
    const uris = (await mcp.listResources()).resources.map(({ uri }) => uri);
    let compared = 0;
    for (const uri of uris) {
      const path = decodeURIComponent(uri.slice('cohesix://'.length));
      if (TELLS_OF_ITS_READER.test(path)) continue;
      const read = await beside.read(path, { maxBytes: 262_144 });
      if (!read.ok) continue;
      const { contents } = await mcp.readResource({ uri });
      const [content] = contents as readonly { readonly text?: string; readonly blob?: string }[];
      const bytes =
        content?.text === undefined ? Buffer.from(content?.blob ?? '', 'base64') : Buffer.from(content.text);
      expect(bytes.toString(), path).toBe(Buffer.from(read.value).toString());
      compared += 1;
    }
    expect(compared).toBeGreaterThan(80);
    await beside.close();
  });
});

/** Files whose content is about the session that reads them, or about the reading. */
const TELLS_OF_ITS_READER =
  /^\/proc\/(?:self|9p|pressure|ingest|latency|journal|cache|root|time|uptime|cpu|memory|sys)|^\/log\/|^\/audit\/|^\/trace\/|^\/kmesg/;

async function append(path: string, line: string): Promise<object> {
  const appended = await ninep.append(path, line);
  if (appended.ok) {
    const [first] = await lineResults(ninep);
    return first?.result === 'accepted' ? { status: 'accepted', path, entry: first.entry, reply: first.reply } : {};
  }
  const detail = (await ninep.explain()) ?? appended.refusal.detail;
  return { status: 'refused', path, code: appended.refusal.code, detail };
}

/**
 * What both doors tell; when something was, and after how many ticks of the clock, is not the same in two hives. Nor is whether a job
 * had begun when it was cancelled: then it is ending, else it is cancelled at once.
 */
function withoutTimes(told: unknown): object {
  const { status, path, entry, reply, code, detail } = told as Readonly<Record<string, unknown>>;
  const text = JSON.stringify({ status, path, entry, reply, code, detail });
  return JSON.parse(
    text
      .replace(/"(\w*entry|order)":"?o?\d+"?/g, '"$1":0')
      .replace('"state":"ending"', '"state":"cancelled"')
      .replace(/\d{10,}/g, '0')
      .replace(/[0-9a-f]{16,}/g, 'hash'),
  ) as object;
}

/** A line as MCP makes it: sorted keys. */
function sorted(line: string): string {
  return JSON.stringify(JSON.parse(line), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

async function over9p(stand: Stand): Promise<HiveClient> {
  const session = await DOORS['9P over TCP'](stand, 'queen', stand.ticket('queen'));
  if (!session.ok) throw new Error(session.refusal.detail);
  return session.value;
}

async function overMcp(stand: Stand): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const headers = { authorization: `Bearer ${stand.ticket('queen')}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${stand.hive.addresses.http}/mcp`), { requestInit: { headers } }),
  );
  return client;
}
