// The frame of the page: what state the hive is in, the places, and the place that is open.

import { CSPProvider } from '@base-ui/react/csp-provider';
import { type ReactNode, Suspense, useEffect } from 'react';
import { ReviewDialog } from '../act/review-dialog.tsx';
import { PaletteHost } from '../palette/palette-host.tsx';
import { PastGate } from '../past/gate.tsx';
import '../past/past-address.ts';
import { OpenRequests } from '../places/approvals/open-requests.tsx';
import { useHive } from '../session/hive.ts';
import { LinkDialog } from '../session/link-dialog.tsx';
import { session } from '../session/session.ts';
import { SignIn } from '../session/sign-in.tsx';
import { useStore } from '../store/store.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { LostBanner, useIsLost } from './lost-banner.tsx';
import { loadPlaces, PLACES } from './places.ts';
import { goTo, hrefOf, useRoute } from './router.ts';
import { StatusBar } from './status-bar.tsx';
import { useCurrentInView } from './use-current-in-view.ts';

/** The page. */
export function App(): ReactNode {
  const phase = useStore(session.phase);
  const hive = useHive();
  const isOut = phase.kind === 'signed-out' && hive === undefined;
  return <CSPProvider disableStyleElements>{isOut ? <SignIn /> : <Frame />}</CSPProvider>;
}

function Frame(): ReactNode {
  const { place: id } = useRoute();
  const isLost = useIsLost();
  const place = PLACES.find((one) => one.id === id) ?? PLACES[0];
  const menu = useCurrentInView(place);
  usePlaceKeys();
  useSpareTime();
  if (place === undefined) return null;
  return (
    <div className="frame">
      <SkipLink />
      <StatusBar />
      <nav ref={menu} aria-label="Places">
        {PLACES.map((one) => (
          <a key={one.id} href={hrefOf(one.id)} aria-current={one.id === place.id ? 'page' : undefined}>
            {one.title}
            {one.id === 'approvals' ? <OpenRequests /> : null}
          </a>
        ))}
      </nav>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it (WCAG 2.1.1). */}
      <main id="place" data-place={place.id} data-stale={isLost} tabIndex={0} aria-label={place.title}>
        <LostBanner />
        <PastGate />
        <ErrorBoundary key={place.id}>
          <Suspense
            fallback={
              <p className="place-loading" role="status">
                Loading {place.title}…
              </p>
            }
          >
            <place.Body />
          </Suspense>
        </ErrorBoundary>
      </main>
      <ReviewDialog />
      <LinkDialog />
      <PaletteHost />
    </div>
  );
}

/** The first of the tab order; a link would change the address of the place. */
function SkipLink(): ReactNode {
  return (
    <button type="button" className="button skip-link" onClick={() => document.getElementById('place')?.focus()}>
      Skip to the place
    </button>
  );
}

/** Alt and the number of a place go there. */
function usePlaceKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // By the place of the key: with Alt a Mac has other characters on it.
      const place = event.altKey ? PLACES.find(({ key }) => event.code === `Digit${key}`) : undefined;
      if (place === undefined) return;
      event.preventDefault();
      goTo(hrefOf(place.id));
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** How long after the frame the other places are fetched, ms: what is looked at comes first. */
const SPARE_AFTER_MS = 1500;

/** Fetches the other places once what is looked at is there. */
function useSpareTime(): void {
  useEffect(() => {
    const timer = setTimeout(() => void loadPlaces(), SPARE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
}
