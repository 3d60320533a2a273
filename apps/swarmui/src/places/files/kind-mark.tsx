// The mark of a kind of file: its letter in a colour of its own, so that a tree is read at a glance.

import type { FileStat } from '@cohesix/client/core';
import type { ReactNode } from 'react';

const MARKS: Readonly<Record<FileStat['kind'], { readonly mark: string; readonly about: string }>> = {
  directory: { mark: '▸', about: 'directory' },
  view: { mark: 'V', about: 'view: read only' },
  control: { mark: 'C', about: 'control file: takes lines' },
  stream: { mark: 'S', about: 'stream: can be followed' },
  blob: { mark: 'B', about: 'blob: stored bytes' },
};

/** The mark; nothing while the kind is not known. */
export function KindMark({
  kind,
  isOpen,
}: {
  readonly kind: FileStat['kind'] | undefined;
  readonly isOpen: boolean;
}): ReactNode {
  const known = kind ?? (isOpen ? 'directory' : undefined);
  if (known === undefined) return <span className="files-mark" />;
  const { mark, about } = MARKS[known];
  return (
    <span className="files-mark" data-kind={known} title={about}>
      <span aria-hidden="true">{known === 'directory' && isOpen ? '▾' : mark}</span>
      <span className="visually-hidden">{known}: </span>
    </span>
  );
}
