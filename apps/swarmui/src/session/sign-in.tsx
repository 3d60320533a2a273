// Signing in: with the one-time link that `npm start` and `coh ui` print, or with a ticket pasted here.

import type { FormEvent, ReactNode } from 'react';
import { OpenRecording } from '../replay/open-button.tsx';
import { useStore } from '../store/store.ts';
import { session } from './session.ts';
import { links } from './this-link.ts';
import { whyOut } from './verdicts.ts';

/** What is shown while nobody is signed in. */
export function SignIn(): ReactNode {
  const phase = useStore(session.phase);
  const link = useStore(links.link);
  const refused = phase.kind === 'signed-out' && phase.why !== undefined ? whyOut(phase.why) : undefined;
  const why = link?.kind === 'failed' ? link.why : refused;
  return (
    <main className="stack sign-in">
      <h1>SwarmUI</h1>
      <p>{IS_FROM_DISK ? <FromDisk /> : <Ways />}</p>
      {why === undefined ? null : (
        <div className="notice" data-tone="error" role="alert">
          <strong>Not signed in.</strong> {why}
        </div>
      )}
      {link?.kind === 'redeeming' ? <p role="status">Signing in with the link…</p> : null}
      {IS_FROM_DISK ? null : <TicketForm />}
      <OpenRecording />
    </main>
  );
}

/** Opened from a disk there is no hive to sign in to. */
const IS_FROM_DISK = globalThis.location?.protocol === 'file:';

function FromDisk(): ReactNode {
  return (
    <>
      This page was opened from a disk: it shows recordings and evidence. To look at a hive that runs, open the link
      that <code>coh ui</code> prints.
    </>
  );
}

function Ways(): ReactNode {
  return (
    <>
      Open the link that <code>npm start</code> printed, or let <code>coh ui</code> print another one. A ticket can also
      be pasted here; it stays in this tab.
    </>
  );
}

function TicketForm(): ReactNode {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const ticket = String(form.get('ticket') ?? '').trim();
    const subject = String(form.get('subject') ?? '').trim();
    if (ticket === '') return;
    links.forget();
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
