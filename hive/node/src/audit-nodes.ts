// The files under `/audit`. Tiles and bundles of records have the paths of C2SP tlog-tiles, so that `/audit` is a log that
// any client of that format can read.

import type { Journal } from '@cohesix/journal';
import type { FileNode, NodeDefinition, TreeSource } from '@cohesix/ninedoor';
import {
  type Bundle,
  encodeBundle,
  formatTilePath,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  tileLevels,
} from '@cohesix/tlog';
import type { Audit } from './audit.ts';

const UTF8 = new TextEncoder();

/** All of them; `journal` once it is open. */
export function auditNodes(audit: Audit, journal: () => Journal): readonly NodeDefinition[] {
  return [
    { pattern: '/audit/journal', file: { kind: 'stream', ring: () => audit.journal, append: undefined } },
    { pattern: '/audit/decisions', file: { kind: 'stream', ring: () => audit.decisions, append: undefined } },
    { pattern: '/audit/checkpoint', file: text(() => audit.log.latest?.note ?? '') },
    { pattern: '/audit/key', file: text(() => `${audit.key}\n`) },
    { pattern: '/audit/export', file: text(() => exportText(audit)) },
    { pattern: '/audit/tile', tree: tileTree(audit, journal) },
  ];
}

/**
 * A file of the log as any client of C2SP tlog-tiles asks for it, below `/audit`: `checkpoint`, `key`, `tile/…`. Undefined when
 * there is no such file (yet).
 */
export function logFile(audit: Audit, journal: Journal, path: string): Uint8Array | undefined {
  if (path === 'key') return UTF8.encode(`${audit.key}\n`);
  if (path === 'checkpoint') return audit.log.latest === undefined ? undefined : UTF8.encode(audit.log.latest.note);
  const parsed = parseTilePath(path);
  return parsed.ok && exists(parsed.value, audit.log.latest?.size ?? 0)
    ? bytesOf(audit, journal, parsed.value)
    : undefined;
}

function bytesOf(audit: Audit, journal: Journal, resource: Tile | Bundle): Uint8Array | undefined {
  return resource.kind === 'tile' ? audit.log.tile(resource) : bundleOf(journal, resource);
}

function text(render: () => string): FileNode {
  return { kind: 'view', boundBytes: 65_536, version: undefined, render: () => UTF8.encode(render()) };
}

/** The bounds of the two streams, and of what is signed. */
function exportText({ journal, decisions, log }: Audit): string {
  const bounds = {
    journal_base: journal.base,
    journal_next: journal.end,
    decisions_base: decisions.base,
    decisions_next: decisions.end,
    records: log.size,
    signed_records: log.latest?.size ?? 0,
  };
  return `${JSON.stringify(bounds)}\n`;
}

/** Tiles and bundles of the signed tree. */
function tileTree(audit: Audit, journal: () => Journal): TreeSource {
  const all = (): readonly string[] => pathsOf(audit.log.latest?.size ?? 0);
  return {
    at: (names) => {
      const parsed = parseTilePath(`tile/${names.join('/')}`);
      if (!parsed.ok) return isFolder(names, audit.log.latest?.size ?? 0) ? 'directory' : undefined;
      const size = audit.log.latest?.size ?? 0;
      if (!exists(parsed.value, size)) return undefined;
      const resource = parsed.value;
      return { kind: 'blob', bytes: () => bytesOf(audit, journal(), resource) };
    },
    list: (names) => {
      const prefix = names.length === 0 ? 'tile/' : `tile/${names.join('/')}/`;
      const below = all().filter((path) => path.startsWith(prefix));
      return new Set(below.map((path) => path.slice(prefix.length).split('/', 1)[0] ?? ''));
    },
  };
}

/** Paths of all tiles and bundles of a tree; those on the right edge as wide as the tree is. */
function pathsOf(size: number): readonly string[] {
  const paths: string[] = [];
  for (const { level, fullCount, partialWidth } of tileLevels(size)) {
    const add = (index: number, width: number): void => {
      paths.push(formatTilePath({ kind: 'tile', level, index, width }));
      if (level === 0) paths.push(formatTilePath({ kind: 'entries', index, width }));
    };
    for (let index = 0; index < fullCount; index++) add(index, TILE_WIDTH);
    if (partialWidth > 0) add(fullCount, partialWidth);
  }
  return paths;
}

/** A narrower state of a tile exists too: the tree was once of that size. */
function exists({ kind, index, width, ...rest }: Tile | Bundle, size: number): boolean {
  const level = 'level' in rest ? rest.level : 0;
  const known = tileLevels(size).find((one) => one.level === level);
  if (known === undefined || kind === undefined) return false;
  return index < known.fullCount || (index === known.fullCount && width <= known.partialWidth);
}

/** Whether names below `/audit/tile` are a folder: a level, a thousand of its tiles, or the narrower states of one. */
function isFolder(names: readonly string[], size: number): boolean {
  const [level, ...parts] = names;
  if (level === undefined) return true;
  const known = tileLevels(size).find((one) => String(one.level) === (level === 'entries' ? '0' : level));
  if (known === undefined) return false;
  const count = known.fullCount + (known.partialWidth > 0 ? 1 : 0);
  const narrower = /^(\d{3})\.p$/.exec(parts.at(-1) ?? '');
  const thousands = narrower === null ? parts : parts.slice(0, -1);
  if (!thousands.every((part) => /^x\d{3}$/.test(part)) || thousands[0] === 'x000') return false;
  const prefix = Number(thousands.map((part) => part.slice(1)).join('') || '0');
  if (narrower !== null) return known.partialWidth > 0 && prefix * 1000 + Number(narrower[1]) === known.fullCount;
  return thousands.length === 0 || prefix * 1000 < count;
}

function bundleOf(journal: Journal, { index, width }: Bundle): Uint8Array | undefined {
  const bodies = journal.readSync(index * TILE_WIDTH + 1, width);
  const bundle = bodies === undefined ? undefined : encodeBundle(bodies);
  return bundle?.ok === true ? bundle.value : undefined;
}
