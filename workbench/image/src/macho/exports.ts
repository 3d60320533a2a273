// The export trie: names cut where they differ, so that a tree of edges spells them. A node: size of what ends here[uleb] (flags, place),
// children[1], and for each the text of the edge and the offset of its node.

import type { ImageExport } from '../image.ts';
import { LIMITS } from '../limits.ts';
import { nameEnd, textOf } from '../text.ts';
import { address } from '../units.ts';
import { LC } from './constants.ts';
import { type MachoFile, type Piece, pieceOf } from './file.ts';
import { LebReader } from './leb.ts';
import { libraryName, type MachoLibrary } from './libraries.ts';

const [REEXPORT, KIND, ABSOLUTE] = [8, 3, 2] as const;

interface Walk {
  readonly file: MachoFile;
  readonly piece: Piece;
  readonly libraries: readonly MachoLibrary[];
  readonly exports: ImageExport[];
  readonly seen: Set<number>;
  /** Characters of names that may still be made: a trie can spell far more than it has bytes. */
  left: number;
}

/** All names, in the order of the trie. */
export function readExports(file: MachoFile, libraries: readonly MachoLibrary[]): readonly ImageExport[] {
  const kind = file.commands.some((command) => command.kind === LC.dyldInfoOnly) ? LC.dyldInfoOnly : LC.dyldInfo;
  const piece = pieceOf(file, LC.exportsTrie) ?? pieceOf(file, kind, 40);
  if (piece === undefined) return [];
  const left = Math.max(1 << 20, piece.size * 16);
  const walk: Walk = { file, piece, libraries, exports: [], seen: new Set(), left };
  const nodes: (readonly [number, string])[] = [[0, '']];
  for (let node = nodes.pop(); node !== undefined && walk.left > 0; node = nodes.pop()) {
    const children = readNode(walk, node[0], node[1]);
    for (const child of children.reverse()) nodes.push(child);
  }
  if (walk.left <= 0) file.warnings.add('the export trie spells too much: the rest is not read');
  return walk.exports;
}

function readNode(walk: Walk, node: number, name: string): (readonly [number, string])[] {
  const { file, piece, seen } = walk;
  if (node >= piece.size || seen.has(node)) {
    file.warnings.add('the export trie has a node outside it, or one twice');
    return [];
  }
  seen.add(node);
  walk.left -= name.length + 1;
  const leb = new LebReader(file.reader.bytes, piece.at + node, piece.at + piece.size);
  const size = leb.uleb();
  const children = leb.at + size;
  if (size > 0 && !leb.isShort) readTerminal(walk, leb, name);
  leb.seek(children);
  return leb.isShort ? [] : readEdges(walk, leb, name);
}

function readEdges({ file, piece }: Walk, leb: LebReader, name: string): (readonly [number, string])[] {
  const edges: (readonly [number, string])[] = [];
  for (let count = leb.u8(); count > 0 && !leb.isShort; count -= 1) {
    const end = nameEnd(file.reader.bytes, leb.at, piece.at + piece.size);
    const text = name + textOf(file.reader.bytes, leb.at, end);
    leb.seek(end + 1);
    const node = leb.uleb();
    if (!leb.isShort && text.length <= LIMITS.nameSize) edges.push([node, text]);
  }
  return edges;
}

/** flags[uleb], then the distance from the image's start, or the number of a library and the name there. */
function readTerminal({ file, libraries, exports }: Walk, leb: LebReader, name: string): void {
  const flags = leb.uleb();
  const value = leb.uleb();
  if (leb.isShort || exports.length >= LIMITS.imports) return;
  if ((flags & REEXPORT) !== 0) {
    const other = textOf(file.reader.bytes, leb.at, nameEnd(file.reader.bytes, leb.at, leb.end)) || name;
    exports.push({ name, address: address(0), forwarder: `${libraryName(libraries, value) ?? value}.${other}` });
    return;
  }
  const place = (flags & KIND) === ABSOLUTE ? value : file.imageAddress + value;
  if (Number.isSafeInteger(place)) exports.push({ name, address: address(place) });
}
