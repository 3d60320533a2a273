// Commands made of data: those that write one line of a control file, those that list rows of views, those that show one
// record. What such a command needs to know is its form or the name of its listing; the rest is the same for all.

import { Argument, type Command, Option } from 'commander';
import type { ListName } from '../commands/lists.ts';
import type { RecordName } from '../commands/records.ts';
import { type Field, type Form, fromWord, operandsOf, optionOf, type Values } from '../lines/form.ts';
import { count, type HelpText, type Runner, waitOption, withHelp } from './define.ts';

/** What help says about a command. */
interface Words extends Omit<HelpText, 'json'> {
  readonly word: string;
  readonly summary: string;
  readonly description: string;
}

/** A command that writes a line. */
export interface LineCommand extends Words {
  readonly form: Form;
}

const LINE_JSON = '{"reply": {...} or null, "entry": number or null, "line": text}';

/** Adds a command that writes a line. */
export function defineLine(group: Command, run: Runner, command: LineCommand): void {
  const { form, examples, notes = [] } = command;
  const made = described(group, command);
  for (const field of form.fields) addField(made, field);
  const isFound = form.fields.some((field) => field.isFound);
  made.addOption(waitOption()).action((...given: unknown[]) =>
    run(async (context) => {
      const send = isFound
        ? (await import('../commands/host-tickets.ts')).sendAbout
        : (await import('../commands/line.ts')).sendForm;
      const options = given.at(-2) as Values;
      const wait = typeof options.wait === 'number' ? { wait: options.wait } : {};
      return send(context, form, { values: valuesIn(form, given, options), ...wait });
    }),
  );
  withHelp(made, { examples, notes, json: LINE_JSON });
}

function described(group: Command, { word, summary, description }: Words): Command {
  return group.command(word).summary(summary).description(description);
}

function addField(command: Command, field: Field): void {
  if (field.flags !== undefined) command.addOption(optionOf(field));
  else if (field.isFound !== true) command.addArgument(argumentOf(field));
}

function argumentOf({ operand, name, kind, about, choices }: Field): Argument {
  const text = kind === 'words' ? `<${operand ?? name}...>` : `<${operand ?? name}>`;
  const argument = new Argument(text, about);
  if (choices !== undefined) return argument.choices(choices);
  return argument.argParser((word, before) => fromWord(kind, word, before));
}

/** Values by the names of the fields: operands in their order, options by theirs. */
function valuesIn({ fields }: Form, operands: readonly unknown[], options: Values): Values {
  const places = operandsOf(fields);
  return Object.fromEntries(
    fields.map((field) => {
      const { name, flags } = field;
      const value = flags === undefined ? operands[places.indexOf(field)] : options[new Option(flags).attributeName()];
      return [name, value];
    }),
  );
}

/** A command that lists. */
export interface ListCommand extends Words {
  readonly list: ListName;
  /** Fields of a row with `--json`. */
  readonly fields: string;
}

const LIMIT = { least: 1, most: 100_000, what: 'rows' };

/** Rows that a table has when nobody says how many. */
const ROWS_SHOWN = 50;

/** Adds a command that lists. */
export function defineList(group: Command, run: Runner, command: ListCommand): void {
  const { list, fields, examples, notes = [] } = command;
  const made = described(group, command)
    .option('--limit <rows>', 'most rows of the table', (text) => count(text, LIMIT), ROWS_SHOWN)
    .action((options: { limit: number }) =>
      run(async (context) => (await import('../commands/lists.ts')).list(context, list, options)),
    );
  const json = `{"${list}": [{${fields}}]}, all of them; "truncated": true when the hive itself cut the list`;
  withHelp(made, { examples, notes, json });
}

/** A command that shows one record. */
export interface ShowCommand extends Words {
  readonly record: RecordName;
}

/** Adds a command that shows one record. */
export function defineShow(group: Command, run: Runner, command: ShowCommand): void {
  const { record, examples, notes = [] } = command;
  const made = described(group, command)
    .argument(`<${record}>`, 'its id')
    .action((id: string) => run(async (context) => (await import('../commands/records.ts')).show(context, record, id)));
  withHelp(made, { examples, notes, json: 'the record, as the hive keeps it' });
}

/** A group of commands: what help says of it, and no `help` command of its own. */
export function defineGroup(program: Command, { word, summary, description, examples }: Words): Command {
  const group = program.command(word).summary(summary).helpCommand(false).description(description);
  return withHelp(group, { examples });
}
