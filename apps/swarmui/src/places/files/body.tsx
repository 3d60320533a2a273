// Files: not here yet; names of the root, to show that the session works.

import type { ReactNode } from 'react';
import { useNames } from '../../files/names.ts';

/** The place. */
export function Body(): ReactNode {
  const names = useNames('/');
  return (
    <>
      <h1>Files</h1>
      <pre>{names.kind === 'here' ? names.value.join('\n') : names.kind}</pre>
    </>
  );
}
