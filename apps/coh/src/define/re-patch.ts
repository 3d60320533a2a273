// coh re plan, explain, apply, verify, revert: their words and options.

import type { Command } from 'commander';
import { collect, type Runner, withHelp } from './define.ts';

type Out = import('../commands/re-patch.ts').OutOptions;

const OUT = ['-o, --out <file>', 'file to write'] as const;
const FORCE = ['--force', 'overwrite the file that is there'] as const;

/** Adds the commands that change files; `version` is named in plans. */
export function defineRePatch(group: Command, run: Runner, version: string): void {
  definePlan(group, run, version);
  defineExplain(group, run);
  defineApply(group, run);
  defineVerify(group, run);
  defineRevert(group, run);
}

function definePlan(group: Command, run: Runner, version: string): void {
  withHelp(
    group
      .command('plan')
      .argument('<file>', 'program or library')
      .requiredOption(...OUT)
      .option(...FORCE)
      .option('--return <function=value>', 'the function gives the value and does nothing else', collect)
      .option('--replace <function=code>', 'assembly that runs instead of the function', collect)
      .option('--before <function=code>', 'assembly that runs before the function', collect)
      .option('--asm <place=code>', 'assembly in place of the instructions at a place', collect)
      .option('--nop <place=count>', 'so many instructions do nothing; default: 1', collect)
      .option('--bytes <place=hex>', 'bytes in place of others', collect)
      .option(
        '--constant <name=hex>',
        'new constant that code may name; "text" in quotes gets a zero behind it',
        collect,
      )
      .option('--variable <name=hex>', 'new data that may be written', collect)
      .option('--redirect <function=place>', 'direct calls of the function go to another place', collect)
      .summary('plan a change of a program')
      .description('Plans a change and writes the plan; the program stays as it is. Says why, when it cannot be done.')
      .action((file: string, options: import('../re/intents.ts').Wishes & Out) =>
        run(async (context) => (await import('../commands/re-patch.ts')).makePlan(context, file, options, version)),
      ),
    {
      examples: [
        ['coh re plan ./program --return is_licensed=1 -o plan.json', 'always licensed'],
        ['coh re plan ./program --replace check=@check.s -o plan.json', 'code from a file'],
        ["coh re plan ./program --before 'day=add edi, 1' -o plan.json", 'a line before a function'],
      ],
      notes: [
        'Code is Intel’s or Arm’s syntax; \\n in it separates lines, and @FILE reads it from a file. It may name functions, imports and new data; `original` is the function as it was.',
        'Code before a function runs with the registers of the call; what it changes, the function sees. There is no hook after a function.',
        'Programs for x86-64 and AArch64 of the formats ELF, PE and Mach-O; of a file with several Mach-O images the first one.',
      ],
      json: '{"schema": "cohesix.re.plan/1", "id", "out", "plan"}',
    },
  );
}

function defineExplain(group: Command, run: Runner): void {
  withHelp(
    group
      .command('explain')
      .argument('<plan-file>', 'a plan')
      .summary('what a plan changes, in words')
      .description('Shows what a plan wants, how it does it, what was tried, and every byte that changes.')
      .action((file: string) =>
        run(async (context) => (await import('../commands/re-patch.ts')).explainPlan(context, file)),
      ),
    {
      examples: [['coh re explain plan.json', 'read it before you apply it']],
      json: '{"schema": "cohesix.re.explain/1", "id", "lines", "untrusted"}',
    },
  );
}

function defineApply(group: Command, run: Runner): void {
  withHelp(
    group
      .command('apply')
      .argument('<plan-file>', 'a plan')
      .argument('<file>', 'the program it was made for')
      .requiredOption(...OUT)
      .option(...FORCE)
      .option('--id <sha256>', 'only the plan with this id: what was approved')
      .summary('make the patched program')
      .description('Writes the patched program. Refuses another program than the plan was made for.')
      .action((planFile: string, file: string, options: Out & { id?: string }) =>
        run(async (context) =>
          (await import('../commands/re-patch.ts')).applyPlan(context, { planFile, file }, options),
        ),
      ),
    {
      examples: [['coh re apply plan.json ./program -o ./patched', 'the program stays as it is']],
      notes: ['The id of a plan is the SHA-256 of its file.'],
      json: '{"schema": "cohesix.re.apply/1", "id", "out", "bytes"}',
    },
  );
}

function defineVerify(group: Command, run: Runner): void {
  withHelp(
    group
      .command('verify')
      .argument('<plan-file>', 'a plan')
      .argument('<original>', 'the program as it was')
      .argument('<patched>', 'the program as it is')
      .summary('check that only the planned changes were made')
      .description(
        'Compares both files byte by byte, reads the new code again and opens the patched file. Exit status 1 when something is wrong.',
      )
      .action((planFile: string, original: string, patched: string) =>
        run(async (context) =>
          (await import('../commands/re-patch.ts')).verifyPlan(context, { planFile, original, patched }),
        ),
      ),
    {
      examples: [['coh re verify plan.json ./program ./patched', 'four checks']],
      json: '{"schema": "cohesix.re.verify/1", "id", "right", "checks": [{"kind", "right", "text"}]}',
    },
  );
}

function defineRevert(group: Command, run: Runner): void {
  withHelp(
    group
      .command('revert')
      .argument('<plan-file>', 'a plan')
      .argument('<file>', 'the patched program')
      .requiredOption(...OUT)
      .option(...FORCE)
      .summary('the original again')
      .description('Undoes a plan and writes the original, byte for byte.')
      .action((planFile: string, file: string, options: Out) =>
        run(async (context) =>
          (await import('../commands/re-patch.ts')).revertPlan(context, { planFile, file }, options),
        ),
      ),
    {
      examples: [['coh re revert plan.json ./patched -o ./program-again', 'with the same SHA-256 as before']],
      json: '{"schema": "cohesix.re.revert/1", "id", "out", "bytes"}',
    },
  );
}
