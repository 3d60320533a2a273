// How many requests are open, beside the name of the place.

import type { ReactNode } from 'react';
import { useRecords } from '../../files/names.ts';

/** A number in a pill; nothing when there are none, or the ticket does not see them. */
export function OpenRequests(): ReactNode {
  const pending = useRecords('/actions/pending');
  const count = pending.kind === 'here' ? pending.value.length : 0;
  if (count === 0) return null;
  return (
    <>
      {' '}
      <span className="badge" data-tone="warn" data-testid="open-requests">
        {count}
        <span className="visually-hidden"> open</span>
      </span>
    </>
  );
}
