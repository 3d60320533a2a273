// Approvals: what waits for a second person, what this tab asked for, and what was decided. Arrows choose.

import { type ReactNode, useEffect } from 'react';
import { goTo, hrefOf, useRoute } from '../../app/router.ts';
import { useMainKeys } from '../../app/use-main-keys.ts';
import { useRecords } from '../../files/names.ts';
import './approvals.css';
import { Decided } from './decided.tsx';
import { Detail } from './detail.tsx';
import { Mine } from './mine.tsx';
import { RequestList } from './request-list.tsx';
import { type Request, requestsOf } from './requests.ts';
import { useOwnSubject } from './use-own.ts';

/** The place. */
export function Body(): ReactNode {
  const pending = useRecords('/actions/pending');
  const [id] = useRoute().rest;
  if (pending.kind === 'waiting') return <p role="status">Reading /actions/pending…</p>;
  if (pending.kind === 'refused')
    return (
      <div className="notice" data-tone="error" role="alert">
        <strong>The open requests cannot be read: {pending.refusal.detail}</strong>
        <span>
          File <code>/actions/pending</code>, code <code>{pending.refusal.code}</code>. It takes a ticket of the queen
          or of an approver: <code>coh ticket mint --role queen --subject NAME</code>.
        </span>
      </div>
    );
  const requests = requestsOf(pending.value);
  return (
    <div className="approvals">
      <h1>
        Approvals <span className="approvals-count">{countText(requests.length)}</span>
      </h1>
      <Queue requests={requests} id={id} />
      <Mine />
      <Decided />
    </div>
  );
}

function countText(count: number): string {
  return count === 0 ? 'nothing waits' : `${count} ${count === 1 ? 'waits' : 'wait'} for a decision`;
}

interface QueueProps {
  readonly requests: readonly Request[];
  readonly id: string | undefined;
}

function Queue({ requests, id }: QueueProps): ReactNode {
  const own = useOwnSubject();
  const chosen = id === undefined ? requests[0] : requests.find((one) => one.id === id);
  useMainKeys((event) => moveBy(event, requests, chosen));
  // What is looked at keeps its address, so that it stays in view when it ends.
  const first = id === undefined ? requests[0]?.id : undefined;
  useEffect(() => {
    if (first !== undefined) goTo(hrefOf('approvals', first), { replace: true });
  }, [first]);
  if (requests.length === 0 && id === undefined) return <Empty />;
  return (
    <div className="approvals-queue">
      {requests.length === 0 ? <Empty /> : <RequestList requests={requests} chosen={chosen} />}
      {chosen === undefined && id === undefined ? null : (
        <Detail key={chosen?.id ?? id} id={chosen?.id ?? id ?? ''} request={chosen} own={own} />
      )}
    </div>
  );
}

function moveBy(event: KeyboardEvent, requests: readonly Request[], chosen: Request | undefined): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  const at = requests.findIndex(({ id }) => id === chosen?.id);
  const next = requests[at < 0 ? 0 : at + by];
  if (by === 0 || next === undefined) return;
  event.preventDefault();
  goTo(hrefOf('approvals', next.id), { replace: true });
  document.getElementById(`request-${next.id}`)?.focus();
}

function Empty(): ReactNode {
  return (
    <div className="notice">
      <strong>No request is open.</strong>
      <span>
        When a line needs an approval, whoever sends it can ask: here, in the review of the line; in a shell with{' '}
        <code>--wait</code>, for example <code>coh spawn {`'{"spawn":"heartbeat","ticks":100}'`} --wait 300</code>.
      </span>
      <span>
        Which lines need one: <a href={hrefOf('files', 'policy', 'rules')}>/policy/rules</a>.
      </span>
    </div>
  );
}
