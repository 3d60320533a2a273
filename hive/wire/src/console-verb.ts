// The verbs of the line console as a table: spelling, arguments, the word of the acknowledgement, and who may use it.
// Source: cohesix contracts, section 2.3; `follow`, `stop`, `stat` and `whoami` are ours.

/** Which session a verb needs. That only a `queen` may is for `help` to say; the file behind the verb refuses others. */
export type VerbSession = 'none' | 'attached' | 'queen';

/** One verb. */
export interface ConsoleVerb {
  /** Lower case; input is matched without regard to case. */
  readonly verb: string;
  /** Arguments as `help` shows them. */
  readonly usage: string;
  /** The word after OK or ERR. */
  readonly ack: string;
  readonly session: VerbSession;
  /** What `help` says. */
  readonly about: string;
}

/** All verbs, in the order of `help`. */
export const CONSOLE_VERBS: readonly ConsoleVerb[] = [
  verb('help', '', 'none', 'lists the commands'),
  verb('bi', '', 'none', 'shows how the hive was booted', 'BOOTINFO'),
  verb('caps', '', 'none', 'shows what this machine allows'),
  verb('mem', '', 'none', 'shows memory use'),
  verb('smp', '', 'none', 'shows the cores'),
  verb('ping', '', 'none', 'answers pong'),
  verb(
    'test',
    '[--mode quick|full|smp|negative] [--json] [--timeout s] [--no-mutate]',
    'attached',
    'runs the hive’s own tests',
  ),
  verb('nettest', '', 'none', 'is for hives with a network of their own; this one has its machine’s'),
  verb('netstats', '', 'none', 'shows network counters'),
  verb('attach', '<role> [ticket]', 'none', 'starts a session'),
  verb('whoami', '', 'attached', 'shows role, subject and scopes of this session'),
  verb('log', '', 'attached', 'shows the end of /log/queen.log'),
  verb('cachelog', '[count]', 'none', 'is for hives that boot a machine; this one’s log is /log/queen.log'),
  verb('ls', '<path>', 'attached', 'lists a directory'),
  verb('stat', '<path>', 'attached', 'shows kind, size and version of a file'),
  verb('cat', '<path>', 'attached', 'shows a file'),
  verb('tail', '<path> [lines]', 'attached', 'shows the end of a file'),
  verb('follow', '<path> [cursor]', 'attached', 'shows what is appended to a stream, until stop'),
  verb('stop', '', 'attached', 'ends follow'),
  verb('echo', '<path> <payload>', 'attached', 'appends a line to a file'),
  verb('spawn', '<json>', 'queen', 'starts a worker'),
  verb('kill', '<worker>', 'queen', 'ends a worker'),
  verb('bind', '<src> <dst>', 'queen', 'shows a path at another place, in this session'),
  verb('mount', '<service> <path>', 'queen', 'shows a service at a path, in this session'),
  verb('reboot', '', 'queen', 'is for hives that boot a machine; this one is started by coh up'),
  verb('quit', '', 'none', 'ends the connection'),
];

/** The row of a verb in any case, or undefined. */
export function consoleVerb(word: string): ConsoleVerb | undefined {
  return BY_VERB.get(word.toLowerCase());
}

const BY_VERB: ReadonlyMap<string, ConsoleVerb> = new Map(CONSOLE_VERBS.map((row) => [row.verb, row]));

function verb(name: string, usage: string, session: VerbSession, about: string, ack?: string): ConsoleVerb {
  return { verb: name, usage, session, about, ack: ack ?? name.toUpperCase() };
}
