// coh up: a hive in the foreground, from a data directory, until a signal.

import { fstatSync, readFileSync } from 'node:fs';
import type { Gateway } from '@cohesix/gateway';
import { defaultManifest, type Manifest, parseManifest, redLineProblems } from '@cohesix/manifest';
import { type Hive, startHive } from '@cohesix/node';
import { limitsOfManifest } from '@cohesix/ticket';
import { ok, type RefusalCode, type Result, refuse } from '@cohesix/wire';
import { type Context, note, say, sayJson } from '../context.ts';
import { SEALED_ADVICE } from '../doctor/finding.ts';
import { fail, failureOf } from '../failure.ts';
import { openHttp } from '../gateway/local.ts';
import { pageTicket } from '../gateway/page.ts';
import { COMMAND, type Io, paint, visible } from '../io.ts';
import { dataFlag, hostPort, type Places } from '../places.ts';
import { DONE } from '../session.ts';
import { stopSignal } from '../stop-signal.ts';

/** Changes to `[listen]` for this start: `host:port`, or false for off. */
export interface UpOptions {
  readonly listen9p?: string | false;
  readonly listenConsole?: string | false;
  readonly listenHttp?: string | false;
  readonly socket?: boolean;
}

const GOES_ON = '(it goes on by itself when that has passed: free space, or make the file system writable)';

/**
 * `coh up`. With `--json` one line when the hive is ready: `{ready, hive, secure9p, socket, console, http, data, pid,
 * page, queenTicket, approverTicket, consoleToken, recovery}`; addresses are `host:port` or null, secrets are paths, except `page`:
 * the link that signs a page in, once and within ten minutes.
 */
export async function up(context: Context, options: UpOptions): Promise<number> {
  // The hive has its own journal and doors; it does not need anybody who reads what is said here.
  context.io.outliveOutput();
  if (!context.places.ok) return fail(context, failureOf('cannot find the data directory', context.places.refusal));
  const places = context.places.value;
  const checked = checkListen(places, options);
  if (!checked.ok) return fail(context, failureOf('cannot listen there', checked.refusal));
  const stopping = stopSignal(context);
  let gateway: Gateway | undefined;
  try {
    const started = await startHive({
      directory: places.root,
      adjust: (manifest) => withListen(manifest, options),
      openHttp: async (hive) => {
        const opened = await openHttp(hive);
        if (opened.ok) gateway = opened.value;
        return opened;
      },
      onSealed: (reason, goesOn) =>
        note(
          context,
          `the journal cannot be written any more, so every change is refused: ${reason} ${goesOn ? GOES_ON : SEALED_ADVICE}`,
        ),
      onResumed: () => note(context, 'the journal can be written again; changes are taken'),
    });
    if (!started.ok) {
      const failure = failureOf(`cannot start the hive in ${places.root}`, started.refusal);
      return fail(context, { ...failure, advice: START_ADVICE[started.refusal.code] ?? [] });
    }
    await ready(context, started.value, pageLink(context.io, started.value, gateway));
    await stopping.asked;
    await started.value.stop();
    if (!context.json) note(context, 'stopped');
    return DONE;
  } finally {
    stopping.end();
  }
}

/** What to do about a start that was refused; what else is known for these codes is about a hive that runs. */
const START_ADVICE: Partial<Record<RefusalCode, readonly string[]>> = {
  unreachable: [
    'Choose other addresses: --listen-9p 127.0.0.1:0 --listen-console 127.0.0.1:0 --listen-http 127.0.0.1:0',
    'With npm: npm start -- --listen-9p 127.0.0.1:0 --listen-console 127.0.0.1:0 --listen-http 127.0.0.1:0',
  ],
  'invalid-payload': [`Mend it, and check it with: ${COMMAND} manifest check`],
  busy: ['Another hive has it; --data DIR names another directory.'],
  internal: ['Name a directory that you may write: --data DIR'],
};

function withListen(manifest: Manifest, { listen9p, listenConsole, listenHttp, socket }: UpOptions): Manifest {
  const listen = {
    ...manifest.listen,
    ...(listen9p === undefined ? {} : { secure9p: listen9p === false ? '' : listen9p }),
    ...(listenConsole === undefined ? {} : { console: listenConsole === false ? '' : listenConsole }),
    ...(listenHttp === undefined ? {} : { http: listenHttp === false ? '' : listenHttp }),
    ...(socket === undefined ? {} : { secure9p_socket: socket }),
  };
  return { ...manifest, listen };
}

/** The red lines of the manifest hold for addresses of the command line, too. */
function checkListen(places: Places, options: UpOptions): Result<void> {
  const adjusted = withListen(manifestOf(places), options);
  const problem = redLineProblems(adjusted).find(({ path }) => path.startsWith('listen.'));
  if (problem === undefined) return ok(undefined);
  return refuse('invalid-payload', `${problem.path} ${problem.message}: ${problem.hint}.`);
}

/** The manifest of the directory, or the default one; what is wrong with a file `startHive` tells. */
function manifestOf(places: Places): Manifest {
  try {
    const parsed = parseManifest(readFileSync(places.manifest));
    return parsed.ok ? parsed.manifest : defaultManifest();
  } catch {
    return defaultManifest(); // Not there at a first start; unreadable is told by the start.
  }
}

/** An address as a person reads it. */
function withTls({ addresses }: Hive, door: 'secure9p' | 'console', address: string | null | undefined): string {
  return address == null ? 'off' : `${address}${addresses.tls?.includes(door) === true ? ' (TLS)' : ''}`;
}

/**
 * A link that signs a page in as the queen, under a name of its own and for a day; null without an HTTP door, and where the
 * output goes into the journal of the system, whose readers are not all meant to be queens.
 */
function pageLink({ env }: Pick<Io, 'env'>, { manifest, paths }: Hive, gateway: Gateway | undefined): string | null {
  if (gateway === undefined || isJournal(env)) return null;
  const queen = readFileSync(paths.queenTicket, 'utf8').trim();
  return gateway.signInLink(pageTicket(queen, { nowMs: Date.now(), limits: limitsOfManifest(manifest.tickets) }));
}

/** systemd names the stream that goes into its journal by device and inode (systemd.exec(5), JOURNAL_STREAM). */
function isJournal({ JOURNAL_STREAM: stream }: Io['env']): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(1);
  return stream === `${dev}:${ino}`;
}

async function ready(context: Context, hive: Hive, page: string | null): Promise<void> {
  const { addresses, paths, manifest, recovery } = hive;
  const secure9p = textOf(addresses.secure9p);
  const console = textOf(addresses.console);
  const { queenTicket, approverTicket, consoleToken } = paths;
  if (context.json) {
    const where = {
      secure9p,
      socket: addresses.socket ?? null,
      console,
      http: addresses.http ?? null,
      page,
      ...(addresses.tls === undefined ? {} : { tls: addresses.tls }),
      data: paths.root,
      pid: process.pid,
    };
    const secrets = { queenTicket, approverTicket, consoleToken };
    sayJson(context, { ready: true, hive: manifest.hive.name, ...where, ...secrets, recovery });
    return;
  }
  const rows = [
    ['data', paths.root],
    ['9P', withTls(hive, 'secure9p', secure9p)],
    ['socket', addresses.socket ?? 'off'],
    ['console', withTls(hive, 'console', console)],
    ['HTTP', addresses.http ?? 'off'],
    ...pageRows(addresses.http, page),
    ['ticket', `${queenTicket} (the Queen's; approvals: ${approverTicket})`],
    ['recovery', recovery],
  ] as const;
  say(context, [
    { painted: paint(context.colors.out, 'bold', `The hive "${visible(manifest.hive.name)}" is up.`) },
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(10)}${value}`),
    '',
    'Try next, in another terminal:',
    ...(await tryNext(context, hive)).map((line) => `  ${line}`),
    '',
    'Ctrl-C stops it.',
  ]);
}

function pageRows(http: string | undefined, page: string | null): readonly (readonly [string, string])[] {
  if (http === undefined) return [];
  return [['page', page === null ? `${http}/ (to sign in: ${COMMAND} ui)` : `${page} (${ONCE})`]];
}

const ONCE = `once, within 10 minutes; another: ${COMMAND} ui`;

/** Three commands that work now: the telemetry is that of a worker that runs. */
async function tryNext({ io }: Context, hive: Hive): Promise<readonly string[]> {
  const coh = `${COMMAND}${dataFlag(io, hive.paths.root)}`;
  const worker = await firstWorker(hive);
  const stream = worker === undefined ? '/log/queen.log' : `/worker/${worker}/telemetry`;
  return [`${coh} ls /`, `${coh} tail -f ${stream}`, `${coh} sh`];
}

async function firstWorker(hive: Hive): Promise<string | undefined> {
  const session = hive.attach(readFileSync(hive.paths.queenTicket, 'utf8').trim());
  if (!session.ok) return undefined;
  const names = await session.value.list('/worker');
  await session.value.close();
  return names.ok ? names.value[0] : undefined;
}

function textOf(address: Hive['addresses']['secure9p']): string | null {
  return address !== undefined && 'port' in address ? hostPort(address) : null;
}
