// One request: who asks for what exact line, why, what it would change, how long; and the two buttons. What has ended, or changed
// while somebody looked, cannot be decided any more, and says so.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useText } from '../../files/names.ts';
import { useHive } from '../../session/hive.ts';
import { useNow } from '../fleet/use-now.ts';
import { review, tellStale } from './decide.ts';
import { EffectOf, TargetNow, Why } from './explained.tsx';
import { type Decision, endedText, leftText, type Request, statusOf, whyNot } from './requests.ts';

interface Props {
  readonly id: string;
  /** Undefined: it is not open (any more). */
  readonly request: Request | undefined;
  readonly own: string | undefined;
}

/** What is known of a request. */
export function Detail({ id, request, own }: Props): ReactNode {
  const known = useRef(request);
  const first = useRef(request);
  known.current = request ?? known.current;
  first.current ??= request;
  const shown = known.current;
  const stale = useStale(id, request, first.current);
  return (
    <article className="panel stack approvals-detail" aria-label={`Request ${id}`} data-request={id}>
      <h2>
        {shown === undefined ? id : `${shown.subject} asks for one line`} <span className="approvals-id">{id}</span>
      </h2>
      {shown === undefined ? null : <Facts request={shown} isOpen={request !== undefined} />}
      {stale === undefined ? null : (
        <div className="notice" data-tone="error" role="alert" data-testid="stale">
          <strong>{stale}</strong>
        </div>
      )}
      {shown === undefined ? null : <Buttons request={shown} own={own} isStale={stale !== undefined} />}
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
function useStale(id: string, request: Request | undefined, first: Request | undefined): string | undefined {
  const status = useText(`/actions/${id}/status`);
  const now = useNow();
  let why: string | undefined;
  if (request === undefined) why = endedText(status.kind === 'here' ? statusOf(status.value) : undefined);
  else if (first !== undefined && request.entry !== first.entry)
    why = 'This is another request under the same id: look at it again.';
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
        <a href={hrefOf('files', ...target.split('/').slice(1))}>{target}</a>
      </dd>
      <dt>Exact line</dt>
      <dd>
        <pre className="approvals-exact" data-testid="request-line">
          {line}
        </pre>
      </dd>
      <dt>Asked</dt>
      <dd>
        <a href={hrefOf('audit', String(entry))}>line {entry} of the journal</a>, by {request.subject} ({request.role}),{' '}
        <time dateTime={isoOf(request.askedMs)}>{timeOf(request.askedMs)}</time>
      </dd>
      <dt>Needs</dt>
      <dd>
        {needs === 1 ? 'one approval' : `${needs} approvals, of different persons`}
        {approvedBy.length === 0 ? '' : `; approved by ${approvedBy.join(', ')}`}
      </dd>
      {isOpen && now !== undefined ? (
        <>
          <dt>Time left</dt>
          <dd data-testid="time-left" title={isoOf(expiresMs)}>
            {leftText(expiresMs - now)}
          </dd>
        </>
      ) : null}
    </dl>
  );
}

interface ButtonsProps {
  readonly request: Request;
  readonly own: string | undefined;
  readonly isStale: boolean;
}

function Buttons({ request, own, isStale }: ButtonsProps): ReactNode {
  const hive = useHive();
  const [isUnchanged, setUnchanged] = useState(false);
  const why = whyNot(request, own, 'approve');
  const isEnded = isStale || hive?.mode !== 'live';
  const isOff = isEnded || why !== undefined;
  const press = (decision: Decision): void => review(request, decision, own, isUnchanged && decision === 'approve');
  return (
    <div className="stack">
      <div className="row">
        <button type="button" className="button primary" disabled={isOff} onClick={() => press('approve')}>
          Approve <kbd>a</kbd>
        </button>
        <button
          type="button"
          className="button approvals-deny"
          disabled={isEnded || whyNot(request, own, 'deny') !== undefined}
          onClick={() => press('deny')}
        >
          Deny <kbd>d</kbd>
        </button>
        <label className="row">
          <input
            type="checkbox"
            checked={isUnchanged}
            disabled={isOff}
            onChange={(event) => setUnchanged(event.currentTarget.checked)}
          />
          only while the file takes no other line
        </label>
      </div>
      {why === undefined || isStale ? null : <p className="approvals-why-not">{why}</p>}
      {hive !== undefined && hive.mode !== 'live' ? (
        <p className="approvals-why-not">This is the past: decide in the present.</p>
      ) : null}
    </div>
  );
}

/** Date and time of this place; '' for what is no time. */
export function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toLocaleString() : '';
}

function isoOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '';
}
