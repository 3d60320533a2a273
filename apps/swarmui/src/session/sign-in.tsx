// Signing in: with the one-time link that `npm start` and `coh ui` print, or with a ticket pasted here.

import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { goTo, useRoute } from '../app/router.ts';
import { useStore } from '../store/store.ts';
import type { Credentials } from './live.ts';
import { session } from './session.ts';

/** What is shown while nobody is signed in. */
export function SignIn(): ReactNode {
  const { place, rest } = useRoute();
  const phase = useStore(session.phase);
  const [problem, setProblem] = useState<string>();
  const code = place === 'sign-in' ? rest[0] : undefined;
  useEffect(() => {
    if (code === undefined) return;
    // The code is of no use any more, and does not belong in the history.
    goTo('#/', { replace: true });
    void redeem(code).then((result) => (typeof result === 'string' ? setProblem(result) : session.signIn(result)));
  }, [code]);
  const why = problem ?? (phase.kind === 'signed-out' ? phase.why?.detail : undefined);
  return (
    <main className="stack sign-in">
      <h1>SwarmUI</h1>
      <p>
        Open the link that <code>npm start</code> printed, or let <code>coh ui</code> print another one. A ticket can
        also be pasted here; it stays in this tab.
      </p>
      {why === undefined ? null : (
        <div className="notice" data-tone="error" role="alert">
          <strong>Not signed in.</strong> {why}
        </div>
      )}
      <TicketForm />
    </main>
  );
}

function TicketForm(): ReactNode {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const ticket = String(form.get('ticket') ?? '').trim();
    const subject = String(form.get('subject') ?? '').trim();
    if (ticket !== '')
      session.signIn({ ticket, role: String(form.get('role')), ...(subject === '' ? {} : { subject }) });
  };
  return (
    <form className="stack panel" onSubmit={submit}>
      <label className="field">
        Ticket
        <textarea name="ticket" rows={3} autoComplete="off" spellCheck={false} required />
      </label>
      <label className="field">
        Role
        <input name="role" defaultValue="queen" required />
      </label>
      <label className="field">
        Subject, if the ticket is of one worker
        <input name="subject" />
      </label>
      <button type="submit" className="button primary">
        Sign in
      </button>
    </form>
  );
}

/** Changes a code for its ticket; a sentence when that is refused. */
async function redeem(code: string): Promise<Credentials | string> {
  try {
    const answer = await fetch('/v1/signin/redeem', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    const read = (await answer.json()) as Partial<Credentials> & { readonly detail?: string };
    if (answer.ok && typeof read.ticket === 'string' && typeof read.role === 'string') return read as Credentials;
    return read.detail ?? 'The link is not good any more: it works once, and for ten minutes. Get another with coh ui.';
  } catch {
    return 'The hive does not answer.';
  }
}
