// What the page knows of a file. A refusal is shown, not hidden: it says what the ticket may not see.

import type { Refusal } from '@cohesix/wire';

/** A content, or why there is none. `isStale`: the hive could not be asked since; it may be another one by now. */
export type Content<T> =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'here'; readonly value: T; readonly isStale: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Nothing yet. */
export const WAITING: Content<never> = { kind: 'waiting' };
