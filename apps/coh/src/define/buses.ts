// coh bus and coh lora: adapters that sidecars bring.

import { Argument, type Command } from 'commander';
import { count, type Runner, withHelp } from './define.ts';
import { defineGroup } from './lines.ts';

const FRAMES = { least: 1, most: 100_000, what: 'frames' };
const INTERVAL = { least: 0, most: 60_000, what: 'milliseconds' };
const HEX = 'the payload is bytes in hex digits: 01 03 00 6b';
const LINE_JSON = '{"path": text, "line": text}';

/** Adds `coh bus`. */
export function defineBuses(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'bus',
    summary: 'field buses: links, frames that wait, replay',
    description:
      'A field bus is brought by a sidecar, a program beside the hive. While its link is offline its frames wait on disk until they are replayed.',
    examples: [
      ['coh bus list', 'every bus, and how many frames wait'],
      ['coh bus feed plc-1 --mock --count 3', 'frames as a device would send them'],
      ['coh bus replay plc-1', 'what waits, into the stream'],
    ],
  });
  defineLooks(group, run);
  defineActs(group, run);
  defineFeed(group, run);
}

function defineLooks(group: Command, run: Runner): void {
  withHelp(
    group
      .command('list')
      .summary('list the buses')
      .description('Lists the buses that your ticket may see.')
      .action(() => run(async (context) => (await import('../commands/buses.ts')).listBuses(context))),
    {
      examples: [['coh bus list', 'a table']],
      json: '{"buses": [{"adapter", "kind", "over", "baud", "link", "link_ms", "worker", "replays", "through", "replayed", "replayed_bytes", "waiting", "waiting_bytes", "max_entries", "max_bytes"}]}',
    },
  );
  withHelp(
    group
      .command('status')
      .summary('show one bus')
      .description('Shows a bus: its link, its worker, what waits and what was replayed.')
      .argument('<bus>', 'its name below /bus')
      .action((bus: string) => run(async (context) => (await import('../commands/buses.ts')).busStatus(context, bus))),
    { examples: [['coh bus status plc-1', 'a field a line']], json: 'the fields of a row of coh bus list' },
  );
}

function defineActs(group: Command, run: Runner): void {
  withHelp(
    group
      .command('link')
      .summary('say whether the link is up')
      .description(
        'Says whether the sidecar has its bus. Offline, frames wait on disk; online, they are in the stream.',
      )
      .argument('<bus>', 'its name below /bus')
      .addArgument(new Argument('<state>', 'how it is').choices(['online', 'offline']))
      .action((bus: string, state: string) =>
        run(async (context) => (await import('../commands/buses.ts')).busLink(context, bus, state)),
      ),
    { examples: [['coh bus link plc-1 online', 'from now on']], json: LINE_JSON },
  );
  for (const [word, verb] of [
    ['send', 'busSend'],
    ['tell', 'busTell'],
  ] as const) {
    const isSend = word === 'send';
    withHelp(
      group
        .command(word)
        .summary(isSend ? 'bring a frame of the bus' : 'give the sidecar an order')
        .description(
          isSend
            ? 'Appends a frame to the telemetry of a bus, as its sidecar does.'
            : 'Appends an order to the control file of a bus, which its sidecar follows.',
        )
        .argument('<bus>', 'its name below /bus')
        .argument('<payload...>', isSend ? 'the frame' : 'the order')
        .option('--hex', HEX)
        .action((bus: string, words: readonly string[], options: import('../commands/buses.ts').PayloadOptions) =>
          run(async (context) => (await import('../commands/buses.ts'))[verb](context, bus, words, options)),
        ),
      {
        examples: isSend
          ? [
              ['coh bus send plc-1 40001=215', 'a text'],
              ['coh bus send plc-1 --hex 01 03 02 00 d7', 'bytes'],
            ]
          : [['coh bus tell plc-1 read holding 40001 2', 'in the words of the sidecar']],
        json: LINE_JSON,
      },
    );
  }
  withHelp(
    group
      .command('replay')
      .summary('move what waits into the stream')
      .description('Moves the frames that wait into the telemetry of the bus, in order, each once, and says how many.')
      .argument('<bus>', 'its name below /bus')
      .action((bus: string) => run(async (context) => (await import('../commands/buses.ts')).busReplay(context, bus))),
    {
      examples: [['coh bus replay plc-1', 'after the link came back']],
      json: '{"adapter": text, "entries": number, "bytes": number, "through": number}',
    },
  );
}

function defineFeed(group: Command, run: Runner): void {
  withHelp(
    group
      .command('feed')
      .summary('bring frames of a device that does not exist')
      .description('Appends frames as a MODBUS or DNP3 device would send them, for trying things out.')
      .argument('<bus>', 'its name below /bus')
      .requiredOption('--mock', 'they are made up; there is no other source here')
      .option('--count <frames>', 'how many', (text) => count(text, FRAMES), 10)
      .option('--interval <ms>', 'between two of them', (text) => count(text, INTERVAL), 0)
      .action((bus: string, options: import('../commands/buses.ts').FeedOptions) =>
        run(async (context) => (await import('../commands/buses.ts')).busFeed(context, bus, options)),
      ),
    {
      examples: [['coh bus feed plc-1 --mock --count 3', 'three frames']],
      json: '{"adapter": text, "sent": number}',
    },
  );
}

/** Adds `coh lora`. */
export function defineRadios(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'lora',
    summary: 'LoRa radios: send within the duty cycle, see what was refused',
    description:
      'A radio may be on the air for a part of a window of time. What is larger than its largest payload or beyond its part is refused, and remembered.',
    examples: [
      ['coh lora send radio-1 t=21.5', 'one payload'],
      ['coh lora tamper radio-1', 'what was refused'],
    ],
  });
  withHelp(
    group
      .command('list')
      .summary('list the radios')
      .description('Lists the radios that your ticket may see.')
      .action(() => run(async (context) => (await import('../commands/radios.ts')).listRadios(context))),
    {
      examples: [['coh lora list', 'a table']],
      json: '{"radios": [{"adapter", "region", "duty_cycle_percent", "window_ms", "max_payload_bytes", "worker", "sent", "bytes", "refused", "budget_us", "used_us", "at_ms"}]}',
    },
  );
  withHelp(
    group
      .command('send')
      .summary('send a payload')
      .description('Sends a payload, if it fits and the duty cycle has room for it.')
      .argument('<radio>', 'its name below /lora')
      .argument('<payload...>', 'the payload')
      .option('--hex', HEX)
      .action((radio: string, words: readonly string[], options: import('../commands/buses.ts').PayloadOptions) =>
        run(async (context) => (await import('../commands/radios.ts')).radioSend(context, radio, words, options)),
      ),
    {
      examples: [
        ['coh lora send radio-1 t=21.5', 'a text'],
        ['coh lora send radio-1 --hex 01 02 ff', 'bytes'],
      ],
      json: LINE_JSON,
    },
  );
  withHelp(
    group
      .command('status')
      .summary('show one radio')
      .description('Shows a radio: its limits, what it sent, what it refused. Times on the air are microseconds.')
      .argument('<radio>', 'its name below /lora')
      .action((radio: string) =>
        run(async (context) => (await import('../commands/radios.ts')).radioStatus(context, radio)),
      ),
    { examples: [['coh lora status radio-1', 'a field a line']], json: 'the fields of a row of coh lora list' },
  );
  withHelp(
    group
      .command('tamper')
      .summary('what a radio refused')
      .description('Lists the last payloads that a radio refused, oldest first, and why.')
      .argument('<radio>', 'its name below /lora')
      .action((radio: string) =>
        run(async (context) => (await import('../commands/radios.ts')).radioTamper(context, radio)),
      ),
    {
      examples: [['coh lora tamper radio-1', 'a table']],
      json: '{"adapter": text, "tamper": [{"ts_ms", "reason", "bytes"}]}',
    },
  );
}
