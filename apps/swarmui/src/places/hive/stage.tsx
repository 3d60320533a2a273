// The stage: the canvas, what moves it, and the same fleet as a list for those who do not see it. The list has one option at a time, the
// worker that has the keyboard; arrows go from worker to worker as they lie on the canvas.

import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { goTo, hrefOf } from '../../app/router.ts';
import { stageKey } from './keys.ts';
import type { Fleet, FleetWorker } from './model.ts';
import type { Show } from './show.ts';
import type { FollowedActivity } from './use-fleet.ts';
import { useGestures, useShow } from './use-show.ts';

/** What the stage shows. */
export interface StageProps {
  readonly fleet: Fleet;
  readonly activity: FollowedActivity;
  /** The worker of the address. */
  readonly selected: string | undefined;
}

/** The canvas with its controls. */
export function Stage({ fleet, activity, selected }: StageProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string>();
  const made = useShow(host, activity);
  const show = made.kind === 'here' ? made.show : undefined;
  useEffect(() => show?.setFleet(fleet), [show, fleet]);
  useEffect(() => show?.setMarked(selected, focused), [show, selected, focused]);
  useGestures(host, show, select);
  return (
    <div className="hive-stage">
      <div className="hive-canvas" ref={host} />
      <WorkerList fleet={fleet} show={show} selected={selected} focused={focused} onFocus={setFocused} />
      {made.kind === 'failed' ? <NoCanvas why={made.why} /> : <Controls show={show} stage={host} />}
    </div>
  );
}

function select(worker: string | undefined): void {
  goTo(worker === undefined ? hrefOf('hive') : hrefOf('hive', worker));
}

interface ListProps {
  readonly fleet: Fleet;
  readonly show: Show | undefined;
  readonly selected: string | undefined;
  readonly focused: string | undefined;
  readonly onFocus: (worker: string | undefined) => void;
}

/** The fleet for the keyboard and for screen readers. */
function WorkerList({ fleet, show, selected, focused, onFocus }: ListProps): ReactNode {
  const at = fleet.workers.findIndex(({ id }) => id === focused);
  const shown = [...new Set([fleet.workers[at], fleet.workers.find(({ id }) => id === selected) ?? fleet.workers[0]])];
  const onKeyDown = (event: KeyboardEvent): void => {
    const worker = pressed(event, { fleet, show, at, selected });
    if (worker !== undefined) onFocus(worker);
  };
  const first = selected ?? fleet.workers[0]?.id;
  if (first === undefined) return null;
  return (
    <div
      className="hive-list"
      role="listbox"
      tabIndex={0}
      aria-label="Workers. Arrows move, Enter opens, Escape closes, plus and minus zoom, 0 shows all."
      aria-activedescendant={at < 0 ? undefined : optionId(fleet.workers[at])}
      onKeyDown={onKeyDown}
      onFocus={() => onFocus(at < 0 ? first : focused)}
      onBlur={() => onFocus(undefined)}
    >
      {shown.map((worker) =>
        worker === undefined ? null : (
          <Option key={worker.id} worker={worker} fleet={fleet} isSelected={worker.id === selected} />
        ),
      )}
    </div>
  );
}

function Option({ worker, fleet, isSelected }: { worker: FleetWorker; fleet: Fleet; isSelected: boolean }): ReactNode {
  return (
    <div
      id={optionId(worker)}
      role="option"
      tabIndex={-1}
      className="visually-hidden"
      aria-selected={isSelected}
      aria-posinset={fleet.workers.indexOf(worker) + 1}
      aria-setsize={fleet.workers.length}
    >
      {worker.id}, {worker.kind}, {worker.state}
    </div>
  );
}

function optionId(worker: FleetWorker | undefined): string {
  return `hive-worker-${worker?.id ?? ''}`;
}

/** Carries a key out; the worker that has the keyboard afterwards, when it is another one. */
function pressed(
  event: KeyboardEvent,
  { fleet, show, at, selected }: Pick<ListProps, 'fleet' | 'show' | 'selected'> & { readonly at: number },
): string | undefined {
  const key = stageKey(event);
  if (key === undefined || (key.kind === 'clear' && selected === undefined)) return undefined;
  event.preventDefault();
  const here = fleet.workers[at]?.id;
  if (key.kind === 'zoom') show?.zoom(key.factor);
  if (key.kind === 'fit') show?.fit();
  if (key.kind === 'pan') show?.pan(key.dx, key.dy);
  if (key.kind === 'clear') select(undefined);
  if (key.kind === 'select' && here !== undefined) select(here);
  const last = fleet.workers.length - 1;
  const to =
    key.kind === 'jump'
      ? fleet.workers[Math.min(Math.max(at + key.by, 0), last)]?.id
      : key.kind === 'move' && here !== undefined
        ? (show?.next(here, key.direction) ?? neighbour(fleet, at, key.direction))
        : undefined;
  if (to !== undefined) show?.reveal(to);
  return to;
}

/** Without a canvas arrows go by number. */
function neighbour(fleet: Fleet, at: number, direction: string): string | undefined {
  return fleet.workers[at + (direction === 'left' || direction === 'up' ? -1 : 1)]?.id;
}

function Controls({ show, stage }: { show: Show | undefined; stage: RefObject<HTMLDivElement | null> }): ReactNode {
  const isReady = show !== undefined;
  return (
    <div className="hive-controls" data-ready={isReady ? stage.current?.id : undefined}>
      <button type="button" className="button" disabled={!isReady} onClick={() => show?.zoom(1.4)} aria-label="Nearer">
        +
      </button>
      <button
        type="button"
        className="button"
        disabled={!isReady}
        onClick={() => show?.zoom(1 / 1.4)}
        aria-label="Farther"
      >
        −
      </button>
      <button type="button" className="button" disabled={!isReady} onClick={() => show?.fit()}>
        Reset view
      </button>
    </div>
  );
}

function NoCanvas({ why }: { readonly why: string }): ReactNode {
  return (
    <div className="notice hive-over" role="alert">
      <strong>The fleet cannot be drawn here: {why}.</strong>
      <span>
        The list still works with the keyboard, and <a href={hrefOf('fleet')}>Fleet</a> shows the workers as a table.
      </span>
    </div>
  );
}
