// The review of an act: the file, the exact line, the same for the shell; sent by one press, then what the hive said.

import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { hrefOf } from '../app/router.ts';
import { CopyButton } from '../places/files/copy-button.tsx';
import { useHive } from '../session/hive.ts';
import { Store, useStore } from '../store/store.ts';
import { dismiss, type Review, review, type Sent, send, whyNot } from './acts.ts';
import { AskPanel } from './ask-panel.tsx';
import { cohForm } from './coh-form.ts';
import { ExactText } from './exact-text.tsx';

const NEVER_STALE = new Store<string | undefined>(undefined);

/** Shown while something is reviewed. */
export function ReviewDialog(): ReactNode {
  const now = useStore(review);
  return (
    <Dialog.Root open={now !== undefined} onOpenChange={(open) => open || dismiss()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="dialog">{now === undefined ? null : <ReviewBody now={now} />}</Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function ReviewBody({ now }: { readonly now: Review }): ReactNode {
  const { act, sent } = now;
  const own = useStore(now.stale ?? NEVER_STALE);
  const shown = useHive();
  const stale = own ?? whyNot(shown)?.detail;
  const isOpen = sent.kind === 'reviewed' || sent.kind === 'sending';
  return (
    <div className="stack">
      <Dialog.Title>{act.what}</Dialog.Title>
      <div className="stack">
        <div>
          File <code data-testid="act-path">{act.path}</code>
        </div>
        <div>
          Line, as it is sent:
          <pre className="panel" data-testid="act-line">
            <ExactText text={act.line} />
          </pre>
        </div>
        <div>
          The same in a shell:
          <pre className="panel" data-testid="act-coh">
            {cohForm(act)}
          </pre>
        </div>
      </div>
      <div role="status" data-testid="act-sent">
        {stale !== undefined && sent.kind === 'reviewed' ? (
          <strong data-tone="error">{stale}</strong>
        ) : (
          <SentText sent={sent} path={act.path} />
        )}
      </div>
      {sent.kind === 'refused' && sent.refusal.code === 'needs-approval' ? <AskPanel now={now} /> : null}
      <div className="row">
        {isOpen ? (
          <button
            type="button"
            className={act.isDanger === true ? 'button' : 'button primary'}
            data-danger={act.isDanger}
            disabled={sent.kind !== 'reviewed' || stale !== undefined}
            // The second click of a double click, or a key that is held, was meant for what opened this.
            onClick={({ detail }) => void (detail < 2 && send())}
            onKeyDown={(event) => event.repeat && event.preventDefault()}
          >
            {sent.kind === 'sending' ? 'Sending…' : 'Send'}
          </button>
        ) : null}
        <CopyButton text={cohForm(act)} label="Copy command" />
        <Dialog.Close className="button" disabled={sent.kind === 'sending'}>
          {isOpen ? 'Cancel' : 'Close'}
        </Dialog.Close>
      </div>
    </div>
  );
}

function SentText({ sent, path }: { readonly sent: Sent; readonly path: string }): ReactNode {
  switch (sent.kind) {
    case 'reviewed':
      return 'Nothing has been sent.';
    case 'sending':
      return 'Sent; the hive has not answered yet.';
    case 'accepted':
      return `Accepted${sent.entry === undefined ? '' : ` as line ${sent.entry} of the journal`}.`;
    case 'refused':
      return (
        <span data-tone="error">
          Refused ({sent.refusal.code}): {sent.sentence}
        </span>
      );
    case 'unknown':
      return (
        <span data-tone="error">
          Unknown: the connection broke before the hive answered. The line may have been taken, or not; look at{' '}
          <a href={hrefOf('files', ...path.split('/').filter((part) => part !== ''))}>{path}</a> before it is sent
          again.
        </span>
      );
  }
}
