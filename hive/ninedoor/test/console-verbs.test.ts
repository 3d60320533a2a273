// What every console verb answers, good and refused, byte for byte: console-verbs.golden. And the rules of answers:
// one acknowledgement each, END after data, in the order of the commands.

import { CONSOLE_VERBS, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import type { DoorPorts } from '../src/door.ts';
import type { NodeDefinition } from '../src/node.ts';
import { attachedConsole, CONSOLE_TOKEN, connectConsole, type Fixture, makeFixture, settled } from './fixture.ts';
import { expectGolden } from './golden.ts';

const encoder = new TextEncoder();

function view(pattern: string, content: string | Uint8Array): NodeDefinition {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content;
  return { pattern, file: { kind: 'view', boundBytes: bytes.length, version: undefined, render: () => bytes } };
}

const FILES: readonly NodeDefinition[] = [
  view('/proc/empty', ''),
  view('/proc/open', 'one\ntwo\nno LF at the end'),
  view('/proc/lines', 'one\ntwo\nthree\n'),
  view('/proc/tricky', 'END\nOK CAT\n'),
  view('/proc/binary', Uint8Array.of(0, 255, 10)),
];

/** Every verb as a queen says it; `HELD` lines are refused by the authority. */
const QUEEN = [
  'help',
  'bi',
  'caps',
  'mem',
  'smp',
  'ping',
  'PING',
  'test',
  'nettest',
  'netstats',
  'cachelog',
  'cachelog 65536',
  'whoami',
  'ls /',
  'ls /proc/pressure',
  'ls /proc/boot',
  'ls /nope',
  'ls proc',
  'ls',
  'stat /',
  'stat /queen/ctl',
  'stat /proc/boot',
  'stat /log/queen.log',
  'stat /nope',
  'cat /proc/lines',
  'cat /proc/empty',
  'cat /proc/open',
  'cat /proc/tricky',
  'cat /proc/binary',
  'cat /queen/ctl',
  'cat /proc',
  'cat /proc/../queen/ctl',
  'cat /nope',
  'cat /a/b/c/d/e/f/g/h/i',
  'tail /proc/lines',
  'tail /proc/lines 2',
  'tail /proc/open 1',
  'tail /proc/lines 0',
  'tail /proc/lines 257',
  'tail /nope 3',
  'tail /proc',
  'echo /queen/ctl {"spawn":"heartbeat"}',
  'echo /queen/ctl   spaces stay ',
  'echo /log/queen.log a note',
  'echo /proc/boot x',
  'echo /queen x',
  'echo /nope x',
  'echo /queen/ctl',
  'spawn {"spawn":"heartbeat","ticks":5}',
  'spawn',
  'kill worker-1',
  'kill',
  'bind /proc /shadow',
  'bind /proc',
  'mount logs /logs',
  'mount',
  'reboot',
  'stop',
  'follow /proc/boot',
  'follow /proc',
  'follow /nope',
  'follow /log/queen.log 18446744073709551616',
  'nonsense',
  'ls /proc /log',
];

const WORKER = [
  'whoami',
  'ls /',
  'cat /proc/boot',
  'cat /queen/ctl',
  'echo /worker/worker-1/telemetry x',
  'echo /log/queen.log x',
  'spawn {"spawn":"heartbeat"}',
  'kill worker-1',
  'bind /proc /shadow',
];

/** Numbers of this machine, which no golden can hold. */
const MACHINE = /^(mem|smp): /;

async function transcript(
  fixture: Fixture,
  role: 'queen' | 'worker-heartbeat',
  commands: readonly string[],
): Promise<string> {
  const subject = role === 'queen' ? 'queen' : 'worker-1';
  const wire = await attachedConsole(fixture, { role, subject });
  let text = '';
  for (const command of commands) {
    const answers = await wire.say(command);
    const shown = answers.map((line) => (MACHINE.test(line) ? line.replace(/\d+/g, 'N') : line));
    text += [`> ${command}`, ...shown.map((line) => `  ${line}`), ''].join('\n');
  }
  return text;
}

describe('the verbs', () => {
  it('answer a queen and a worker as the golden says', async () => {
    const log = (fixture: Fixture): Fixture => {
      fixture.ring.append(encoder.encode('first\nsecond\n'));
      return fixture;
    };
    const queen = await transcript(log(makeFixture(undefined, FILES)), 'queen', ['log', ...QUEEN]);
    const worker = await transcript(log(makeFixture(undefined, FILES)), 'worker-heartbeat', WORKER);
    expectGolden('console-verbs.golden', `# queen\n${queen}\n# worker-heartbeat worker-1\n${worker}`);
  });

  it('are all in the golden', () => {
    const said = new Set([...QUEEN, 'log', 'attach', 'quit'].map((line) => line.split(' ')[0]?.toLowerCase()));
    expect(CONSOLE_VERBS.map(({ verb }) => verb).filter((verb) => !said.has(verb))).toEqual([]);
  });

  it('pass on what the authority refuses, and the sentence is in /proc/self/refusal', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    fixture.verdict = refuse('needs-approval', 'Rule queen-ctl asks for approval.');
    expect(await wire.say('echo /queen/ctl {}', 'spawn {}', 'kill worker-1', 'cat /proc/self/refusal')).toEqual([
      'ERR ECHO reason=policy detail=needs-approval path=/queen/ctl error=ENOKEY',
      'ERR SPAWN reason=policy detail=needs-approval path=/queen/ctl error=ENOKEY',
      'ERR KILL reason=policy detail=needs-approval path=/queen/ctl error=ENOKEY',
      'OK CAT path=/proc/self/refusal',
      'code=needs-approval path=/queen/ctl detail=Rule queen-ctl asks for approval.',
      'END',
    ]);
    expect(fixture.door.pressure.counts.policy).toBe(3);
  });

  it('run the hive’s own tests through the session, and say nothing more than they did', async () => {
    const asked: string[] = [];
    const fixture = makeFixture();
    const run: NonNullable<DoorPorts['selfTest']> = async (session, flags, tell) => {
      asked.push(`${session.principal.subject} ${flags}`);
      for (const line of ['PASS quick: ping', 'OK TEST mode=quick checks=1']) tell(line);
    };
    Object.assign(fixture.door.ports, { selfTest: run });
    const wire = await attachedConsole(fixture);
    expect(await wire.say('test --mode quick --no-mutate')).toEqual([
      'PASS quick: ping',
      'OK TEST mode=quick checks=1',
    ]);
    expect(asked).toEqual(['queen --mode quick --no-mutate']);
  });

  it('cut an acknowledgement that is longer than a line', async () => {
    const wire = await attachedConsole(makeFixture((m) => ({ ...m, console: { ...m.console, line_max_bytes: 256 } })));
    const json = JSON.stringify({ spawn: 'x'.repeat(230) });
    expect(await wire.say(`spawn ${json}`)).toEqual(['ERR PARSE reason=policy detail=ack-truncated']);
  });

  it('send a directory of any size whole', async () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `${String(index).padStart(5, '0')}-${'n'.repeat(240)}`);
    const many: NodeDefinition = { pattern: '/many/:name', names: { list: () => names, has: () => true } };
    const wire = await attachedConsole(makeFixture(undefined, [many]));
    const answers = await wire.say('ls /many');
    expect(answers[0]).toBe('OK LS path=/many entries=20000');
    expect(answers.slice(1, -1)).toEqual(names);
    expect(answers.at(-1)).toBe('END');
  });

  it('show the end of a file that is too long to show whole', async () => {
    const long = view('/proc/long', `${'x'.repeat(99)}\n`.repeat(11_000));
    const wire = await attachedConsole(makeFixture(undefined, [long]));
    expect(await wire.say('cat /proc/long')).toEqual([
      'ERR CAT reason=quota detail=too-big path=/proc/long error=EMSGSIZE',
    ]);
    expect(await wire.say('tail /proc/long 2')).toEqual([
      'OK TAIL path=/proc/long',
      'x'.repeat(99),
      'x'.repeat(99),
      'END',
    ]);
  });

  it('show what a stream lost as its first line', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    for (let line = 0; line < 50; line++) fixture.ring.append(encoder.encode(`${line} ${'x'.repeat(97)}\n`));
    const lost = fixture.ring.base;
    const all = (await wire.say('tail /log/queen.log')).slice(1, -1);
    expect(all[0]).toBe(`~ lost bytes=${lost} next=${lost}`);
    expect((await wire.say('cat /log/queen.log')).slice(1, -1)).toEqual(all);
    expect((await wire.say(`tail /log/queen.log ${all.length - 1}`)).slice(1, -1)).toEqual(all.slice(1));
    expect((await wire.say('tail /log/queen.log 1'))[1]).toMatch(/^49 x/);
  });
});

describe('many commands in one chunk', () => {
  it('are answered in their order while one waits for the journal', async () => {
    const fixture = makeFixture();
    const wire = await attachedConsole(fixture);
    fixture.holdsWrites = true;
    const commands = ['ping', 'echo /queen/ctl one', 'whoami', 'echo /queen/ctl two', 'cat /proc/boot', 'ping'];
    expect(await wire.say(...commands)).toEqual(['OK PING reply=pong']);
    expect(wire.sink.isPaused).toBe(true);
    expect(fixture.submitted.map(({ lines }) => lines)).toEqual([['one']]);
    fixture.submitted[0]?.done({ ok: true, value: undefined });
    expect(await wire.take()).toEqual(['OK ECHO path=/queen/ctl bytes=4', 'OK WHOAMI role=queen subject=queen']);
    fixture.submitted[1]?.done(refuse('stale'));
    expect(await wire.take()).toEqual([
      'ERR ECHO reason=quota detail=stale path=/queen/ctl error=ESTALE',
      'OK CAT path=/proc/boot',
      'Cohesix boot',
      'END',
      'OK PING reply=pong',
    ]);
    expect(wire.sink.isPaused).toBe(false);
  });

  it('stop being carried out when the client does not read, and go on when it does', async () => {
    const fixture = makeFixture((m) => ({ ...m, secure9p: { ...m.secure9p, write_queue_bytes: 16_384 } }));
    fixture.view = `${'x'.repeat(4000)}\n`;
    const wire = await attachedConsole(fixture);
    wire.sink.isStuck = true;
    const early = await wire.say(...Array.from({ length: 100 }, () => 'cat /proc/boot'));
    expect(early.length).toBeLessThan(3 * 7);
    expect(wire.sink.isPaused).toBe(true);
    wire.sink.release();
    wire.connection.drained();
    // 64 KiB a turn, so that the others have theirs.
    for (let turn = 0; turn < 50; turn++) await settled();
    expect(early.length + (await wire.take()).length).toBe(300);
    expect(wire.sink.isPaused).toBe(false);
  });

  it('end with the first that ends the connection', async () => {
    const fixture = makeFixture();
    const wire = connectConsole(fixture);
    expect(await wire.say(`AUTH ${CONSOLE_TOKEN}`, 'quit', 'ping')).toEqual(['OK AUTH', 'OK QUIT']);
  });
});
