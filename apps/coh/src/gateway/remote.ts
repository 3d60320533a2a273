// The hive behind a gateway of its own (`coh gateway`): the port over 9P, a connection for each session. When the hive goes,
// its sessions end and the callers are told `unreachable`; the next request of each attaches anew, so that a hive that is
// started again is found without anybody's doing.

import { type ByteTransport, type ConnectOptions, connect, dialSocket, parseDoorUrl } from '@cohesix/client';
import type { HivePort } from '@cohesix/gateway';
import { defaultManifest, type Manifest } from '@cohesix/manifest';
import { ok, type Refusal, type Result, refuse } from '@cohesix/wire';
import { shownDocs } from './documents.ts';
import { SentenceClient } from './sentence-client.ts';

/** Milliseconds to connect to the hive. */
const CONNECT_MS = 5000;

/** How long an answer to "is it there?" is good, ms: probes of several load balancers ask the hive once. */
const READY_MS = 1000;

/** What a port is made of. */
export interface RemoteOptions {
  /** A 9P door of the hive (`parseDoorUrl`). */
  readonly url: string;
  /** Milliseconds for each answer of the hive. */
  readonly deadlineMs: number;
  /** The hive's manifest, when it could be read: what is documented is then what this hive has. */
  readonly manifest?: Manifest | undefined;
  readonly tls?: ConnectOptions['tls'];
}

/** The port of a hive over 9P; `invalid-payload` when the URL is no 9P door. Connects to nothing yet. */
export function remotePort(options: RemoteOptions): Result<HivePort> {
  const { url, deadlineMs, manifest = defaultManifest(), tls } = options;
  const door = parseDoorUrl(url);
  if (!door.ok) return door;
  if (door.value.protocol !== '9p') {
    return refuse(
      'invalid-payload',
      'A gateway speaks 9P with its hive: unix:/path, 9p://host:port or ws://host:port/v1/9p.',
    );
  }
  const { address } = door.value;
  const dial = (): Promise<Result<ByteTransport>> => dialSocket(address, CONNECT_MS, tls);
  return ok({
    attach: async (ticket, { onEnd }) => {
      const session = await connect({
        url,
        ...(tls === undefined ? {} : { tls }),
        ticket,
        role: '', // Whatever the ticket says.
        deadlineMs,
        retry: { attempts: 1, backoffMs: 0, ceilingMs: 0, timeoutMs: CONNECT_MS },
        wrap: (transport) => (onEnd === undefined ? transport : watched(transport, () => onEnd('lost'))),
      });
      return session.ok ? ok(new SentenceClient(session.value)) : withoutAddress(session.refusal);
    },
    ninep: dial,
    ready: remembered(async () => {
      const there = await isThere(dial);
      return there.ok ? there : withoutAddress(there.refusal);
    }),
    ...shownDocs(manifest),
  });
}

/** Where the hive is, callers need not know; whoever started the gateway does. */
function withoutAddress({ code, detail }: Refusal): Result<never> {
  return refuse(
    code,
    code === 'unreachable' ? 'The hive behind this gateway does not answer; try again later.' : detail,
  );
}

/** A connection that can be made and closed: the hive accepts sessions. Nothing is attached, so this needs no ticket. */
async function isThere(dial: () => Promise<Result<ByteTransport>>): Promise<Result<void>> {
  const transport = await dial();
  if (!transport.ok) return transport;
  transport.value.start({ data: () => undefined, closed: () => undefined });
  transport.value.destroy();
  return ok(undefined);
}

/** One question at a time, its answer kept for a moment. */
function remembered(ask: () => Promise<Result<void>>): () => Promise<Result<void>> {
  let asked: Promise<Result<void>> | undefined;
  return () => {
    asked ??= ask().finally(() => {
      setTimeout(() => {
        asked = undefined;
      }, READY_MS).unref();
    });
    return asked;
  };
}

/** A transport that tells when it ends without our closing it. */
function watched(transport: ByteTransport, onEnd: () => void): ByteTransport {
  let isOurs = false;
  const closing = (close: () => void) => (): void => {
    isOurs = true;
    close();
  };
  return {
    start: (handlers) =>
      transport.start({
        ...handlers,
        data: (chunk) => handlers.data(chunk),
        closed: (reason) => {
          // Whoever is told closes it, too.
          const isLost = !isOurs;
          handlers.closed(reason);
          if (isLost) onEnd();
        },
      }),
    send: (bytes) => transport.send(bytes),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close: closing(() => transport.close()),
    destroy: closing(() => transport.destroy()),
  };
}
