// A text of the hive shown so that it cannot look like another one: characters that are not seen, or that turn the direction of others,
// are spelled out. Who approves a line must see all of it.

import type { ReactNode } from 'react';
import { spelled } from './spelled.ts';

/** The text, what is spelled out marked as such. */
export function ExactText({ text }: { readonly text: string }): ReactNode {
  return spelled(text).map(({ text: part, isSpelled }, index) =>
    isSpelled ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name
      <mark key={index} className="spelled" title="A character that is not seen, by its number in Unicode">
        {part}
      </mark>
    ) : (
      part
    ),
  );
}
