// Workers of kind `bus` and `lora`. Such a worker does nothing by itself: while it lives, sidecars attach with tickets of its role
// whose subject is the scope of its adapter, spend its budget, and are cut off when it ends.

import { adapterWorker, busesOf, liveWorker, radiosOf, type State } from '@cohesix/authority';
import type { Manifest } from '@cohesix/manifest';
import type { Role, VerifiedTicket } from '@cohesix/ticket';
import { type Result, refuse } from '@cohesix/wire';

/** Kinds of worker that hold a place for others. */
const PLACE_KINDS: ReadonlySet<string> = new Set(['bus', 'lora', 'gpu']);

/** Whether a worker has no work of its own. */
export function isPlace(kind: string): boolean {
  return PLACE_KINDS.has(kind);
}

/**
 * Finds the live worker that the subject of a ticket stands for: its id, or the scope of the adapter it serves. Who serves an
 * adapter is remembered and looked at again: among ten thousand workers a search for each frame would be slow.
 */
export function actingWorkers(shown: () => Readonly<State>): (subject: string) => { readonly id: string } | undefined {
  const serving = new Map<string, string>();
  return (subject) => {
    const state = shown();
    const worker = liveWorker(state, serving.get(subject) ?? subject);
    if (worker !== undefined && (worker.adapter ?? worker.id) === subject) return worker;
    const found = liveWorker(state, subject) ?? adapterWorker(state, subject);
    // As many as there are adapters: whoever is found by another name than its id serves one.
    if (found !== undefined && found.id !== subject) serving.set(subject, found.id);
    return found;
  };
}

/** What a ticket of a worker is made for: its role, and its subject. */
export function identityOf(order: {
  readonly worker: string;
  readonly workerKind: string;
  readonly adapter?: string;
}): { readonly role: Role; readonly subject: string } {
  const { worker, workerKind, adapter = worker } = order;
  if (workerKind === 'bus') return { role: 'worker-bus', subject: adapter };
  if (workerKind === 'lora') return { role: 'worker-lora', subject: adapter };
  if (workerKind === 'gpu') return { role: 'worker-gpu', subject: worker };
  return { role: workerKind === 'host' ? 'worker-host' : 'worker-heartbeat', subject: worker };
}

/** A ticket for an adapter that this hive does not have is refused, with the line of contracts-1 4.11 in the log. */
export function checkScope(
  ticket: Result<VerifiedTicket>,
  manifest: Manifest,
  audit: (line: string) => void,
): Result<VerifiedTicket> {
  if (!ticket.ok) return ticket;
  const { role, rootSubject: scope } = ticket.value;
  if (role !== 'worker-bus' && role !== 'worker-lora') return ticket;
  const kind = role === 'worker-bus' ? 'bus' : 'lora';
  const adapters = kind === 'bus' ? busesOf(manifest) : radiosOf(manifest);
  if (adapters.some((adapter) => adapter.scope === scope)) return ticket;
  audit(`sidecar-deny kind=${kind} scope=${scope}`);
  return refuse('denied', `This hive has no ${kind === 'bus' ? 'bus' : 'radio'} of scope ${scope}; see [sidecars].`);
}
