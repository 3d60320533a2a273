// coh telemetry: what devices send, and what is there of it.

import { type Command, Option } from 'commander';
import type { ExplainWish } from '../commands/telemetry-explain.ts';
import type { PullWish } from '../commands/telemetry-pull.ts';
import { DEVICE_FORGET } from '../lines/telemetry.ts';
import type { PushWish } from '../telemetry/prepare-push.ts';
import { count, type Runner, withHelp } from './define.ts';
import { defineGroup, defineLine } from './lines.ts';

/** Adds it. */
export function defineTelemetry(program: Command, run: Runner): void {
  const group = defineGroup(program, {
    word: 'telemetry',
    summary: 'push, pull and look at the telemetry of devices',
    description:
      'A device sends its telemetry in segments that the hive names. A small text goes inline; of anything else the segment has references, pieces by their hashes, and the artefact lies in a folder.',
    examples: [
      ['coh telemetry push boot.log --device cam-1', 'a small text, inline'],
      ['coh telemetry push flight.bag --device cam-1 --store /mnt/artefacts', 'a large file, by reference'],
      ['coh telemetry status cam-1', 'what there is'],
    ],
  });
  definePush(group, run);
  definePull(group, run);
  defineStatus(group, run);
  defineExplain(group, run);
  defineLine(group, run, {
    word: 'forget',
    form: DEVICE_FORGET,
    summary: 'forget a device with all its segments',
    description: 'Removes all segments of a device that does not send any more. Their names are not used again.',
    examples: [['coh telemetry forget cam-1', 'another device finds room then']],
  });
}

const STORE_NOTE =
  'The folder of artefacts is $XDG_DATA_HOME/cohesix/artefacts unless --store names another; an artefact is found there by what its segment says, and every piece is checked by its hash.';

function definePush(group: Command, run: Runner): void {
  withHelp(
    group
      .command('push')
      .summary('send a file as a segment of a device')
      .description(
        'Sends a file. What the hive has of it already is not sent again: it can be repeated, and goes on when a connection breaks.',
      )
      .argument('<file>', 'the file')
      .requiredOption('--device <id>', 'the device')
      .option('--mime <type>', 'what it is; default: by the name of the file')
      .option('--name <name>', 'what it is called; default: the name of the file')
      .addOption(new Option('--inline', 'inline or not at all').conflicts('reference'))
      .option('--reference', 'by reference, also a small text')
      .addOption(new Option('--store <dir>', 'folder that gets the artefact'))
      .addOption(new Option('--no-store', 'keep the artefact nowhere'))
      .option('--copy', 'keep a copy, where a second name of the file would do')
      .action((file: string, wish: Omit<PushWish, 'store'> & { readonly store?: string | boolean }) =>
        run(async (context) => {
          const { store, ...rest } = wish;
          // Without --no-store commander says true.
          const folder = store === true || store === undefined ? {} : { store };
          return (await import('../commands/telemetry-push.ts')).pushTelemetry(context, file, { ...rest, ...folder });
        }),
      ),
    {
      notes: [
        STORE_NOTE,
        'On one file system the folder gets a second name of the file: who changes the file in place changes the artefact, which a pull notices.',
        'A ticket for a device: coh ticket mint --role queen --subject cam-1 --scope /queen/telemetry/cam-1:rw --scope /proc/bounds:r --scope /proc/self:r',
      ],
      examples: [
        ['coh telemetry push boot.log --device cam-1', 'inline'],
        ['coh telemetry push flight.bag --device cam-1', 'by reference, and the artefact for those who pull'],
        ['coh telemetry push flight.bag --device cam-1 --no-store', 'only the hashes'],
      ],
      json: '{"device", "segment", "kind": "records" or "references", "records", "before", "bytes", "store"}; "before": records that were there',
    },
  );
}

function definePull(group: Command, run: Runner): void {
  withHelp(
    group
      .command('pull')
      .summary('fetch segments, and the artefacts they refer to')
      .description(
        'Writes <out>/<device>/<segment>.records, and beside it the file that the records are or refer to. What is there is not fetched again; every hash is checked.',
      )
      .requiredOption('--out <dir>', 'folder that gets them')
      .option('--device <id>', 'only of this device')
      .option('--store <dir>', 'folder in which artefacts are')
      .option('--from <file>', 'a file that is the artefact')
      .action((wish: PullWish) =>
        run(async (context) => (await import('../commands/telemetry-pull.ts')).pullTelemetry(context, wish)),
      ),
    {
      notes: [
        STORE_NOTE,
        'Exit status 1 when an artefact is missing or other than its hashes; the rest is there then.',
      ],
      examples: [
        ['coh telemetry pull --out telemetry', 'of all devices'],
        ['coh telemetry pull --out telemetry --device cam-1 --store /mnt/artefacts', 'of one'],
      ],
      json: '{"segments": [{"device", "segment", "kind", "records", "bytes", "fetched", "artefact", "problem"}]}',
    },
  );
}

const LIMIT = { least: 1, most: 100_000, what: 'rows' };
const ROWS_SHOWN = 50;

function defineStatus(group: Command, run: Runner): void {
  withHelp(
    group
      .command('status')
      .summary('what there is of all devices, or of one')
      .description('Lists the devices, or the segments of one.')
      .argument('[device]', 'id of the device')
      .option('--limit <rows>', 'most rows of the table', (text) => count(text, LIMIT), ROWS_SHOWN)
      .action((device: string | undefined, options: { limit: number }) =>
        run(async (context) =>
          (await import('../commands/telemetry-status.ts')).telemetryStatus(context, device, options),
        ),
      ),
    {
      examples: [
        ['coh telemetry status', 'devices'],
        ['coh telemetry status cam-1', 'segments of one'],
      ],
      json: 'the fields of the status, and "devices_known" or "segments_kept": all rows',
    },
  );
}

function defineExplain(group: Command, run: Runner): void {
  withHelp(
    group
      .command('explain')
      .summary('the bounds, what is left of them, whether a file would be taken')
      .description(
        'Says what the bounds are, what is left, and what was refused or made room lately; of a file how it would go, or why not.',
      )
      .argument('[file]', 'a file that is to be pushed')
      .option('--device <id>', 'the device')
      .action((file: string | undefined, wish: ExplainWish) =>
        run(async (context) =>
          (await import('../commands/telemetry-explain.ts')).explainTelemetry(context, file, wish),
        ),
      ),
    {
      examples: [
        ['coh telemetry explain --device cam-1', 'what is left'],
        ['coh telemetry explain flight.bag --device cam-1', 'how it would go'],
      ],
      json: '{"bounds", "status", "state", "said": [sentence], "lately": [line of the log], "file": {"would", "because"} or null}',
    },
  );
}
