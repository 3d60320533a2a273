// The console's commands as answers: one acknowledgement, and for some a list of lines that ends with END. The lines
// are those that a client's shell makes of the same act over any other door.

import { availableParallelism, freemem, totalmem } from 'node:os';
import {
  CONSOLE_VERBS,
  type ConsoleCommand,
  consoleVerb,
  contentLines,
  formatErr,
  formatOk,
  type RefusalCode,
  type Result,
  refusal,
  TAIL_LINES_MAX,
} from '@cohesix/wire';
import type { NineDoor } from '../door.ts';
import type { PathSession, PathStat } from '../path-session.ts';

/** What is sent back: an OK or ERR line and, for streams, the lines before END. */
export interface Answer {
  readonly ack: string;
  /** Output before the acknowledgement (`help` and the machine's summaries). */
  readonly before?: readonly string[];
  readonly lines?: readonly string[];
}

/** Commands that this module answers; the connection does the others itself. */
export type PlainCommand = Exclude<ConsoleCommand, { kind: 'attach' | 'quit' | 'follow' | 'stop' }>;

const READ_BYTES_MAX = 1_048_576;
const QUEEN_CTL = '/queen/ctl';
const LOG_PATH = '/log/queen.log';
const LOG_LINES = 64;

/** On whose behalf a command runs. */
export interface CommandContext {
  readonly door: NineDoor;
  /** Undefined before ATTACH. */
  readonly session: PathSession | undefined;
  readonly peer: string;
}

/** Runs one command. Never rejects; a refusal is an ERR line, and counted. */
export async function runCommand(context: CommandContext, command: PlainCommand): Promise<Answer> {
  const needs = consoleVerb(command.kind)?.session ?? 'attached';
  if (needs === 'none') return machineAnswer(context, command);
  if (context.session === undefined) return err(context, command.kind, 'unauthenticated');
  return sessionAnswer(context, context.session, command);
}

function sessionAnswer(context: CommandContext, session: PathSession, command: PlainCommand): Promise<Answer> | Answer {
  const lineBytesMax = context.door.manifest.console.line_max_bytes;
  switch (command.kind) {
    case 'ls':
      return list(session, command.path);
    case 'cat':
      return content(session, { verb: 'CAT', path: command.path, lineBytesMax });
    case 'tail':
      return content(session, {
        verb: 'TAIL',
        path: command.path,
        lineBytesMax,
        lines: command.lines ?? TAIL_LINES_MAX,
      });
    case 'log':
      return content(session, { verb: 'LOG', path: LOG_PATH, lineBytesMax, lines: LOG_LINES });
    case 'stat':
      return stat(session, command.path);
    case 'echo':
      return append(session, {
        verb: 'ECHO',
        path: command.path,
        text: command.payload,
        ok: (bytes) => `path=${command.path} bytes=${bytes}`,
      });
    case 'spawn':
      return append(session, {
        verb: 'SPAWN',
        path: QUEEN_CTL,
        text: command.json,
        ok: () => `payload=${command.json}`,
      });
    case 'kill':
      return append(session, {
        verb: 'KILL',
        path: QUEEN_CTL,
        text: JSON.stringify({ kill: command.worker }),
        ok: () => `id=${command.worker}`,
      });
    case 'bind':
      return bind(session, command);
    case 'mount':
      return mount(session, command);
    case 'test':
      return selfTest(context, session, command.flags);
    case 'whoami':
      return { ack: formatOk('WHOAMI', `role=${session.role} subject=${session.session.principal.subject}`) };
    default:
      return unsupported(context, command.kind);
  }
}

function bind(session: PathSession, { from, to }: Extract<PlainCommand, { kind: 'bind' }>): Promise<Answer> {
  const text = JSON.stringify({ bind: { from, to } });
  return append(session, { verb: 'BIND', path: QUEEN_CTL, text, ok: () => `from=${from} to=${to}` });
}

function mount(session: PathSession, { service, at }: Extract<PlainCommand, { kind: 'mount' }>): Promise<Answer> {
  const text = JSON.stringify({ mount: { service, at } });
  return append(session, { verb: 'MOUNT', path: QUEEN_CTL, text, ok: () => `service=${service} at=${at}` });
}

/** The hive's own tests through this session; whoever put the hive together knows how to run them. */
async function selfTest(context: CommandContext, session: PathSession, flags: string): Promise<Answer> {
  const { selfTest: run } = context.door.ports;
  if (run === undefined) return err(context, 'test', 'unsupported');
  const heard: string[] = [];
  await run(session.session, flags, (line) => heard.push(line));
  return { before: heard.slice(0, -1), ack: heard.at(-1) ?? formatErr('TEST', 'internal') };
}

async function list(session: PathSession, path: string): Promise<Answer> {
  const names = await session.list(path);
  if (!names.ok) return { ack: formatErr('LS', names.refusal.code, { path }) };
  return { ack: formatOk('LS', `path=${path} entries=${names.value.length}`), lines: names.value };
}

interface ContentRequest {
  readonly verb: string;
  readonly path: string;
  readonly lineBytesMax: number;
  /** Only the last so many lines. */
  readonly lines?: number;
}

async function content(session: PathSession, request: ContentRequest): Promise<Answer> {
  const { verb, path, lineBytesMax } = request;
  const bytes =
    request.lines === undefined
      ? await session.read(path, READ_BYTES_MAX)
      : await session.tail(path, request.lines, READ_BYTES_MAX);
  if (!bytes.ok) return { ack: formatErr(verb, bytes.refusal.code, { path }) };
  return { ack: formatOk(verb, verb === 'LOG' ? '' : `path=${path}`), lines: contentLines(bytes.value, lineBytesMax) };
}

async function stat(session: PathSession, path: string): Promise<Answer> {
  const found: Result<PathStat> = await session.stat(path);
  if (!found.ok) return { ack: formatErr('STAT', found.refusal.code, { path }) };
  const { kind, mode, size, qidPath, qidVersion } = found.value;
  return {
    ack: formatOk(
      'STAT',
      `path=${path} kind=${kind} mode=${mode.toString(8).padStart(4, '0')} size=${size} qid=${qidPath} version=${qidVersion}`,
    ),
  };
}

interface AppendRequest {
  readonly verb: string;
  readonly path: string;
  readonly text: string;
  readonly ok: (bytes: number) => string;
}

async function append(session: PathSession, { verb, path, text, ok }: AppendRequest): Promise<Answer> {
  const appended = await session.append(path, `${text}\n`);
  if (!appended.ok) return { ack: formatErr(verb, appended.refusal.code, { path }) };
  return { ack: formatOk(verb, ok(appended.value.bytes)) };
}

function machineAnswer(context: CommandContext, command: PlainCommand): Answer {
  const { door } = context;
  switch (command.kind) {
    case 'ping':
      return { ack: formatOk('PING', 'reply=pong') };
    case 'help':
      return ackAfter(
        'HELP',
        CONSOLE_VERBS.map(({ verb, usage, about }) => `${usage === '' ? verb : `${verb} ${usage}`}: ${about}`),
      );
    case 'bi':
      return ackAfter('BOOTINFO', [`bootinfo: hive=${door.manifest.hive.name} boot_s=${door.bootSec}`]);
    case 'caps':
      return ackAfter('CAPS', [`caps: sessions=${door.sessions.size}/${door.manifest.secure9p.sessions_max}`]);
    case 'mem':
      return ackAfter('MEM', [`mem: total=${totalmem()} free=${freemem()} rss=${process.memoryUsage.rss()}`]);
    case 'smp':
      return ackAfter('SMP', [`smp: cores=${availableParallelism()}`]);
    case 'netstats':
      return ackAfter('NETSTATS', [`netstats: sessions=${door.sessions.size}`]);
    default:
      return unsupported(context, command.kind);
  }
}

/** A verb of the source's that no hive can have, with the sentence that says so. */
function unsupported(context: CommandContext, kind: PlainCommand['kind']): Answer {
  const about = consoleVerb(kind)?.about;
  const { ack } = err(context, kind, 'unsupported');
  return about === undefined ? { ack } : { ack, before: [`${kind}: ${about}`] };
}

function ackAfter(verb: string, before: readonly string[]): Answer {
  return { ack: formatOk(verb), before };
}

function err({ door, peer }: CommandContext, kind: PlainCommand['kind'], code: RefusalCode): Answer {
  door.pressure.count(refusal(code), `op=${kind} peer=${peer}`);
  return { ack: formatErr(consoleVerb(kind)?.ack ?? kind, code) };
}
