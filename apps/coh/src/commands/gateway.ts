// coh gateway: HTTP in front of a hive that runs elsewhere, until a signal.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { startGateway } from '@cohesix/gateway';
import { type Address, isLoopback, type Manifest, manifestToml, parseAddress, parseManifest } from '@cohesix/manifest';
import { loadTls } from '@cohesix/node';
import { ok, type Result, refuse } from '@cohesix/wire';
import { type Context, detail, note, say, sayJson } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { gatewayOptions } from '../gateway/options.ts';
import { pageFolder } from '../gateway/page.ts';
import { remotePort } from '../gateway/remote.ts';
import { COMMAND } from '../io.ts';
import { DONE, doorUrl, openSession } from '../session.ts';
import { stopSignal } from '../stop-signal.ts';
import { clientTlsOf } from '../tls-files.ts';
import { errorText } from '../token.ts';

/** What `coh gateway` is told. */
export interface GatewayFlags {
  /** `host:port` of the HTTP door. */
  readonly listen: string;
  /** A `hive.toml` whose `[gateway]` and `[tls]` hold here; default: the hive's `[gateway]`, when the ticket lets us read it. */
  readonly manifest?: string;
  readonly allowRemote?: boolean;
}

/** `coh gateway`. With `--json` one line when it listens: `{ready, http, to, pid, manifest: "file"|"hive"|"default"}`. */
export async function gateway(context: Context, flags: GatewayFlags): Promise<number> {
  context.io.outliveOutput();
  const made = await prepare(context, flags);
  if (!made.ok) return fail(context, failureOf('cannot start the gateway', made.refusal));
  const stopping = stopSignal(context);
  try {
    const { listen, to, known, port: hive } = made.value;
    const started = await startGateway({
      ...gatewayOptions(known.manifest),
      hive,
      listen,
      tls: known.tls,
      page: pageFolder(),
    });
    if (!started.ok) return fail(context, { ...failureOf('cannot start the gateway', started.refusal), advice: [] });
    ready(context, { http: started.value.url, to, from: known.from });
    await stopping.asked;
    await started.value.close();
    if (!context.json) note(context, 'stopped');
    return DONE;
  } finally {
    stopping.end();
  }
}

interface Prepared {
  readonly listen: Address;
  readonly to: string;
  readonly known: Known;
  readonly port: import('@cohesix/gateway').HivePort;
}

async function prepare(context: Context, flags: GatewayFlags): Promise<Result<Prepared>> {
  const listen = listenOf(flags);
  if (!listen.ok) return listen;
  const to = doorUrl(context);
  if (!to.ok) return to;
  const tls = clientTlsOf(context);
  if (!tls.ok) return tls;
  const known = await knownManifest(context, flags.manifest);
  if (!known.ok) return known;
  const { manifest } = known.value;
  const deadlineMs = gatewayOptions(manifest).settings.deadlineMs;
  const port = remotePort({ url: to.value, deadlineMs, manifest, tls: tls.value });
  return port.ok ? ok({ listen: listen.value, to: to.value, known: known.value, port: port.value }) : port;
}

function listenOf({ listen, allowRemote }: GatewayFlags): Result<Address> {
  const address = parseAddress(listen);
  if (address === undefined) return refuse('invalid-payload', `--listen is host:port or [ipv6]:port; got ${listen}.`);
  if (isLoopback(address.host) || allowRemote === true) return ok(address);
  return refuse(
    'invalid-payload',
    `${address.host} is reached from other machines: tickets would travel to it. Say --allow-remote when that is meant.`,
  );
}

/** A manifest and where it is from: it says which files are documented and what the bounds are. */
interface Known {
  readonly manifest: Manifest | undefined;
  readonly from: 'file' | 'hive' | 'default';
  /** What its `[tls]` says for the HTTP door, when the file was named: a hive's own files are its own. */
  readonly tls?: TlsOptions | undefined;
}

async function knownManifest(context: Context, file: string | undefined): Promise<Result<Known>> {
  if (file !== undefined) return manifestIn(resolve(context.io.cwd, file));
  const manifest = await manifestOfHive(context);
  return ok({ manifest, from: manifest === undefined ? 'default' : 'hive' });
}

function manifestIn(file: string): Result<Known> {
  try {
    const parsed = parseManifest(readFileSync(file));
    if (!parsed.ok) {
      return refuse('invalid-payload', parsed.problems.map(({ path, message }) => `${path} ${message}`).join('\n'));
    }
    const { manifest } = parsed;
    const tls = loadTls(manifest, dirname(file));
    return tls.ok ? ok({ manifest, from: 'file', tls: tls.value('http') }) : tls;
  } catch (error) {
    return refuse('not-found', `${file}: ${errorText(error)}.`);
  }
}

/** A gateway starts also while the hive is away, and without a ticket of its own: then the documents are those of any hive. */
async function manifestOfHive(context: Context): Promise<Manifest | undefined> {
  const quiet = { ...context, io: { ...context.io, stderr: { write: () => true } } };
  const session = await openSession(quiet);
  if (!session.ok) {
    detail(context, `the hive's manifest is not read: ${session.refusal.detail}`);
    return undefined;
  }
  const text = await session.value.read('/proc/manifest');
  await session.value.close();
  return text.ok ? shownManifest(text.value) : undefined;
}

/** What a hive shows is JSON; written as a `hive.toml` it is checked like any other. */
function shownManifest(bytes: Uint8Array): Manifest | undefined {
  try {
    const parsed = parseManifest(manifestToml(JSON.parse(new TextDecoder().decode(bytes)) as Manifest));
    return parsed.ok ? parsed.manifest : undefined;
  } catch {
    return undefined; // No JSON, or nothing like a manifest: another version's, perhaps. The default one is used.
  }
}

const FROM: Readonly<Record<Known['from'], string>> = {
  file: 'the file that was named',
  hive: 'the hive’s /proc/manifest',
  default: 'the default manifest: the hive’s was not readable at the start',
};

interface Ready {
  readonly http: string;
  readonly to: string;
  readonly from: Known['from'];
}

function ready(context: Context, { http, to, from }: Ready): void {
  if (context.json) return sayJson(context, { ready: true, http, to, pid: process.pid, manifest: from });
  say(context, [
    `The gateway is up: ${http}`,
    `  hive      ${to}`,
    `  bounds    ${FROM[from]}`,
    `  page      ${http}/ (to sign in: ${COMMAND} ui --url ${http})`,
    '',
    'Ctrl-C stops it.',
  ]);
}
