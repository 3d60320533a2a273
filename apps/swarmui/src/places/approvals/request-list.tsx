// The open requests, oldest first: who, what line, how much time is left.

import type { ReactNode } from 'react';
import { ExactText } from '../../act/exact-text.tsx';
import { hrefOf } from '../../app/router.ts';
import { useNow } from '../../time/use-now.ts';
import { leftText, type Request } from './requests.ts';

/** Rows that are shown; a hive keeps 256 open ones. */
const SHOWN_MAX = 256;

interface Props {
  readonly requests: readonly Request[];
  readonly chosen: Request | undefined;
}

/** A list of links, each to its request. */
export function RequestList({ requests, chosen }: Props): ReactNode {
  const now = useNow();
  return (
    <ul className="approvals-list" data-file="/actions/pending" aria-label="Open requests">
      {requests.slice(0, SHOWN_MAX).map((request) => (
        <li key={`${request.id} ${request.entry}`}>
          <a
            id={`request-${request.id}`}
            className="approvals-row"
            href={hrefOf('approvals', request.id)}
            aria-current={request.id === chosen?.id ? 'true' : undefined}
          >
            <span className="approvals-who">
              <strong data-field="subject">{request.subject}</strong>{' '}
              <span className="approvals-left">{now === undefined ? '' : leftText(request.expiresMs - now)}</span>
            </span>
            <code data-field="target">{request.target}</code>
            <code className="approvals-line" data-field="line">
              <ExactText text={request.line} />
            </code>
            {request.needs > 1 ? (
              <span className="badge">
                {request.approvedBy.length} of {request.needs} approved
              </span>
            ) : null}
          </a>
        </li>
      ))}
    </ul>
  );
}
