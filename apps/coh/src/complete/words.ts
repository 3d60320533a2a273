// `coh __complete`: what may stand at the last of the given words. Commands, options and fixed choices come from the
// program itself; paths, workers, open requests and ids from the running hive, quietly nothing when there is none.

import { completePath, type HiveClient, offerable } from '@cohesix/client';
import type { Argument, Command, Option } from 'commander';
import { type Context, contextOf, type Globals } from '../context.ts';
import { TOPIC_NAMES } from '../define/define.ts';
import { openSession } from '../session.ts';
import { completeFile, withHome } from './files.ts';
import { completeId, isIdOperand } from './ids.ts';

/** Most candidates that are told. */
const CANDIDATES_MAX = 1000;

/** Candidates for the last word, those before it as typed. */
export async function complete(
  context: Context,
  program: Command,
  words: readonly string[],
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const place = placeOf(program, words.slice(0, -1));
  const asked = contextOf(context.io, { ...context.globals, ...aimOf(context, place) });
  const candidates =
    place.option === undefined ? await operands(asked, place, current) : optionValues(asked, place.option, current);
  return candidates.filter((one) => one.startsWith(current)).slice(0, CANDIDATES_MAX);
}

/** Options whose value is a file or a folder of this machine. */
const FILE_OPTIONS: ReadonlySet<string> = new Set([
  'ticket',
  'approver-ticket',
  'console-token',
  'script',
  'check',
  'record',
  'replay',
  'transcript',
  'out',
  'data',
  'from',
  'export',
  'registry',
  'telemetry',
  'policy',
  'payload',
  'receipt-out',
  'tls-key',
  'tls-cert',
  'tls-ca',
  'manifest',
  'store',
]);

function optionValues({ io }: Context, option: Option, current: string): readonly string[] {
  if (option.argChoices !== undefined) return option.argChoices;
  return FILE_OPTIONS.has(option.long?.slice(2) ?? '') ? completeFile(io, current) : [];
}

/** Where in the program the cursor is. */
interface Place {
  readonly command: Command;
  /** Operands of the command before the cursor. */
  readonly given: number;
  /** An option that still wants its value. */
  readonly option: Option | undefined;
  /** Values of options before the cursor, by the name of the option. */
  readonly values: ReadonlyMap<string, string>;
}

/** Options that say which hive is meant, and who asks it. */
type Aim = Pick<Globals, 'data' | 'to' | 'url' | 'ticket' | 'consoleToken'>;

/** What was typed about the hive; a word that the shell would have expanded is expanded as far as its `~/`. */
function aimOf({ io }: Context, { values }: Place): Aim {
  const names = ['data', 'to', 'url', 'ticket', 'consoleToken'] as const satisfies readonly (keyof Aim)[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, withHome(io, value)]];
    }),
  );
}

function placeOf(program: Command, before: readonly string[]): Place {
  let command = program;
  let given = 0;
  let option: Option | undefined;
  const values = new Map<string, string>();
  for (const word of before) {
    if (option !== undefined) {
      values.set(option.attributeName(), word);
      option = undefined;
    } else if (word.startsWith('-') && word.length > 1) {
      const [name = '', ...value] = word.split('=');
      const found = wantingValue(program, command, name);
      if (found === undefined || value.length === 0) option = found;
      else values.set(found.attributeName(), value.join('='));
    } else {
      const inner = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (inner === undefined) given += 1;
      else command = inner;
    }
  }
  return { command, given, option, values };
}

function wantingValue(program: Command, command: Command, name: string): Option | undefined {
  const found = [...command.options, ...program.options].find(({ short, long }) => short === name || long === name);
  return found?.required === true || found?.optional === true ? found : undefined;
}

async function operands(context: Context, { command, given }: Place, current: string): Promise<readonly string[]> {
  if (current.startsWith('-')) return optionsOf(command);
  if (command.commands.length > 0) return namesOf(command);
  const { registeredArguments: all } = command;
  const argument = all[given] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined);
  return argument === undefined ? [] : valuesOf(context, command, argument, current);
}

function namesOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
}

function optionsOf(command: Command): readonly string[] {
  const own = [...command.options, ...(command.parent?.options ?? []), ...(command.parent?.parent?.options ?? [])];
  return ['--help', ...own.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? [])].sort();
}

function valuesOf(context: Context, command: Command, argument: Argument, current: string): Promise<readonly string[]> {
  if (argument.argChoices !== undefined) return Promise.resolve(argument.argChoices);
  switch (argument.name()) {
    case 'path':
      return live(context, (client) => completePath(client, current));
    case 'worker':
      return live(context, async (client) => valueOr(await client.list('/worker')));
    case 'id-or-path':
      return live(context, (client) => pendingOrPath(client, current));
    case 'kind':
      return Promise.resolve(['heartbeat', 'host', 'gpu']);
    case 'file':
    case 'plan-file':
    case 'original':
    case 'patched':
    case 'id-or-file':
      return Promise.resolve(completeFile(context.io, current));
    case 'topic':
      return Promise.resolve(command.parent === null ? [] : [...namesOf(command.parent), ...TOPIC_NAMES]);
    default:
      return isIdOperand(argument.name())
        ? live(context, (client) => completeId(client, argument.name()))
        : Promise.resolve([]);
  }
}

async function pendingOrPath(client: HiveClient, current: string): Promise<readonly string[]> {
  const { pendingIds } = await import('../commands/approvals.ts');
  const [ids, paths] = await Promise.all([pendingIds(client), completePath(client, current)]);
  return [...ids, ...paths];
}

function valueOr(names: Awaited<ReturnType<HiveClient['list']>>): readonly string[] {
  return names.ok ? offerable(names.value) : [];
}

/** Completion says nothing, rather than something wrong, when the hive cannot be asked. */
async function live(
  context: Context,
  ask: (client: HiveClient) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  // A ticket on stdin is not there yet, and the terminal is: nobody is asked as somebody else.
  if ((context.globals.ticket ?? context.io.env.COH_TICKET) === '-') return [];
  const session = await openSession({ ...context, io: { ...context.io, stderr: { write: () => true } } });
  if (!session.ok) return [];
  try {
    return await ask(session.value);
  } finally {
    await session.value.close();
  }
}
