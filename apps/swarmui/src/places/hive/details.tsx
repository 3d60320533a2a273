// A worker: what the fleet says of it, its last telemetry, and what can be done with it.

import type { Cell } from '@cohesix/client/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { propose } from '../../act/acts.ts';
import { hrefOf } from '../../app/router.ts';
import type { Lines } from '../../files/lines.ts';
import { useText } from '../../files/names.ts';
import { useLines } from '../../files/use-lines.ts';
import { useHive } from '../../session/hive.ts';
import { momentText } from '../../time/moment.ts';
import { FLEET_PATH } from './fleet-source.ts';
import { kindToken } from './kinds.ts';
import { type Fleet, type FleetWorker, infoPath, telemetryPath } from './model.ts';

/** Lines of telemetry that are shown, and how much of each. */
const LINES = 50;
const LINE_LENGTH_MAX = 160;

/** What is known of the worker of the address. */
export function Details({ id, fleet }: { readonly id: string; readonly fleet: Fleet }): ReactNode {
  const worker = fleet.workers.find((one) => one.id === id);
  return (
    <section className="hive-details" aria-label={`Worker ${id}`}>
      <header className="row">
        <h2>{id}</h2>
        <span className="spacer" />
        <a className="button" href={hrefOf('hive')}>
          Close
        </a>
      </header>
      {worker === undefined ? <Gone id={id} /> : <Known worker={worker} />}
    </section>
  );
}

function Gone({ id }: { readonly id: string }): ReactNode {
  return (
    <p className="notice">
      <strong>{id} is not in the fleet.</strong>
      <span>
        It has ended, or there never was one, or this ticket does not see it. What became of it stands in the journal:{' '}
        <a href={hrefOf('audit')}>Audit</a>.
      </span>
    </p>
  );
}

function Known({ worker }: { readonly worker: FleetWorker }): ReactNode {
  return (
    <>
      <dl className="hive-fields" data-file={FLEET_PATH}>
        {Object.entries(worker.fields).map(([name, cell]) =>
          name === 'id' ? null : (
            <div key={name}>
              <dt>{TITLES[name] ?? name}</dt>
              <dd data-field={name}>
                {name === 'kind' ? (
                  <span className="hive-dot" style={{ background: `var(${kindToken(worker.kind)})` }} />
                ) : null}
                {fieldText(name, cell)}
              </dd>
            </div>
          ),
        )}
      </dl>
      <Acts worker={worker} />
      <Telemetry key={worker.id} path={telemetryPath(worker)} />
      <Info path={infoPath(worker)} />
    </>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  ticks: 'ticks used',
  ops: 'operations used',
  expires_ms: 'time is up',
  leases: 'leases held',
};

function fieldText(name: string, cell: Cell): string {
  if (name === 'expires_ms') return cell === null ? 'never' : momentText(Number(cell));
  const value = String(cell ?? 'none');
  if (name === 'ticks' || name === 'ops') return value.replace('/none', ', no limit').replace('/', ' of ');
  return value;
}

function Acts({ worker: { id } }: { readonly worker: FleetWorker }): ReactNode {
  const isLive = useHive()?.mode === 'live';
  const stop = (): void =>
    propose({ path: '/queen/ctl', line: JSON.stringify({ kill: id }), what: `Stop ${id}`, isDanger: true });
  return (
    <p className="row">
      <a className="button" href={hrefOf('files', 'worker', id)}>
        Its files
      </a>
      {isLive ? (
        <button type="button" className="button" onClick={stop}>
          Stop it…
        </button>
      ) : null}
    </p>
  );
}

/** The last lines; the newest is at the bottom and in view, unless somebody scrolled away from it. */
function Telemetry({ path }: { readonly path: string }): ReactNode {
  const content = useLines(path, LINES);
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (content.kind === 'here' && isAtEnd.current && list.current !== null)
      list.current.scrollTop = list.current.scrollHeight;
  }, [content]);
  const onScroll = (): void => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = list.current ?? {};
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
  };
  return (
    <>
      <h3>Last telemetry</h3>
      {content.kind === 'waiting' ? <p role="status">Reading {path}…</p> : null}
      {content.kind === 'refused' ? (
        <p className="notice" data-tone="error">
          {path} is not shown: {content.refusal.detail} ({content.refusal.code})
        </p>
      ) : null}
      {content.kind === 'here' && content.value.lines.length === 0 ? (
        <p className="hive-soft">
          It has written nothing yet. A worker writes to <code>{path}</code>.
        </p>
      ) : null}
      {content.kind === 'here' && content.value.lines.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard (WCAG 2.1.1)
        <ol className="hive-lines" ref={list} tabIndex={0} onScroll={onScroll} data-file={path} aria-label="Telemetry">
          {numbered(content.value).map(({ number, line }) => (
            <li key={number}>{shortened(line)}</li>
          ))}
        </ol>
      ) : null}
    </>
  );
}

/** Lines with their number in what was followed: it stays while older ones go. */
function numbered({ lines, dropped }: Lines): readonly { readonly number: number; readonly line: string }[] {
  return lines.map((line, index) => ({ number: dropped + index, line }));
}

function shortened(line: string): string {
  return line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX - 1)}…` : line;
}

function Info({ path }: { readonly path: string }): ReactNode {
  const text = useText(path);
  if (text.kind !== 'here') return null;
  return (
    <details>
      <summary>
        All of <code>{path}</code>
      </summary>
      <pre data-file={path}>{text.value}</pre>
    </details>
  );
}
