// Requests for approval that this tab made: a line was refused because a rule wants a second person, that person was asked, and when
// the answer is yes the line can be sent. What is asked for is kept with the tab; it is gone with it, the request is not.

import { jsonLines, mayKeep } from '@cohesix/client/core';
import { isObject, parsed } from '../files/json.ts';
import { pulse } from '../files/pulse.ts';
import { hive } from '../session/hive.ts';
import { storageOfTab } from '../session/platform.ts';
import { Store } from '../store/store.ts';
import type { Act } from './coh-form.ts';

/** Where approvals are asked for and given. */
export const ACTIONS_QUEUE = '/actions/queue';
const KEPT_MAX = 32;
/** Bytes of a fresh id's random part. */
const ID_BYTES = 5;

/** How a request stands: as the hive's status says, or `unknown` until that was read. */
export type AskState = 'requested' | 'queued' | 'denied' | 'expired' | 'consumed' | 'unknown';

/** A request, and the act that it is about. */
export interface Ask {
  readonly id: string;
  readonly act: Act;
  readonly state: AskState;
  readonly decidedBy: string | undefined;
}

const KEPT_AT = 'cohesix.asks';
const storage = storageOfTab();

/** Those of this tab, newest last. */
export const asks: Store<readonly Ask[]> = new Store<readonly Ask[]>(kept());

/** What the storage has of them; how each stands is asked again. */
function kept(): readonly Ask[] {
  const read = parsed(storage.getItem(KEPT_AT) ?? '[]');
  return (Array.isArray(read) ? read : []).flatMap((one: unknown): readonly Ask[] => {
    if (!isObject(one) || typeof one.id !== 'string' || !isAct(one.act)) return [];
    return [{ id: one.id, act: one.act, state: 'unknown', decidedBy: undefined }];
  });
}

function isAct(value: unknown): value is Act {
  return isObject(value) && ['path', 'line', 'what'].every((name) => typeof value[name] === 'string');
}

/** A line with a ticket in it is not kept. Where the storage is full, or there is none, all is gone when the page is left. */
function keep(): void {
  const some = asks.get().filter(({ act }) => mayKeep(act.line));
  try {
    storage.setItem(KEPT_AT, JSON.stringify(some.map(({ id, act }) => ({ id, act }))));
  } catch {
    // The request itself is with the hive.
  }
}
asks.watch(keep);

/** The act that asks for approval of another one: the line that `coh … --wait` sends. */
export function askingAct({ path, line }: Pick<Act, 'path' | 'line'>, id: string): Act {
  return {
    path: ACTIONS_QUEUE,
    line: JSON.stringify({ id, target: path, line, decision: 'request' }),
    what: `Ask for approval of a line for ${path}`,
  };
}

/** A fresh id for a request. */
export function newAskId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return `ask-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Remembers a request that the hive has taken, and looks what becomes of it. */
export function keepAsk(id: string, act: Act): void {
  const ask: Ask = { id, act, state: 'requested', decidedBy: undefined };
  asks.set([...asks.get().filter((one) => one.id !== id), ask].slice(-KEPT_MAX));
}

/** Forgets a request of this tab; the hive keeps it. */
export function forgetAsk(id: string): void {
  asks.set(asks.get().filter((one) => one.id !== id));
}

const OPEN: ReadonlySet<AskState> = new Set(['requested', 'queued', 'unknown']);

async function look(): Promise<void> {
  const now = hive.get();
  if (now?.mode !== 'live') return;
  for (const { id } of asks.get().filter(({ state }) => OPEN.has(state))) {
    const text = await now.client.read(`/actions/${id}/status`);
    if (text.ok) learn(id, new TextDecoder().decode(text.value));
  }
}

function learn(id: string, text: string): void {
  const [status] = jsonLines(text) as readonly { readonly state?: AskState; readonly decided_by?: string | null }[];
  const before = asks.get().find((one) => one.id === id);
  if (before === undefined || status?.state === undefined || status.state === before.state) return;
  const after = { ...before, state: status.state, decidedBy: status.decided_by ?? undefined };
  asks.set(asks.get().map((one) => (one.id === id ? after : one)));
}

pulse.watch(() => void look());
