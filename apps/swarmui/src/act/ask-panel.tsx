// In the review of a line that needs an approval: ask a second person, and send the line when the answer is yes.

import { type ReactNode, useMemo } from 'react';
import { useStore } from '../store/store.ts';
import { askFor, type Review, sendAgain } from './acts.ts';
import { type Ask, askingAct, asks, newAskId } from './asks.ts';
import { cohForm } from './coh-form.ts';
import { ExactText } from './exact-text.tsx';

/** Shown below a refusal with `needs-approval`. */
export function AskPanel({ now }: { readonly now: Review }): ReactNode {
  const kept = useStore(asks);
  const ask = kept.find(({ id }) => id === now.askId);
  return (
    <div className="panel stack" data-testid="ask">
      {ask === undefined ? <Asking now={now} /> : <Asked ask={ask} />}
    </div>
  );
}

function Asking({ now }: { readonly now: Review }): ReactNode {
  const { act } = now;
  const id = useMemo(newAskId, []);
  const asking = askingAct(act, id);
  return (
    <>
      <div>
        A rule of the policy wants a second person to approve exactly this line. To ask, this is sent to{' '}
        <code>{asking.path}</code>:
      </div>
      <pre data-testid="ask-line">
        <ExactText text={asking.line} />
      </pre>
      <pre data-testid="ask-coh">{cohForm(asking)}</pre>
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={now.isAsking === true}
          onClick={() => void askFor(id)}
        >
          {now.isAsking === true ? 'Asking…' : 'Ask for approval'}
        </button>
        {now.askRefusal === undefined ? null : <span data-tone="error">Not asked, or not known: {now.askRefusal}</span>}
      </div>
    </>
  );
}

function Asked({ ask }: { readonly ask: Ask }): ReactNode {
  return (
    <>
      <div role="status" data-testid="ask-state" data-state={ask.state}>
        {askText(ask)}
      </div>
      {ask.state === 'queued' ? (
        <div className="row">
          <button type="button" className="button primary" onClick={() => void sendAgain()}>
            Send now
          </button>
        </div>
      ) : null}
    </>
  );
}

/** How a request stands, in words. */
export function askText({ id, state, decidedBy }: Pick<Ask, 'id' | 'state' | 'decidedBy'>): string {
  const by = decidedBy === undefined ? '' : ` by ${decidedBy}`;
  switch (state) {
    case 'queued':
      return `Approved${by}: the line can be sent now.`;
    case 'denied':
      return `Denied${by}.`;
    case 'expired':
      return 'Nobody decided in time; ask again.';
    case 'consumed':
      return 'The approval was used.';
    default:
      return `Asked as ${id}. Waiting for another person, who decides in Approvals or with coh approve ${id}. This may be closed; the request stays in Approvals.`;
  }
}
