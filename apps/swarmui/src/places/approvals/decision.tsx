// The two decisions on a request, as buttons and as the keys `a` and `d`; both are off when it cannot be decided any more.

import { type ReactNode, useState } from 'react';
import { whyNot as whyNothing } from '../../act/acts.ts';
import { useMainKeys } from '../../app/use-main-keys.ts';
import { useHive } from '../../session/hive.ts';
import { review } from './decide.ts';
import { type Decision, type Request, whyNot } from './requests.ts';

interface Props {
  readonly request: Request;
  readonly own: string | undefined;
  /** It has ended, or is another one by now. */
  readonly isStale: boolean;
}

const DECISIONS: Readonly<Record<string, Decision>> = { a: 'approve', d: 'deny' };

/** Approve, deny, and why one of them is off. */
export function DecisionButtons({ request, own, isStale }: Props): ReactNode {
  const hive = useHive();
  const [isUnchanged, setUnchanged] = useState(false);
  const nothing = whyNothing(hive);
  const isEnded = isStale || nothing !== undefined;
  const why = whyNot(request, own, 'approve');
  const isOff = (decision: Decision): boolean => isEnded || whyNot(request, own, decision) !== undefined;
  const press = (decision: Decision): void => {
    if (!isOff(decision)) review(request, decision, own, isUnchanged && decision === 'approve');
  };
  useMainKeys((event) => {
    const decision = DECISIONS[event.key];
    if (decision === undefined) return;
    event.preventDefault();
    press(decision);
  });
  return (
    <div className="stack">
      <div className="row">
        <button type="button" className="button primary" disabled={isOff('approve')} onClick={() => press('approve')}>
          Approve <kbd>a</kbd>
        </button>
        <button type="button" className="button" data-danger disabled={isOff('deny')} onClick={() => press('deny')}>
          Deny <kbd>d</kbd>
        </button>
        <label className="row">
          <input
            type="checkbox"
            checked={isUnchanged}
            disabled={isOff('approve')}
            onChange={(event) => setUnchanged(event.currentTarget.checked)}
          />
          the approval ends when the file takes another line first
        </label>
      </div>
      {why === undefined || isStale ? null : <p className="approvals-why-not">{why}</p>}
      {nothing === undefined ? null : <p className="approvals-why-not">{nothing.detail}</p>}
    </div>
  );
}
