// Why something cannot be seen, and what to do about it.

import type { Refusal } from '@cohesix/wire';
import type { ReactNode } from 'react';
import { hrefOfPath } from '../app/router.ts';
import { useHive } from '../session/hive.ts';

const ADVICE: Readonly<Record<string, string>> = {
  'invalid-path':
    'There is no such file for this ticket: it is not there now, or the ticket’s scope does not reach it.',
  denied: 'The ticket of this tab may not. Sign in with one that may: coh ticket mint --help says how one is made.',
  'too-big': 'It is longer than the page reads at once. The shell reads all of it: coh cat.',
};

/** A refusal of the hive for a path. */
export function Refused({ path, refusal }: { readonly path: string; readonly refusal: Refusal }): ReactNode {
  const isLive = useHive()?.mode === 'live';
  const { code, detail } = refusal;
  return (
    <div className="notice" data-tone="error" role="alert">
      <strong>
        {path}: {code}
      </strong>
      <span>{detail}</span>
      {isLive ? <span>{ADVICE[code] ?? 'It is asked for again when something happens in the hive.'}</span> : null}
      {isLive && code in ADVICE && code !== 'too-big' ? <a href={hrefOfPath('/')}>All that this ticket sees</a> : null}
    </div>
  );
}
