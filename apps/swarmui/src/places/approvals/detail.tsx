// One request: who asks for what exact line, why, what it would change, how long; and the two buttons. What has ended, or changed
// while somebody looked, cannot be decided any more, and says so.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ExactText } from '../../act/exact-text.tsx';
import { hrefOf, hrefOfPath } from '../../app/router.ts';
import { useText } from '../../files/names.ts';
import { exactText } from '../../time/moment.ts';
import { Moment } from '../../time/moment-view.tsx';
import { useNow } from '../../time/use-now.ts';
import { tellStale } from './decide.ts';
import { DecisionButtons } from './decision.tsx';
import { EffectOf, TargetNow, Why } from './explained.tsx';
import { endedText, leftText, type Request, statusOf } from './requests.ts';

interface Props {
  readonly id: string;
  /** Undefined: it is not open (any more). */
  readonly request: Request | undefined;
  readonly own: string | undefined;
}

/** What is known of a request. */
export function Detail({ id, request, own }: Props): ReactNode {
  const known = useRef(request);
  const [looked, setLooked] = useState(request?.entry);
  known.current = request ?? known.current;
  const shown = known.current;
  const isOther = request !== undefined && looked !== undefined && request.entry !== looked;
  const stale = useStale(id, request, isOther);
  useEffect(() => setLooked((before) => before ?? request?.entry), [request]);
  return (
    <article className="panel stack approvals-detail" aria-label={`Request ${id}`} data-request={id}>
      <h2>
        {shown === undefined ? id : `${shown.subject} asks for one line`} <span className="approvals-id">{id}</span>
      </h2>
      {shown === undefined ? null : <Facts request={shown} isOpen={request !== undefined} />}
      {stale === undefined ? null : (
        <div className="notice" data-tone="error" role="alert" data-testid="stale">
          <strong>{stale}</strong>
          {isOther ? (
            <button type="button" className="button" onClick={() => setLooked(request?.entry)}>
              I have looked at it
            </button>
          ) : null}
        </div>
      )}
      {shown === undefined ? null : <DecisionButtons request={shown} own={own} isStale={stale !== undefined} />}
      {shown === undefined ? null : (
        <>
          <Why request={shown} />
          <EffectOf request={shown} />
          <TargetNow request={shown} />
        </>
      )}
    </article>
  );
}

/** Why it cannot be decided any more, in words; undefined while it can. Tells the open review too. */
function useStale(id: string, request: Request | undefined, isOther: boolean): string | undefined {
  const status = useText(`/actions/${id}/status`);
  const now = useNow();
  let why: string | undefined;
  if (request === undefined) why = endedText(status.kind === 'here' ? statusOf(status.value) : undefined);
  else if (isOther) why = 'This is another request under the same id: look at it again.';
  else if (now !== undefined && request.expiresMs <= now) why = 'It has expired; who asked must ask again.';
  useEffect(() => {
    if (why !== undefined) tellStale(id, why);
  }, [id, why]);
  return why;
}

function Facts({ request, isOpen }: { readonly request: Request; readonly isOpen: boolean }): ReactNode {
  const now = useNow();
  const { target, line, needs, approvedBy, expiresMs, entry } = request;
  return (
    <dl className="approvals-facts" data-file="/actions/pending">
      <dt>File</dt>
      <dd>
        <a href={hrefOfPath(target)}>{target}</a>
      </dd>
      <dt>Exact line</dt>
      <dd>
        <pre className="approvals-exact" data-testid="request-line">
          <ExactText text={line} />
        </pre>
      </dd>
      <dt>Asked</dt>
      <dd>
        <a href={hrefOf('audit', String(entry))}>line {entry} of the journal</a>, by {request.subject} ({request.role}),{' '}
        <Moment atMs={request.askedMs} />
      </dd>
      <dt>Needs</dt>
      <dd>
        {needs === 1 ? 'one approval' : `${needs} approvals, of different persons`}
        {approvedBy.length === 0 ? '' : `; approved by ${approvedBy.join(', ')}`}
      </dd>
      {isOpen && now !== undefined ? (
        <>
          <dt>Time left</dt>
          <dd data-testid="time-left" title={exactText(expiresMs)}>
            {leftText(expiresMs - now)}
          </dd>
        </>
      ) : null}
    </dl>
  );
}
