// One file: what it is, what can be done with it, and its content by its kind.

import type { FileStat } from '@cohesix/client/core';
import { Fragment, type ReactNode } from 'react';
import { quoted } from '../../act/coh-form.ts';
import { hrefOfPath } from '../../app/router.ts';
import { type Reading, useReading } from '../../files/reads.ts';
import { Refused } from '../../files/refused.tsx';
import { BlobView } from './blob-view.tsx';
import { ControlView } from './control-view.tsx';
import { CopyButton } from './copy-button.tsx';
import { DirectoryView } from './directory-view.tsx';
import { sizeText } from './file-text.ts';
import { StreamView } from './stream-view.tsx';
import { TextView } from './text-view.tsx';

const STAT: Reading<FileStat> = {
  name: 'stat',
  read: (client, path) => client.stat(path),
  isSame: (one, other) => one.kind === other.kind && one.mode === other.mode && one.size === other.size,
};

/** The file at a path. */
export function FilePane({ path }: { readonly path: string }): ReactNode {
  const stat = useReading(path, STAT);
  return (
    <>
      <Crumbs path={path} />
      {stat.kind === 'here' ? <Facts path={path} stat={stat.value} /> : null}
      {stat.kind === 'waiting' ? <p role="status">Asking the hive for {path}…</p> : null}
      {stat.kind === 'refused' ? <Refused path={path} refusal={stat.refusal} /> : null}
      {stat.kind === 'here' ? <ContentOfKind path={path} stat={stat.value} /> : null}
    </>
  );
}

function ContentOfKind({ path, stat }: { readonly path: string; readonly stat: FileStat }): ReactNode {
  switch (stat.kind) {
    case 'directory':
      return <DirectoryView path={path} />;
    case 'view':
      return <TextView path={path} />;
    case 'control':
      return <ControlView path={path} />;
    case 'stream':
      return <StreamView path={path} />;
    case 'blob':
      return <BlobView path={path} size={stat.size} />;
  }
}

function Crumbs({ path }: { readonly path: string }): ReactNode {
  const parts = path.split('/').filter((part) => part !== '');
  return (
    <h1 className="files-crumbs">
      <a href={hrefOfPath('/')} aria-label="The root of the namespace">
        /
      </a>
      {parts.map((part, index) => {
        const to = `/${parts.slice(0, index + 1).join('/')}`;
        return (
          <Fragment key={to}>
            {index === 0 ? null : <span className="files-slash">/</span>}
            <a href={hrefOfPath(to)} aria-current={to === path ? 'location' : undefined}>
              {part}
            </a>
          </Fragment>
        );
      })}
    </h1>
  );
}

const COMMANDS: Readonly<Record<FileStat['kind'], string>> = {
  directory: 'coh ls',
  view: 'coh cat',
  control: 'coh cat',
  stream: 'coh tail -f',
  blob: 'coh cat',
};

function Facts({ path, stat }: { readonly path: string; readonly stat: FileStat }): ReactNode {
  const { kind, mode, size } = stat;
  const command = `${COMMANDS[kind]} ${quoted(path)}`;
  return (
    <div className="row">
      <span className="badge files-kind" data-kind={kind}>
        {kind}
      </span>
      <span className="badge" title="Permission bits">
        {modeText(mode)} {mode.toString(8).padStart(4, '0')}
      </span>
      {kind === 'directory' || size === 0n ? null : (
        <span className="badge" title={kind === 'stream' ? `Cursor of its end: ${size}` : `${size} bytes`}>
          {kind === 'stream' ? `${sizeText(size)} so far` : sizeText(size)}
        </span>
      )}
      <span className="spacer" />
      <CopyButton text={path} label="Copy path" />
      <CopyButton text={command} label={`Copy ${COMMANDS[kind]}`} />
    </div>
  );
}

/** The bits of the owner, which are those of the ticket: `r--`. */
function modeText(mode: number): string {
  return [...'rwx'].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('');
}
