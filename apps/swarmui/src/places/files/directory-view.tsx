// A directory: its names as links, so many at first.

import { type ReactNode, useState } from 'react';
import { hrefOfPath } from '../../app/router.ts';
import { useNames } from '../../files/names.ts';
import { Refused } from '../../files/refused.tsx';
import { below } from './tree-model.ts';

const NAMES_STEP = 200;

/** The names in it. */
export function DirectoryView({ path }: { readonly path: string }): ReactNode {
  const names = useNames(path);
  const [shown, setShown] = useState(NAMES_STEP);
  if (names.kind === 'waiting') return <p role="status">Reading…</p>;
  if (names.kind === 'refused') return <Refused path={path} refusal={names.refusal} />;
  const { length } = names.value;
  if (length === 0) return <p className="files-soft">Nothing is here now.</p>;
  return (
    <div className="stack">
      <p className="files-soft">{length === 1 ? 'One name' : `${length} names`}</p>
      <ul className="files-names" data-file={path}>
        {names.value.slice(0, shown).map((name) => (
          <li key={name}>
            <a href={hrefOfPath(below(path, name))}>{name}</a>
          </li>
        ))}
      </ul>
      {length <= shown ? null : (
        <button type="button" className="button" onClick={() => setShown(shown + NAMES_STEP)}>
          {Math.min(NAMES_STEP, length - shown)} more
        </button>
      )}
    </div>
  );
}
