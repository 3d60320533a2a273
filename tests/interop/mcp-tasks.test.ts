// Calls that wait for somebody else's approval, as tasks; and that nobody approves for themselves.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHive, type TestHive } from '../support/hive.ts';
import { type Answer, approverFile, ask, connectMcp, resultOf, until } from './mcp-client.ts';

let hive: TestHive;
let approver: string;
beforeAll(async () => {
  hive = await startHive();
  approver = readFileSync(approverFile(hive), 'utf8').trim();
});
afterAll(() => hive.stop());

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const spawn = (ticks: number): object => ({ spawn: 'heartbeat', ticks });

function call(args: object, capabilities: object = TASKS): Promise<Answer> {
  return ask(hive, hive.ticket, { method: 'tools/call', params: { name: 'queen_ctl', arguments: args }, capabilities });
}

function task(method: 'tasks/get' | 'tasks/cancel', taskId: string, ticket: string = hive.ticket): Promise<Answer> {
  return ask(hive, ticket, { method, params: { taskId }, capabilities: TASKS });
}

/** The open request about this line. */
async function requestOf(line: object): Promise<{ readonly id: string; readonly entry: number }> {
  const uri = 'cohesix:///actions/pending';
  const read = await ask(hive, approver, { method: 'resources/read', params: { uri } });
  const { contents } = resultOf<{ readonly contents: readonly { readonly text: string }[] }>(read);
  const open = (contents[0]?.text ?? '')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text));
  return open.find((request) => request.line === JSON.stringify(line));
}

async function decide(ticket: string, line: object, decision: 'approve' | 'deny'): Promise<unknown> {
  const { id, entry } = await requestOf(line);
  const params = { name: 'actions_queue', arguments: { id, entry, decision } };
  return (await ask(hive, ticket, { method: 'tools/call', params })).body.result?.structuredContent;
}

describe('a call that needs an approval', () => {
  it('is a task that ends with the result when somebody else approves', async () => {
    const { body } = await call(spawn(11));
    expect(body.result).toMatchObject({ resultType: 'task', status: 'working', pollIntervalMs: expect.any(Number) });
    const taskId = body.result?.taskId as string;
    expect((await task('tasks/get', taskId)).body.result).toMatchObject({ status: 'working', resultType: 'complete' });
    expect(await decide(approver, spawn(11), 'approve')).toMatchObject({ status: 'accepted' });
    const done = await until(
      () => task('tasks/get', taskId),
      ({ body: { result } }) => result?.status !== 'working',
    );
    expect(done.body.result).toMatchObject({
      status: 'completed',
      result: { structuredContent: { status: 'accepted', path: '/queen/ctl' } },
    });
  });

  it('is a task that ends with the refusal when somebody denies it', async () => {
    const { body } = await call(spawn(12));
    await decide(approver, spawn(12), 'deny');
    const done = await until(
      () => task('tasks/get', body.result?.taskId as string),
      ({ body: { result } }) => result?.status !== 'working',
    );
    expect(done.body.result).toMatchObject({
      status: 'completed',
      result: { isError: true, structuredContent: { code: 'approval-denied' } },
    });
  });

  it('is not approved by its caller, whatever the caller was told to do', async () => {
    const { body } = await call(spawn(13));
    expect(await decide(hive.ticket, spawn(13), 'approve')).toMatchObject({ status: 'refused', tag: 'policy' });
    const taskId = body.result?.taskId as string;
    expect((await task('tasks/get', taskId)).body.result).toMatchObject({ status: 'working' });
    await task('tasks/cancel', taskId);
    expect((await task('tasks/get', taskId)).body.result).toMatchObject({ status: 'cancelled' });
  });

  it('sends nothing any more after it was cancelled', async () => {
    const { body } = await call(spawn(14));
    await task('tasks/cancel', body.result?.taskId as string);
    expect(await decide(approver, spawn(14), 'approve')).toMatchObject({ status: 'accepted' });
    // The approval is there and was not used: the same call uses it now.
    expect((await call(spawn(14))).body.result?.structuredContent).toMatchObject({ status: 'accepted' });
  });

  it('tells who knows no tasks what to do, in both revisions', async () => {
    const { body } = await call(spawn(15), {});
    expect(body.result).toMatchObject({
      isError: true,
      structuredContent: { code: 'needs-approval', advice: expect.stringContaining('/actions/queue') },
    });
    const client = await connectMcp(hive, hive.ticket, 'legacy');
    const called = await client.callTool({ name: 'queen_ctl', arguments: { ...spawn(15) } });
    expect(called).toMatchObject({ isError: true, structuredContent: { code: 'needs-approval' } });
    await client.close();
  });

  it('is a task of its ticket alone', async () => {
    const { body } = await call(spawn(16));
    const taskId = body.result?.taskId as string;
    expect((await task('tasks/get', taskId, approver)).body.error).toMatchObject({ code: -32_602 });
    expect((await task('tasks/get', '0'.repeat(32))).body.error).toMatchObject({ code: -32_602 });
    await task('tasks/cancel', taskId);
    const undeclared = await ask(hive, hive.ticket, { method: 'tasks/get', params: { taskId } });
    expect([undeclared.status, undeclared.body.error?.code]).toEqual([400, -32_021]);
  });
});

describe('a line whose work takes long', () => {
  const lease = { subject: 'bob', resource: 'slot:mcp', ttl_s: 300 };

  function grant(args: object): Promise<Answer> {
    return ask(hive, hive.ticket, {
      method: 'tools/call',
      params: { name: 'queen_lease_ctl', arguments: args },
      capabilities: TASKS,
    });
  }

  it('a lease that waits for its resource is a task until it has it', async () => {
    const held = await grant({ op: 'grant', id: 'held', ...lease });
    expect(resultOf(held)).toMatchObject({ resultType: 'complete', structuredContent: { reply: { state: 'active' } } });
    const waits = resultOf<{ taskId: string }>(await grant({ op: 'grant', id: 'waits', wait: true, ...lease }));
    expect(waits).toMatchObject({
      resultType: 'task',
      status: 'working',
      statusMessage: expect.stringContaining('waits'),
    });
    await grant({ op: 'release', id: 'held' });
    const done = await until(
      () => task('tasks/get', waits.taskId),
      ({ body: { result } }) => result?.status !== 'working',
    );
    expect(resultOf(done)).toMatchObject({
      status: 'completed',
      result: { structuredContent: { status: 'accepted', reply: { id: 'waits', state: 'active' } } },
    });
  });

  it('a job is a task until it ends, and at once a result for who knows no tasks', async () => {
    const job = (id: string): object => ({ id, role: 'nobody', priority: 1, ticks: 1, budget_ms: 1000 });
    const params = { name: 'queen_schedule_ctl', arguments: job('first') };
    const first = resultOf<{ taskId: string }>(
      await ask(hive, hive.ticket, { method: 'tools/call', params, capabilities: TASKS }),
    );
    expect(first).toMatchObject({ resultType: 'task', status: 'working' });
    const cancel = { name: 'queen_schedule_ctl', arguments: { op: 'cancel', id: 'first' } };
    await ask(hive, hive.ticket, { method: 'tools/call', params: cancel });
    const done = await until(
      () => task('tasks/get', first.taskId),
      ({ body: { result } }) => result?.status !== 'working',
    );
    expect(resultOf(done)).toMatchObject({ result: { structuredContent: { reply: { state: 'cancelled' } } } });
    const plain = { name: 'queen_schedule_ctl', arguments: job('second') };
    expect(resultOf(await ask(hive, hive.ticket, { method: 'tools/call', params: plain }))).toMatchObject({
      resultType: 'complete',
      structuredContent: { status: 'accepted', reply: { id: 'second' } },
    });
  });
});
