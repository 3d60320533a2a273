// Paths of tiles and entry bundles, under the prefix of a log. One path for one resource, and no other text parses.
//
//   tile/<L>/<N>[.p/<W>]       L 0..63, W 1..255, decimal without leading zeros
//   tile/entries/<N>[.p/<W>]   N in elements of 3 digits, all but the last with an x before: 1234067 = x001/x234/067
//
// Source: C2SP tlog-tiles, "Merkle Tree" and "Log entries".

import { accepted, assert, type Outcome, refused } from '@cohesix/check';
import { type Bundle, TILE_WIDTH, type Tile } from './tile.ts';
import { isCount } from './tree-hasher.ts';

/** The highest level that a path can name. */
const TILE_LEVEL_MAX = 63;

/** No index below 2^53 has a longer path: `tile/entries/`, five elements with x, one without, `.p/255`. */
const PATH_SIZE_MAX = 48;

const PATH = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The path of a tile or bundle. C2SP tlog-tiles. */
export function formatTilePath(resource: Tile | Bundle): string {
  const { index, width } = resource;
  assert(isCount(index), 'a tile index is a whole number up to 2^53 - 1');
  assert(Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH, 'a tile is 1 to 256 wide');
  const suffix = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${folderOf(resource)}/${elementsOf(index)}${suffix}`;
}

/** The tile or bundle that a path names, strictly: whatever parses, formats to the same text. C2SP tlog-tiles. */
export function parseTilePath(path: string): Outcome<Tile | Bundle> {
  const match = path.length <= PATH_SIZE_MAX ? PATH.exec(path) : null;
  if (match === null) return refused('a path is tile/<L>/<N>[.p/<W>] or tile/entries/<N>[.p/<W>]');
  const [, folder = '', elements = '', suffix] = match;
  const index = Number(elements.replaceAll(/[x/]/g, ''));
  const width = suffix === undefined ? TILE_WIDTH : Number(suffix);
  if (!isCount(index)) return refused(`a tile index is at most 2^53 - 1, got ${elements}`);
  if (elementsOf(index) !== elements) return refused(`a tile index has no leading elements of 0, got ${elements}`);
  if (suffix !== undefined && width >= TILE_WIDTH) return refused(`a partial width is 1 to 255, got ${suffix}`);
  if (folder === 'entries') return accepted({ kind: 'entries', index, width });
  if (Number(folder) > TILE_LEVEL_MAX) return refused(`a tile level is 0 to 63, got ${folder}`);
  return accepted({ kind: 'tile', level: Number(folder), index, width });
}

function folderOf(resource: Tile | Bundle): string {
  if (resource.kind === 'entries') return 'entries';
  const { level } = resource;
  assert(Number.isInteger(level) && level >= 0 && level <= TILE_LEVEL_MAX, 'a tile level is 0 to 63');
  return String(level);
}

function elementsOf(index: number): string {
  let elements = threeDigits(index % 1000);
  for (let left = Math.floor(index / 1000); left > 0; left = Math.floor(left / 1000)) {
    elements = `x${threeDigits(left % 1000)}/${elements}`;
  }
  return elements;
}

function threeDigits(value: number): string {
  return String(value).padStart(3, '0');
}
