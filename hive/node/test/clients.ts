// Clients of a hive over its unix socket, for tests about sessions: 9P as anybody speaks it, with tickets made for the test.

import { type ByteTransport, connect, type Follow, type HiveClient } from '@cohesix/client';
import { activeKey, type Claims, mint } from '@cohesix/ticket';
import { nodeTicketCrypto, randomTicketId } from '@cohesix/ticket/node';
import type { Result } from '@cohesix/wire';
import { loadKeyRing } from '../src/data-directory.ts';
import type { Hive } from '../src/hive.ts';

/** Makes a ticket of the hive. @throws Error when it is refused. */
export async function ticketOf(hive: Hive, claims: Partial<Claims> = {}): Promise<string> {
  const keys = await loadKeyRing(hive.paths);
  if (!keys.ok) throw new Error(keys.refusal.detail);
  const { audience } = hive.manifest.hive;
  const made = { id: randomTicketId(), audience, role: 'queen', subject: 'agent', ...claims } as const;
  const token = mint(nodeTicketCrypto, activeKey(keys.value), made);
  if (!token.ok) throw new Error(token.refusal.detail);
  return token.value;
}

/** A client and the connection it speaks over. */
export interface Guest {
  readonly client: HiveClient;
  /** Ends the connection as a process that is killed does: nothing is said before. */
  cut(): void;
  /** Id of its session. */
  readonly session: string;
}

/** Attaches over the unix socket. @throws Error when it is refused. */
export async function guestOf(hive: Hive, ticket: string, role = 'queen'): Promise<Guest> {
  let transport: ByteTransport | undefined;
  const url = `unix:${hive.addresses.socket ?? ''}`;
  const wrap = (bare: ByteTransport): ByteTransport => {
    transport = bare;
    return bare;
  };
  const attached = await connect({ url, role, ticket, wrap });
  if (!attached.ok) throw new Error(attached.refusal.detail);
  const session = /^sid=(\d+) /.exec(await textFrom(attached.value, '/proc/self/session'))?.[1] ?? '';
  return { client: attached.value, session, cut: () => transport?.destroy() };
}

/** The text of a file, or the code of the refusal. */
export async function textFrom(client: HiveClient, path: string): Promise<string> {
  const read = await client.read(path, { maxBytes: 4_000_000 });
  return read.ok ? Buffer.from(read.value).toString() : read.refusal.code;
}

/** `ok`, or the code of the refusal. */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.refusal.code;
}

/** A follow whose text collects in `text`; `ended` is the code with which it ends. */
export interface Following {
  text: string;
  readonly ended: Promise<string>;
  readonly stop: () => void;
}

/** Follows a stream from a cursor on. @throws Error when it is refused. */
export async function following(client: HiveClient, path: string): Promise<Following> {
  const follow: Result<Follow> = await client.follow(path);
  if (!follow.ok) throw new Error(follow.refusal.code);
  const following = { text: '', stop: () => follow.value.stop(), ended: follow.value.ended.then(codeOf) };
  void (async () => {
    for await (const chunk of follow.value) following.text += Buffer.from(chunk).toString();
  })();
  return following;
}
