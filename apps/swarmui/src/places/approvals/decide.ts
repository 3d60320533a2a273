// Opens the review of a decision. While it is open the request may end, or be another one: then it is not sent.

import { propose } from '../../act/acts.ts';
import { Store } from '../../store/store.ts';
import { type Decision, decisionAct, type Request, whyNot } from './requests.ts';

interface Open {
  readonly request: Request;
  readonly stale: Store<string | undefined>;
}

/** The one that is reviewed last. */
let open: Open | undefined;

/** Shows the line of a decision; nothing happens for a request that this person may not decide on. */
export function review(request: Request, decision: Decision, own: string | undefined, isUnchanged = false): void {
  if (whyNot(request, own, decision) !== undefined) return;
  open = { request, stale: new Store<string | undefined>(undefined) };
  propose(decisionAct(request, decision, isUnchanged), undefined, open.stale);
}

/** Says of the request that is reviewed what has become of it; `why` in words. */
export function tellStale(id: string, why: string): void {
  if (open?.request.id === id) open.stale.set(why);
}
