// The frame of the page: what state the hive is in, the places, and the place that is open.

import { CSPProvider } from '@base-ui/react/csp-provider';
import { type ReactNode, Suspense, useEffect } from 'react';
import { ReviewDialog } from '../act/review-dialog.tsx';
import { useHive } from '../session/hive.ts';
import { session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { useStore } from '../store/store.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { PLACES, type Place } from './places.ts';
import { goTo, hrefOf, useRoute } from './router.ts';
import { StatusBar } from './status-bar.tsx';

/** The page. */
export function App(): ReactNode {
  const phase = useStore(session.phase);
  const hive = useHive();
  const isOut = phase.kind === 'signed-out' && hive === undefined;
  return <CSPProvider disableStyleElements>{isOut ? <SignIn /> : <Frame />}</CSPProvider>;
}

function Frame(): ReactNode {
  const { place: id } = useRoute();
  const place = PLACES.find((one) => one.id === id) ?? PLACES[0];
  usePlaceKeys();
  if (place === undefined) return null;
  return (
    <div className="frame">
      <StatusBar />
      <nav aria-label="Places">
        {PLACES.map((one) => (
          <a key={one.id} href={hrefOf(one.id)} aria-current={one.id === place.id ? 'page' : undefined}>
            {one.title}
          </a>
        ))}
      </nav>
      <main id="place" tabIndex={-1} aria-label={place.title}>
        <ErrorBoundary key={place.id}>
          <Suspense fallback={<p role="status">Loading {place.title}…</p>}>
            <place.Body />
          </Suspense>
        </ErrorBoundary>
      </main>
      <ReviewDialog />
    </div>
  );
}

/** Alt and the number of a place go there. */
function usePlaceKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const place: Place | undefined = event.altKey ? PLACES.find(({ key }) => key === event.key) : undefined;
      if (place === undefined) return;
      event.preventDefault();
      goTo(hrefOf(place.id));
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
