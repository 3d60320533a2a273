import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConsoleServer, NinepServer, PathSession } from '../../ninedoor/src/index.ts';
import { type Fixture, makeFixture } from '../../ninedoor/test/fixture.ts';
import { connect, createShell, type HiveClient, InProcessClient, TranscriptRecorder } from '../src/index.ts';
import { good, testHiveClient } from './hive-client-suite.ts';

function fixture() {
  const f = makeFixture();
  let log = '';
  const door = f.door as any;
  f.ring.append(new TextEncoder().encode('boot\n'));
  const submit = (who: any, path: string, lines: string[], done: any) => {
    for (const l of lines) {
      try {
        JSON.parse(l);
      } catch {
        return done({ ok: false, refusal: { code: 'invalid-payload', detail: 'It is not JSON at all.' } });
      }
    }
    log += lines.map((l) => l + '\n').join('');
    done({ ok: true, value: undefined });
  };
  (door.ports as any).submit = submit;
  return { f, log: () => log };
}
async function via(kind: string) {
  const { f, log } = fixture();
  const path = join(mkdtempSync(join(tmpdir(), 'c-')), 's');
  let client: HiveClient;
  let dispose: () => Promise<void> = async () => {};
  if (kind === 'in') {
    const s = f.door.attach({ role: 'queen', subject: undefined, token: f.token(), door: 'in-process', peer: 'x' });
    client = new InProcessClient(new PathSession(f.door, good(s)));
  } else if (kind === '9p') {
    const server = new NinepServer(f.door);
    await server.listen({ path });
    dispose = () => server.close();
    client = good(await connect({ url: `unix:${path}`, role: 'queen', ticket: f.token() }));
  } else {
    const server = new ConsoleServer(f.door, 'tok');
    await server.listen({ path });
    dispose = () => server.close();
    client = good(
      await connect({ url: `console+unix:${path}`, role: 'queen', ticket: f.token(), consoleToken: 'tok' }),
    );
  }
  return { f, client, dispose, log };
}
for (const kind of ['in', '9p', 'console']) {
  testHiveClient(`real ${kind}`, async () => {
    const { f, client, dispose } = await via(kind);
    return {
      client,
      dispose,
      publish: (line) => void f.ring.append(new TextEncoder().encode(`${line}\n`)),
      paths: { viewBegins: 'Cohesix' },
    };
  });
}
const LINES = [
  'ls /',
  'ls /proc',
  'ls /nope',
  'ls /proc/nope',
  'ls /proc/nope/x',
  'ls /proc/boot',
  'cat /proc/boot',
  'cat /proc',
  'cat /proc/../x',
  'cat /a/b/c/d/e/f/g/h/i/j',
  'tail /log/queen.log 2',
  'log',
  'echo /queen/ctl {"a":1}',
  'echo /queen/ctl x',
  'echo /proc/boot x',
  'echo /proc x',
  'echo /nope/x y',
  `echo /queen/ctl {{x}}`,
  'stat /proc/boot',
  'stat /',
  'stat /queen/ctl',
  'stat /log/queen.log',
  'stat /worker/worker-1/telemetry',
  'echo /worker/worker-1/telemetry x',
  'whoami',
  'follow /proc/boot',
  'follow /nope',
  'cat /proc/self/refusal',
  'ls /proc/pressure',
  'cat /proc/pressure/policy',
  'cat /proc/pressure/quota',
  'spawn {"spawn":"heartbeat","ticks":1}',
  'kill w',
  'ping',
  'bind /proc /x',
  'quit',
];
it('transcripts', async () => {
  const out: Record<string, string> = {};
  for (const kind of ['in', '9p', 'console']) {
    const { client } = await via(kind);
    const r = new TranscriptRecorder();
    const shell = createShell({ client });
    for (const l of LINES) {
      r.emit(`> ${l}`);
      await shell.execute(l, r.emit);
    }
    out[kind] = r.text();
    await client.close();
  }
  console.log(out['in']);
  expect(out['9p']).toBe(out['in']);
  expect(out['console']).toBe(out['in']);
});
