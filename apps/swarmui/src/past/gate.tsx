// Loads the banner of the past when somebody first goes there.

import { lazy, type ReactNode, Suspense } from 'react';
import { useStore } from '../store/store.ts';
import { scrubber } from './past.ts';

const Banner = lazy(() => import('./scrub-bar.tsx').then(({ PastBanner }) => ({ default: PastBanner })));

/** The banner, while the past is shown or on its way. */
export function PastGate(): ReactNode {
  const scrub = useStore(scrubber.scrub);
  if (scrub === undefined) return null;
  return (
    <Suspense fallback={<p role="status">Going to line {scrub.line}…</p>}>
      <Banner />
    </Suspense>
  );
}
