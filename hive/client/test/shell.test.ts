// The shell's transcripts, line by line, and the same bytes over every door.

import { ok, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { createShell, type HiveClient, InProcessClient, type Shell, TranscriptRecorder } from '../src/core.ts';
import { consoleDoor, inProcess, ninep } from './doors.ts';
import { until } from './hive-client-suite.ts';
import { contractHive, MemoryDoor, MemoryHive } from './memory-door.ts';

async function transcript(shell: Shell, lines: readonly string[]): Promise<readonly string[]> {
  const recorder = new TranscriptRecorder();
  for (const line of lines) await shell.execute(line, recorder.emit);
  return recorder.lines;
}

function over(client: HiveClient, more: object = {}): Shell {
  return createShell({ client, newId: () => 'id-1', ...more });
}

/** line → what is answered, over a fresh memory hive. */
const CASES: readonly (readonly [line: string, ...answer: string[]])[] = [
  ['ls /proc', 'OK LS path=/proc entries=3', 'boot', 'empty', 'self', 'END'],
  ['LS /proc', 'OK LS path=/proc entries=3', 'boot', 'empty', 'self', 'END'],
  ['ls /nope', 'ERR LS reason=policy detail=invalid-path path=/nope error=ENOENT'],
  ['ls /proc/boot', 'ERR LS reason=policy detail=not-directory path=/proc/boot error=ENOTDIR'],
  ['cat /proc/boot', 'OK CAT path=/proc/boot', 'hive=test', 'END'],
  ['cat /proc/empty', 'OK CAT path=/proc/empty', 'END'],
  ['cat /proc', 'ERR CAT reason=policy detail=is-directory path=/proc error=EISDIR'],
  ['cat /proc/../proc/boot', 'ERR CAT reason=policy detail=invalid-path path=/proc/../proc/boot error=ENOENT'],
  ['tail /log/queen.log', 'OK TAIL path=/log/queen.log', 'boot', 'END'],
  ['tail /log/queen.log 1', 'OK TAIL path=/log/queen.log', 'boot', 'END'],
  ['tail /log/queen.log 0', 'ERR PARSE reason=policy detail=invalid value for argument lines'],
  ['tail /log/queen.log 257', 'ERR PARSE reason=policy detail=invalid value for argument lines'],
  ['log', 'OK LOG', 'boot', 'END'],
  ['echo /queen/ctl {"kill":"worker-7"}', 'OK ECHO path=/queen/ctl bytes=20'],
  ['echo {"kill":"worker-7"} > /queen/ctl', 'OK ECHO path=/queen/ctl bytes=20'],
  ['echo hello > world > /log/queen.log', 'OK ECHO path=/log/queen.log bytes=14'],
  ['echo /queen/ctl nonsense', 'ERR ECHO reason=policy detail=invalid-payload path=/queen/ctl error=EINVAL'],
  ['echo /proc/boot x', 'ERR ECHO reason=policy detail=denied path=/proc/boot error=EPERM'],
  ['echo /queen/ctl', 'ERR PARSE reason=policy detail=missing required argument: payload'],
  ['echo nowhere', 'ERR PARSE reason=policy detail=invalid value for argument path'],
  [`echo /queen/ctl ${'x'.repeat(8170)}`, 'ERR ECHO reason=quota detail=too-big path=/queen/ctl error=EMSGSIZE'],
  ['spawn {"spawn":"heartbeat","ticks":5}', 'OK SPAWN payload={"spawn":"heartbeat","ticks":5}'],
  [
    'spawn heartbeat ticks=100 ttl_s=120 ops=500',
    'OK SPAWN payload={"spawn":"heartbeat","ticks":100,"budget":{"ttl_s":120,"ops":500}}',
  ],
  [
    'spawn gpu gpu_id=GPU-0 mem_mb=4096 streams=1 ttl_s=60 budget_ops=9',
    'OK SPAWN payload={"spawn":"gpu","lease":{"gpu_id":"GPU-0","mem_mb":4096,"streams":1,"ttl_s":60},"budget":{"ops":9}}',
  ],
  ['spawn heartbeat', 'ERR PARSE reason=policy detail=missing required argument: ticks'],
  ['spawn heartbeat ticks=many', 'ERR PARSE reason=policy detail=invalid value for argument ticks'],
  // Words that every object of JavaScript has: they are in no table.
  ['constructor', 'ERR PARSE reason=policy detail=unsupported console command'],
  ['__proto__ /x', 'ERR PARSE reason=policy detail=unsupported console command'],
  ['spawn constructor', 'OK SPAWN payload={"spawn":"constructor"}'],
  ['spawn __proto__ ops=1', 'OK SPAWN payload={"spawn":"__proto__","budget":{"ops":1}}'],
  ['spawn host constructor=1', 'ERR PARSE reason=policy detail=invalid value for argument constructor'],
  ['spawn host __proto__=1', 'ERR PARSE reason=policy detail=invalid value for argument __proto__'],
  ['kill worker-7', 'OK KILL id=worker-7'],
  ['kill', 'ERR PARSE reason=policy detail=missing required argument: worker'],
  ['lifecycle cordon', 'ERR LIFECYCLE reason=policy detail=invalid-path path=/queen/lifecycle/ctl error=ENOENT'],
  ['lifecycle', 'ERR PARSE reason=policy detail=missing required argument: command'],
  ['bind /proc /shadow', 'OK BIND from=/proc to=/shadow'],
  ['bind /proc', 'ERR PARSE reason=policy detail=missing required argument: dst'],
  ['mount logs /logs', 'OK MOUNT service=logs at=/logs'],
  ['approve /queen/ctl {"kill":"w"}', 'ERR APPROVE reason=policy detail=needs-approval path=/queen/ctl error=ENOKEY'],
  ['approve queen x', 'ERR PARSE reason=policy detail=invalid value for argument path'],
  ['stat /proc/boot', 'OK STAT path=/proc/boot kind=view mode=0444 size=10 qid=10 version=1'],
  ['whoami', 'OK WHOAMI role=queen'],
  ['ping', 'OK PING reply=pong'],
  ['stop', 'ERR STOP reason=policy detail=invalid-transition error=EALREADY'],
  ['follow /proc/boot', 'ERR FOLLOW reason=policy detail=unsupported path=/proc/boot error=EOPNOTSUPP'],
  ['follow /log/queen.log -1', 'ERR PARSE reason=policy detail=invalid value for argument from'],
  ['attach queen', 'ERR ATTACH reason=policy detail=unsupported error=EOPNOTSUPP'],
  ['bi', 'ERR BOOTINFO reason=policy detail=unsupported error=EOPNOTSUPP'],
  ['dance', 'ERR PARSE reason=policy detail=unsupported console command'],
  ['', 'ERR PARSE reason=policy detail=empty command'],
  ['test --mode slow', 'ERR PARSE reason=policy detail=invalid value for argument mode'],
  ['test --timeout 121', 'ERR PARSE reason=policy detail=invalid value for argument timeout'],
  ['quit', 'OK QUIT'],
];

describe('the shell', () => {
  for (const [line, ...answer] of CASES) {
    it(`answers ${line.length > 60 ? `${line.slice(0, 60)}…` : line || '(nothing)'}`, async () => {
      expect(await transcript(over(inProcess().client), [line])).toEqual(answer);
    });
  }

  it('answers the same bytes over every door', async () => {
    const lines = CASES.map(([line]) => line);
    const [inside, nine, line] = [inProcess().client, (await ninep()).client, (await consoleDoor()).client];
    const expected = await transcript(over(inside), lines);
    expect(await transcript(over(nine), lines)).toEqual(expected);
    expect(await transcript(over(line), lines)).toEqual(expected);
  });

  it('shows the last lines of a long file, from a cut at a line', async () => {
    const hive = new MemoryHive();
    hive.put('/l', 'stream', Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join(''));
    const shell = over(inProcess(hive).client);
    expect(await transcript(shell, ['tail /l 2'])).toEqual(['OK TAIL path=/l', 'line 998', 'line 999', 'END']);
    expect((await transcript(shell, ['tail /l'])).length).toBe(258);
  });

  it('shows what is not text as base64', async () => {
    const hive = new MemoryHive();
    hive.put('/b', 'view', 'END\n');
    expect(await transcript(over(inProcess(hive).client), ['cat /b'])).toEqual([
      'OK CAT path=/b',
      'b64:RU5ECg==',
      'END',
    ]);
  });

  it('needs a session for files, and says so', async () => {
    const shell = createShell({});
    expect(await transcript(shell, ['ls /', 'ping', 'test', 'lifecycle drain', 'follow /l'])).toEqual([
      'ERR LS reason=policy detail=unauthenticated error=EACCES',
      'ERR PING reason=policy detail=unauthenticated error=EACCES',
      'ERR TEST reason=policy detail=unauthenticated error=EACCES',
      'ERR LIFECYCLE reason=policy detail=unauthenticated error=EACCES',
      'ERR FOLLOW reason=policy detail=unauthenticated error=EACCES',
    ]);
  });

  it('attaches with what makes sessions', async () => {
    const hive = contractHive();
    const shell = createShell({
      connect: async (role, ticket) =>
        ticket === 'good' ? ok(new InProcessClient(new MemoryDoor(hive, role))) : refuse('denied'),
    });
    expect(
      await transcript(shell, [
        'attach worker-gpu bad',
        'attach worker-gpu good',
        'whoami',
        'login queen good',
        'whoami',
      ]),
    ).toEqual([
      'ERR ATTACH reason=policy detail=denied error=EPERM',
      'OK ATTACH role=worker-gpu',
      'OK WHOAMI role=worker-gpu',
      'OK ATTACH role=queen',
      'OK WHOAMI role=queen',
    ]);
  });

  it('approves with the other session exactly the line', async () => {
    const hive = contractHive();
    hive.put('/actions/queue', 'control', '');
    const shell = over(inProcess(hive).client, { approver: new InProcessClient(new MemoryDoor(hive)) });
    expect(await transcript(shell, ['approve /queen/ctl {"kill":"w-1"}'])).toEqual(['OK APPROVE path=/queen/ctl']);
    expect(JSON.parse(hive.files.get('/actions/queue')?.text ?? '')).toEqual({
      id: 'id-1',
      target: '/queen/ctl',
      line: '{"kill":"w-1"}',
      decision: 'approve',
    });
  });

  for (const door of ['in process', '9p', 'console'] as const) {
    it(`follows beside other commands until stop (${door})`, async () => {
      const made = door === 'in process' ? inProcess() : door === '9p' ? await ninep() : await consoleDoor();
      const shell = over(made.client);
      const recorder = new TranscriptRecorder();
      await shell.execute('follow /log/queen.log', recorder.emit);
      made.hive.publish('/log/queen.log', 'one\n');
      await until(() => recorder.lines.includes('one'));
      await shell.execute('follow /log/queen.log', recorder.emit);
      await shell.execute('cat /proc/boot', recorder.emit);
      made.hive.publish('/log/queen.log', 'two\n');
      await until(() => recorder.lines.includes('two'));
      await shell.execute('stop', recorder.emit);
      expect(recorder.lines).toEqual([
        'OK FOLLOW path=/log/queen.log',
        'one',
        'ERR FOLLOW reason=busy detail=busy path=/log/queen.log error=EBUSY',
        'OK CAT path=/proc/boot',
        'hive=test',
        'END',
        'two',
        'END',
        'OK STOP',
      ]);
    });
  }

  it('lists its verbs for help', async () => {
    const lines = await transcript(createShell({}), ['help']);
    expect(lines.at(-1)).toBe('OK HELP');
    for (const verb of ['ls <path>', 'approve <path> <line>', 'test [--mode']) {
      expect(lines.some((line) => line.startsWith(verb))).toBe(true);
    }
  });

  describe('{{spawned}}', () => {
    const LINE = '{"spawn":"host"}';

    /** A hive whose /queen/ctl answers a spawn of ours with these results. */
    function spawning(...results: readonly string[]): MemoryHive {
      const hive = contractHive();
      hive.put('/queen/ctl', 'stream', '');
      hive.put('/proc/self/results', 'view', '');
      hive.gates.set('/queen/ctl', (line) => {
        if (line === LINE) hive.put('/proc/self/results', 'view', `${results.join('\n')}\n`);
        return undefined;
      });
      return hive;
    }

    function result(id: string, path = '/queen/ctl'): string {
      return JSON.stringify({ line: 1, path, result: 'accepted', entry: 7, reply: { id } });
    }

    async function echoed(hive: MemoryHive, between: () => void = () => {}): Promise<string | undefined> {
      const shell = over(inProcess(hive).client);
      await transcript(shell, [`spawn ${LINE}`]);
      between();
      await transcript(shell, ['echo /log/queen.log {{spawned}}']);
      return hive.files.get('/log/queen.log')?.text;
    }

    it('is the worker that this session’s last write made', async () => {
      expect(await echoed(spawning(result('worker-2')))).toBe('boot\nworker-2\n');
    });

    it('is known at once: what is written later changes nothing', async () => {
      const hive = spawning(result('worker-2'));
      const later = (): void => hive.put('/proc/self/results', 'view', '');
      expect(await echoed(hive, later)).toBe('boot\nworker-2\n');
    });

    it('and the one before has a name too, and no other', async () => {
      let count = 1;
      const hive = spawning();
      hive.gates.set('/queen/ctl', () => {
        count += 1;
        hive.put('/proc/self/results', 'view', `${result(`worker-${count}`)}\n`);
        return undefined;
      });
      const shell = over(inProcess(hive).client);
      await transcript(shell, [`spawn ${LINE}`, 'echo /log/queen.log {{spawned}} {{spawned-1}}']);
      await transcript(shell, [`spawn ${LINE}`, `spawn ${LINE}`, 'echo /log/queen.log {{spawned}} {{spawned-1}}']);
      expect(hive.files.get('/log/queen.log')?.text).toBe('boot\nworker-2 {{spawned-1}}\nworker-4 worker-3\n');
    });

    it.each([
      ['no JSON', '~ lost bytes=12'],
      ['about another file', result('worker-2', '/queen/lease/ctl')],
      ['a refusal', '{"line":1,"path":"/queen/ctl","result":"refused","code":"denied","detail":"no"}'],
    ])('stays as it is when the results are %s', async (_, text) => {
      expect(await echoed(spawning(text))).toBe('boot\n{{spawned}}\n');
    });
  });

  it('executes lines in the order they are given', async () => {
    const { client } = await ninep();
    const recorder = new TranscriptRecorder();
    const shell = over(client);
    await Promise.all(['cat /proc/boot', 'ls /queen', 'ping'].map((line) => shell.execute(line, recorder.emit)));
    expect(recorder.lines.filter((line) => line.startsWith('OK'))).toEqual([
      'OK CAT path=/proc/boot',
      'OK LS path=/queen entries=1',
      'OK PING reply=pong',
    ]);
  });
});

describe('the recorder', () => {
  it('keeps the latest lines within its bound and tells what it lost', () => {
    const recorder = new TranscriptRecorder({ maxBytes: 10 });
    for (const line of ['aaaa', 'bbbb']) recorder.emit(line);
    expect(recorder.text()).toBe('aaaa\nbbbb\n');
    recorder.emit('c');
    expect(recorder.text()).toBe('~ lost lines=1\nbbbb\nc\n');
  });
});
