// The commands about files: ls, cat, tail, stat, echo.

import { type Command, InvalidArgumentError } from 'commander';
import { withoutTrailingSlash } from '../places.ts';
import { count, type Runner, waitOption, withHelp } from './define.ts';

const INTERVAL = { least: 10, most: 3_600_000, what: 'milliseconds' };
const LINES = { least: 0, most: 1_000_000, what: 'lines' };

/** Adds them. */
export function defineFiles(program: Command, run: Runner): void {
  program.commandsGroup('Files:');
  defineReaders(program, run);
  withHelp(
    program
      .command('echo')
      .summary('append a line to a file')
      .description('Appends whole lines to a control file or a stream: all of them or none.')
      .argument('<path>', 'file of the hive')
      .argument('<text...>', 'the line; its words are joined by blanks; - reads lines from stdin')
      .addOption(waitOption())
      .action((path: string, text: readonly string[], options: { wait?: number }) =>
        run(async (context) => (await import('../commands/files.ts')).echo(context, absolute(path), text, options)),
      ),
    {
      notes: [
        'The path comes first, as on the console, so that the text needs no quoting. A text that begins with - goes after --.',
      ],
      examples: [
        ['coh echo /log/queen.log hello', 'a note in the log'],
        ['coh echo /queen/ctl \'{"budget":{"ttl_s":600}}\'', 'a line of a control file'],
        ['coh echo /log/queen.log -- -5 degrees', 'a text that looks like an option'],
        ['printf "one\\ntwo\\n" | coh echo /log/queen.log -', 'lines from stdin'],
      ],
      json: '{"path": text, "bytes": number, "results": [{"line", "path", "result", "entry", "reply"}]}',
    },
  );
}

function defineReaders(program: Command, run: Runner): void {
  withHelp(
    program
      .command('ls')
      .summary('list a directory')
      .description('Lists the names in a directory, in byte order.')
      .argument('[path]', 'directory of the hive', '/')
      .action((path: string) =>
        run(async (context) => (await import('../commands/files.ts')).ls(context, absolute(path))),
      ),
    {
      examples: [
        ['coh ls /', 'what there is'],
        ['coh ls /worker', 'the workers that live'],
      ],
      json: '{"path": text, "names": [text]}',
    },
  );
  withHelp(
    program
      .command('cat')
      .summary('show a file')
      .description('Writes the content of a file to stdout, as it is.')
      .argument('<path>', 'file of the hive')
      .action((path: string) =>
        run(async (context) => (await import('../commands/files.ts')).cat(context, absolute(path))),
      ),
    {
      examples: [
        ['coh cat /proc/boot', 'what runs here'],
        ['coh cat /worker/worker-1/info', 'one worker'],
      ],
      json: '{"path": text, "bytes": number, "text": text}; "base64" instead of "text" when the content is not UTF-8',
    },
  );
  withHelp(
    program
      .command('tail')
      .summary('show the end of a file, or follow it')
      .description(
        'Shows the last lines of a file; with -f also every line that comes, until Ctrl-C. A `*` in the place of a name stands for every name: then each line has its file before it.',
      )
      .argument('<path>', 'file of the hive, or a pattern of streams')
      .option('-n, --lines <count>', 'how many lines (default: 10; with -f and a pattern 0)', (text) =>
        count(text, LINES),
      )
      .option('-f, --follow', 'go on with what is appended')
      .option('--interval <ms>', 'how often to look at the streams of a pattern (default: 1000)', (text) =>
        count(text, INTERVAL),
      )
      .action((path: string, options: { lines?: number; follow?: boolean; interval?: number }) =>
        run(async (context) => (await import('../commands/files.ts')).tail(context, absolute(path), options)),
      ),
    {
      examples: [
        ['coh tail -n 20 /log/queen.log', 'the last 20 lines of the log'],
        ['coh tail -f /worker/worker-1/telemetry', 'what a worker reports'],
        ["coh tail -f '/worker/*/telemetry'", 'what all workers report'],
      ],
      json: '{"path": text, "lines": [text]}; with -f one {"path": text, "line": text} for each line',
    },
  );
  withHelp(
    program
      .command('stat')
      .summary('show kind, size and version of a file')
      .description('Shows what a file is: directory, view, control, stream or blob.')
      .argument('<path>', 'file of the hive')
      .action((path: string) =>
        run(async (context) => (await import('../commands/files.ts')).stat(context, absolute(path))),
      ),
    {
      examples: [['coh stat /queen/ctl', 'a control file']],
      json: '{"path", "kind", "mode", "size", "qid": text, "version": number}; "size" is decimal text',
    },
  );
}

/** Paths of the hive are absolute; the slash that completion puts behind a directory is taken off. @throws InvalidArgumentError */
function absolute(path: string): string {
  if (path.startsWith('/')) return withoutTrailingSlash(path);
  throw new InvalidArgumentError(`error: a path of the hive starts with a slash; did you mean /${path}?`);
}
