// What this tab asked for, and can send when somebody has approved it.

import type { ReactNode } from 'react';
import { propose } from '../../act/acts.ts';
import { askText } from '../../act/ask-panel.tsx';
import { type Ask, asks, forgetAsk } from '../../act/asks.ts';
import { ExactText } from '../../act/exact-text.tsx';
import { useStore } from '../../store/store.ts';

/** Nothing when nothing was asked for. */
export function Mine(): ReactNode {
  const mine = useStore(asks);
  if (mine.length === 0) return null;
  return (
    <section className="stack" aria-label="Asked in this tab">
      <h2>Asked in this tab</h2>
      <ul className="approvals-mine">
        {mine.map((ask) => (
          <AskRow key={ask.id} ask={ask} />
        ))}
      </ul>
    </section>
  );
}

function AskRow({ ask }: { readonly ask: Ask }): ReactNode {
  const { id, act, state } = ask;
  return (
    <li className="panel stack" data-ask={id} data-state={state}>
      <code>
        {act.path} <ExactText text={act.line} />
      </code>
      <div className="row">
        <span>{askText(ask)}</span>
        {state === 'queued' ? (
          <button type="button" className="button primary" onClick={() => propose(act, () => forgetAsk(id))}>
            Send now
          </button>
        ) : null}
        {state === 'requested' || state === 'queued' ? null : (
          <button type="button" className="button" onClick={() => forgetAsk(id)}>
            Clear
          </button>
        )}
      </div>
    </li>
  );
}
