// The links of this page: codes come with the first address, or with a later one of the same tab.

import { realTimers, redeemSignInCode, signInCodeOf } from '@cohesix/client/core';
import { goTo } from '../app/router.ts';
import { LinkSignIn } from './link.ts';
import { session } from './session.ts';

/** The one of this page. */
export const links: LinkSignIn = new LinkSignIn({
  session,
  redeem: (code) => redeemSignInCode(code, { url: location.origin, timers: realTimers }),
});

/** Takes a code out of the address; the entry of the history with it is replaced. */
function look(): void {
  const code = signInCodeOf(location.hash);
  if (code === undefined || code === '') return;
  goTo('#/', { replace: true });
  links.opened(code);
}

addEventListener('hashchange', look);
look();
