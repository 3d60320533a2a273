// coh spool and coh settings: what survives on the disk of the hive.

import type { Command } from 'commander';
import { count, type Runner, waitOption, withHelp } from './define.ts';
import { defineGroup } from './lines.ts';

const RECORDS = { least: 1, most: 1_000_000, what: 'records' };
const SEQ = { least: 1, most: 999_999_999_999, what: 'as the number of a record' };

/** Adds `coh spool`. */
export function defineSpool(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'spool',
    summary: 'keep records on disk until they are fetched',
    description:
      'Records that are appended are on the disk when the answer comes, survive a power cut, and wait until somebody has acknowledged them.',
    examples: [
      ['coh spool append "temperature=21"', 'one record'],
      ['coh spool read', 'what waits'],
      ['coh spool read --ack', 'fetch it: it waits no more'],
      ['coh spool status', 'how full it is'],
    ],
  });
  defineUse(group, run);
  defineCare(group, run);
}

function defineUse(group: Command, run: Runner): void {
  withHelp(
    group
      .command('append')
      .summary('append a record')
      .description('Appends one record, and ends when it is on the disk.')
      .argument('<text...>', 'its payload; - alone reads it from stdin, byte by byte')
      .option('--lines', 'each line of stdin is a record')
      .action((words: readonly string[], options: import('../commands/spool.ts').SpoolAppendOptions) =>
        run(async (context) => (await import('../commands/spool.ts')).spoolAppend(context, words, options)),
      ),
    {
      examples: [
        ['coh spool append "temperature=21"', 'a text'],
        ['coh spool append - < frame.bin', 'any bytes'],
        ['coh spool append --lines - < readings.txt', 'a record a line'],
      ],
      json: '{"records": number, "bytes": number, "last_seq": number}; last_seq, of the newest record, perhaps of somebody else, when the ticket may read the status',
    },
  );
  withHelp(
    group
      .command('read')
      .summary('show the records that wait')
      .description('Shows the records that nobody has acknowledged, the oldest first.')
      .option('-n, --limit <records>', 'most records', (text) => count(text, RECORDS))
      .option('--ack', 'acknowledge what was shown')
      .option('--raw', 'only the payloads, as they are')
      .action((options: import('../commands/spool.ts').SpoolReadOptions) =>
        run(async (context) => (await import('../commands/spool.ts')).spoolRead(context, options)),
      ),
    {
      notes: [
        'Who acknowledges with --ack loses what its own reader did not keep: better is `coh spool ack` afterwards.',
      ],
      examples: [
        ['coh spool read -n 10', 'the ten oldest'],
        ['coh spool read --raw > frames', 'the payloads'],
      ],
      json: 'a line for each: {"seq", "ts_ms", "kind", "bytes", "text" or "base64"}; {"seq", "lost"} where records are damaged',
    },
  );
  withHelp(
    group
      .command('ack')
      .summary('say how far records were fetched')
      .description('Acknowledges all records up to and with one. Under overwrite_acked their room is free then.')
      .argument('<record>', 'number of the last one that was fetched', (text) => count(text, SEQ))
      .action((seq: number) => run(async (context) => (await import('../commands/spool.ts')).spoolAck(context, seq))),
    { examples: [['coh spool ack 7', 'records 1 to 7']], json: '{"acked": number}' },
  );
  withHelp(
    group
      .command('status')
      .summary('how full it is, and how far it was acknowledged')
      .description('Shows the state of the spool.')
      .action(() => run(async (context) => (await import('../commands/spool.ts')).spoolStatus(context))),
    { examples: [['coh spool status', 'a field a line']], json: 'the fields of /proc/spool/status' },
  );
}

const MUST_REST = 'The hive must not run: it works on the data directory.';

function defineCare(group: Command, run: Runner): void {
  withHelp(
    group
      .command('init')
      .summary('make the spool anew')
      .description(`Makes the file or block device that [spool] names a spool of this hive. ${MUST_REST}`)
      .option('--force', 'also when something is there; it is lost')
      .action(({ force = false }: { force?: boolean }) =>
        run(async (context) => (await import('../commands/spool-offline.ts')).spoolOffline(context, 'init', force)),
      ),
    {
      notes: ['A file is made by the first start; a block device only here.'],
      examples: [['coh spool init', 'on a device that holds nothing']],
      json: '{"path": text, "bytes": number}',
    },
  );
  withHelp(
    group
      .command('adopt')
      .summary('take over the spool of another hive')
      .description(`Makes the spool that is there ours, with its records. ${MUST_REST}`)
      .action(() =>
        run(async (context) => (await import('../commands/spool-offline.ts')).spoolOffline(context, 'adopt', false)),
      ),
    {
      examples: [['coh spool adopt', 'after a card was moved to another machine']],
      json: '{"path": text, "from": text}',
    },
  );
  withHelp(
    group
      .command('inspect')
      .summary('look at a spool without a hive')
      .description('Shows what a file or a block device holds, whosever it is. Nothing is changed.')
      .argument('<file>', 'the file or device')
      .action((file: string) =>
        run(async (context) => (await import('../commands/spool-offline.ts')).spoolInspect(context, file)),
      ),
    { examples: [['coh spool inspect /dev/mmcblk0p3', 'a field a line']], json: 'the same fields' },
  );
}

/** Adds `coh settings`. */
export function defineSettings(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'settings',
    summary: 'keep settings of the machine',
    description:
      'Texts by name that belong to the machine and not to hive.toml: a site, a serial number. They survive power cuts, and the loss of the journal. No secrets: whoever may read the journal reads them.',
    examples: [
      ['coh settings set site lab-3', 'one of them'],
      ['coh settings get site', 'its text'],
      ['coh settings list', 'all'],
    ],
  });
  withHelp(
    group
      .command('get')
      .summary('show one setting')
      .description('Shows the text of a setting.')
      .argument('<name>', 'its name')
      .action((key: string) =>
        run(async (context) => (await import('../commands/settings.ts')).getSetting(context, key)),
      ),
    { examples: [['coh settings get site', 'lab-3']], json: '{"key": text, "value": text}' },
  );
  withHelp(
    group
      .command('list')
      .summary('show all settings')
      .description('Lists the settings by their names.')
      .action(() => run(async (context) => (await import('../commands/settings.ts')).listSettings(context))),
    { examples: [['coh settings list', 'a setting a line']], json: '{"settings": {name: text}}' },
  );
  defineChanges(group, run);
  withHelp(
    group
      .command('status')
      .summary('how often they were changed, and how their copy is doing')
      .description('Shows the revision of the settings and the state of the copy that survives the journal.')
      .action(() => run(async (context) => (await import('../commands/settings.ts')).settingsStatus(context))),
    { examples: [['coh settings status', 'a field a line']], json: 'the fields of /settings/status' },
  );
  withHelp(
    group
      .command('adopt')
      .summary('take over the copy of another hive')
      .description(`Makes the copy that is there ours; the higher revision holds at the next start. ${MUST_REST}`)
      .action(() => run(async (context) => (await import('../commands/settings.ts')).adoptSettings(context))),
    { examples: [['coh settings adopt', 'after keys/ was lost']], json: '{"path": text, "from": text}' },
  );
}

function defineChanges(group: Command, run: Runner): void {
  withHelp(
    group
      .command('set')
      .summary('set one')
      .description('Sets a setting; the others stay.')
      .argument('<name>', 'its name: a-z, 0-9, . _ and -')
      .argument('<text>', 'its text')
      .addOption(waitOption())
      .action((key: string, value: string, options: { wait?: number }) =>
        run(async (context) =>
          (await import('../commands/settings.ts')).changeSettings(context, { set: { [key]: value } }, options.wait),
        ),
      ),
    { examples: [['coh settings set site lab-3', 'on the disk when it ends']], json: '{"set": {name: text}}' },
  );
  withHelp(
    group
      .command('unset')
      .summary('take some away')
      .description('Takes settings away; all of them must be there.')
      .argument('<name...>', 'their names')
      .addOption(waitOption())
      .action((keys: readonly string[], options: { wait?: number }) =>
        run(async (context) =>
          (await import('../commands/settings.ts')).changeSettings(context, { unset: keys }, options.wait),
        ),
      ),
    { examples: [['coh settings unset uplink', 'one of them']], json: '{"unset": [name]}' },
  );
}
