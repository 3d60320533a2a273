// coh re: the words and options of the workbench.

import { type Command, Option } from 'commander';
import { count, type Runner, withHelp } from './define.ts';
import { defineRePatch } from './re-patch.ts';

type Pages = import('../re/tell.ts').Page;

const ROWS = { least: 0, most: 100_000_000, what: 'rows' };
const JSON_ROWS = '"total", "from", "untrusted": names of the fields with text of the file, "rows"';

/** Adds `coh re`. */
export function defineRe(program: Command, run: Runner): void {
  program.commandsGroup('Programs:');
  const group = withHelp(
    program
      .command('re')
      .summary('the workbench: read executables, and patch them with proof')
      .description(
        'Reads programs and libraries (ELF, PE, Mach-O; code for x86-64 and AArch64) as tables and assembly, and changes them by plans.',
      ),
    {
      examples: [
        ['coh re functions ./program', 'what is in it'],
        ['coh re disasm ./program main', 'a function as assembly'],
        ['coh re plan ./program --return is_licensed=1 -o plan.json', 'plan a change'],
      ],
      notes: [
        'Needs no hive. Names and strings of a file are anybody’s text: they are shown escaped and cut.',
        'A place is an address (0x401000), a name, or a name and a distance (main+0x10).',
      ],
    },
  );
  defineTables(group, run);
  defineCode(group, run);
  defineRePatch(group, run, program.version() ?? '');
}

function paged(command: Command): Command {
  return command
    .addOption(new Option('--from <row>', 'first row, from 0').argParser((text) => count(text, ROWS)))
    .addOption(new Option('--limit <rows>', 'most rows; default: 1000').argParser((text) => count(text, ROWS)));
}

function defineTables(group: Command, run: Runner): void {
  withHelp(
    group
      .command('info')
      .argument('<file>', 'program or library')
      .summary('what a file is')
      .description('Shows format, machine, entry, hardening, libraries, and what is odd about the file.')
      .action((file: string) => run(async (context) => (await import('../commands/re-image.ts')).info(context, file))),
    {
      examples: [['coh re info /bin/ls', 'format, machine, libraries']],
      json: '{"schema": "cohesix.re.info/1", "format", "kind", "isa", "entry", …, "warnings", "untrusted"}',
    },
  );
  for (const [word, summary, description] of [
    ['sections', 'the sections of a file', 'Lists sections with addresses, sizes and permissions.'],
    ['symbols', 'the names that a file gives addresses', 'Lists symbols of all tables of the file.'],
  ] as const) {
    withHelp(
      paged(
        group.command(word).argument('<file>', 'program or library').summary(summary).description(description),
      ).action((file: string, options: Pages) =>
        run(async (context) => (await import('../commands/re-image.ts'))[word](context, file, options)),
      ),
      { examples: [[`coh re ${word} /bin/ls`, 'a table']], json: `{"schema": "cohesix.re.${word}/1", ${JSON_ROWS}}` },
    );
  }
}

function defineCode(group: Command, run: Runner): void {
  for (const [word, summary, description] of [
    [
      'functions',
      'the functions that were found',
      'Lists functions: where, how large, how sure, and what tells of them.',
    ],
    ['strings', 'texts in the data', 'Lists texts in the data, and how often code and data name each.'],
  ] as const) {
    withHelp(
      paged(
        group.command(word).argument('<file>', 'program or library').summary(summary).description(description),
      ).action((file: string, options: Pages) =>
        run(async (context) => (await import('../commands/re-code.ts'))[word](context, file, options)),
      ),
      {
        examples: [[`coh re ${word} /bin/ls --limit 20`, 'the first ones']],
        json: `{"schema": "cohesix.re.${word}/1", ${JSON_ROWS}}`,
      },
    );
  }
  withHelp(
    paged(
      group
        .command('disasm')
        .argument('<file>', 'program or library')
        .argument('[place]', 'function or address; default: where the program begins')
        .option('--count <instructions>', 'so many from there on; default: the function', (text) =>
          count(text, { least: 1, most: 100_000, what: 'instructions' }),
        ),
    )
      .summary('code as assembly')
      .description('Shows the rest of the function at a place, in Intel’s or Arm’s syntax, with names.')
      .action((file: string, place: string | undefined, options: import('../commands/re-code.ts').DisasmOptions) =>
        run(async (context) => (await import('../commands/re-code.ts')).disasm(context, file, place, options)),
      ),
    {
      examples: [
        ['coh re disasm ./program main', 'a function'],
        ['coh re disasm ./program 0x1139 --count 8', 'eight instructions'],
      ],
      json: `{"schema": "cohesix.re.disasm/1", ${JSON_ROWS}}`,
    },
  );
  withHelp(
    paged(group.command('xrefs').argument('<file>', 'program or library').argument('<place>', 'what is named'))
      .summary('who calls, jumps to or names a place')
      .description('Lists calls, jumps, data references and pointers to a place.')
      .action((file: string, place: string, options: Pages) =>
        run(async (context) => (await import('../commands/re-code.ts')).xrefs(context, file, place, options)),
      ),
    {
      examples: [['coh re xrefs ./program puts', 'who calls puts']],
      json: `{"schema": "cohesix.re.xrefs/1", ${JSON_ROWS}}`,
    },
  );
  withHelp(
    group
      .command('cfg')
      .argument('<file>', 'program or library')
      .argument('[place]', 'function; default: where the program begins')
      .option('--dot', 'for Graphviz')
      .summary('the blocks of a function and the ways between them')
      .description('Shows control flow as text, or as DOT for Graphviz.')
      .action((file: string, place: string | undefined, options: { dot?: boolean }) =>
        run(async (context) => (await import('../commands/re-cfg.ts')).cfg(context, file, place, options)),
      ),
    {
      examples: [
        ['coh re cfg ./program main', 'as text'],
        ['coh re cfg ./program main --dot | dot -Tsvg > main.svg', 'as a picture'],
      ],
      json: '{"schema": "cohesix.re.cfg/1", "name", "entry", "blocks", "tables", "unresolved", "untrusted"}',
    },
  );
}
