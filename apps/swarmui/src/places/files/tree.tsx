// The namespace as a tree. Only the rows in view are there; keys move a focus that the tree holds (`aria-activedescendant`).

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef } from 'react';
import { goTo, hrefOfPath } from '../../app/router.ts';
import { NAMES } from '../../files/names.ts';
import { useContents } from '../../files/use-contents.ts';
import { useStore } from '../../store/store.ts';
import { KindMark } from './kind-mark.tsx';
import { kinds, wantKinds } from './kinds.ts';
import { moveFor, rowsOf, type TreeMove, type TreeRow, typedTo } from './tree-model.ts';
import { activePath, close, openAll, openDirectories } from './tree-state.ts';

const ROW_PX = 26;
/** Around the rows. */
const ROOM_PX = 8;
/** Names of the next level begin so much further in. */
const LEVEL_PX = 16;
/** Letters typed within this time are one word, ms. */
const TYPING_MS = 700;

/** The tree; `selected` is the path that is shown beside it. */
export function Tree({ selected }: { readonly selected: string }): ReactNode {
  const rows = useRows();
  const active = useStore(activePath);
  const at = rows.findIndex(({ path }) => path === active);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    paddingStart: ROOM_PX,
    paddingEnd: ROOM_PX,
    scrollPaddingStart: ROOM_PX,
    scrollPaddingEnd: ROOM_PX,
  });
  const items = virtual.getVirtualItems();
  const shown = items.flatMap(({ index }) => rows[index]?.path ?? []);
  useEffect(() => wantKinds(shown));
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);
  const onKeyDown = useTreeKeys(rows, at, selected);
  return (
    <div
      ref={scroll}
      className="files-tree"
      role="tree"
      aria-label="Namespace"
      aria-activedescendant={at >= 0 ? `files-row-${at}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="none" className="files-tree-all" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          return row === undefined ? null : (
            <Row
              key={row.path}
              row={row}
              index={index}
              top={start}
              isActive={index === at}
              isShown={row.path === selected}
            />
          );
        })}
      </div>
    </div>
  );
}

function useRows(): readonly TreeRow[] {
  const open = useStore(openDirectories);
  const directories = useMemo(() => ['/', ...open], [open]);
  const contents = useContents(directories, NAMES);
  return useMemo(
    () =>
      rowsOf(open, (directory) => {
        const names = contents.get(directory);
        return names?.kind === 'here' ? names.value : undefined;
      }),
    [open, contents],
  );
}

function useTreeKeys(rows: readonly TreeRow[], at: number, selected: string): (event: KeyboardEvent) => void {
  const typed = useRef({ text: '', at: 0 });
  return (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const byKey = moveFor(event.key, rows, at, isDirectory(rows[at]));
    if (byKey !== undefined) typed.current.text = '';
    const move = byKey ?? typedMove(event, typed.current, rows, at);
    if (move === undefined) return;
    event.preventDefault();
    act(move, rows, selected);
  };
}

function typedMove(
  { key, timeStamp }: KeyboardEvent,
  typed: { text: string; at: number },
  rows: readonly TreeRow[],
  at: number,
): TreeMove | undefined {
  if (key.length !== 1) return undefined;
  typed.text = timeStamp - typed.at < TYPING_MS ? typed.text + key : key;
  typed.at = timeStamp;
  const index = typedTo(typed.text, rows, at);
  return index === undefined ? undefined : { kind: 'to', index };
}

function isDirectory(row: TreeRow | undefined): boolean {
  return row !== undefined && (row.isOpen || kinds.get().get(row.path)?.kind === 'directory');
}

function act(move: TreeMove, rows: readonly TreeRow[], selected: string): void {
  if (move.kind === 'to') activePath.set(rows[move.index]?.path ?? '');
  else if (move.kind === 'open') openAll([move.path]);
  else if (move.kind === 'close') close(move.path);
  else choose(move.path, move.path === selected);
}

/** Shows a path; a directory is opened, or closed when it was the one that is shown. */
function choose(path: string, isShown: boolean): void {
  activePath.set(path);
  if (isShown && openDirectories.get().has(path)) close(path);
  else if (kinds.get().get(path)?.kind === 'directory') openAll([path]);
  goTo(hrefOfPath(path));
}

interface RowProps {
  readonly row: TreeRow;
  readonly index: number;
  readonly top: number;
  readonly isActive: boolean;
  readonly isShown: boolean;
}

function Row({ row, index, top, isActive, isShown }: RowProps): ReactNode {
  const kind = useStore(kinds).get(row.path)?.kind;
  const isFolder = row.isOpen || kind === 'directory';
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      id={`files-row-${index}`}
      className="files-row"
      role="treeitem"
      tabIndex={-1}
      aria-level={row.level}
      aria-posinset={row.position}
      aria-setsize={row.setSize}
      aria-selected={isShown}
      aria-expanded={isFolder ? row.isOpen : undefined}
      data-active={isActive}
      style={{
        transform: `translateY(${top}px)`,
        height: ROW_PX,
        paddingInlineStart: (row.level - 1) * LEVEL_PX + ROOM_PX,
      }}
      onClick={() => choose(row.path, isShown)}
    >
      <KindMark kind={kind} isOpen={row.isOpen} />
      <span className="files-name">{row.name}</span>
    </div>
  );
}
