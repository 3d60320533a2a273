// Files: the namespace as a tree, and beside it the file that the address names, as it is now.

import { type ReactNode, useEffect } from 'react';
import { useRoute } from '../../app/router.ts';
import { FilePane } from './file-pane.tsx';
import './files.css';
import { Tree } from './tree.tsx';
import { reveal } from './tree-state.ts';

/** The place. */
export function Body(): ReactNode {
  const { place, rest } = useRoute();
  const path = `/${place === 'files' ? rest.join('/') : ''}`;
  useEffect(() => {
    if (path !== '/') reveal(path);
  }, [path]);
  return (
    <div className="files">
      <Tree selected={path} />
      <section className="files-pane stack" aria-label={path}>
        <FilePane key={path} path={path} />
      </section>
    </div>
  );
}
