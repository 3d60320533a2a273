// A link was opened in a tab that has a session: use it, or keep what is there.

import { AlertDialog } from '@base-ui/react/alert-dialog';
import type { ReactNode } from 'react';
import { useStore } from '../store/store.ts';
import { session } from './session.ts';
import { links } from './this-link.ts';
import { whoText } from './verdicts.ts';

/** Shown while that is asked. */
export function LinkDialog(): ReactNode {
  const link = useStore(links.link);
  const phase = useStore(session.phase);
  const who = phase.kind === 'ready' ? `as ${whoText(phase)}` : '';
  return (
    <AlertDialog.Root open={link?.kind === 'asking'} onOpenChange={(open) => open || links.forget()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop" />
        <AlertDialog.Popup className="dialog">
          <div className="stack">
            <AlertDialog.Title>A sign-in link was opened</AlertDialog.Title>
            <AlertDialog.Description>
              This tab has a session already{who === '' ? '' : ` ${who}`}. With the link it ends, and another one begins
              with the ticket of the link. The link works once; it is not used up yet.
            </AlertDialog.Description>
            <div className="row">
              <AlertDialog.Close className="button">Keep this session</AlertDialog.Close>
              <button type="button" className="button primary" onClick={() => links.use()}>
                Use the link
              </button>
            </div>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
