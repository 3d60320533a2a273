// `/replay/at/<line>/…`: the control files and views of the authority as they were after a line of the journal, of the last
// append that holds it. Any line can be walked to; listed are those at hand. Walking to one that is not waits until it is made.
// What is below is read-only, and a session sees of it what its ticket lets it see of the hive now.

import { assert } from '@cohesix/check';
import type { Entry, FileNode, NodeDefinition, ViewNode } from '@cohesix/ninedoor';
import { placeIn } from './history.ts';
import type { PastStates } from './replay-states.ts';

/** The tree. */
export function pastNode(past: PastStates): NodeDefinition {
  return {
    pattern: '/replay/at',
    tree: {
      rootDepth: 1,
      at: ([name = '', ...names]) => nodeAt(past, lineOf(name), names),
      list([name, ...names]) {
        if (name === undefined) return past.lines().map(String);
        return placeAt(past, lineOf(name), names)?.list() ?? [];
      },
      ready: ([name]) => (name === undefined ? undefined : past.ready(lineOf(name))),
    },
  };
}

/** The number in a name; 0, which no line has, when it is not written as a line number is. */
function lineOf(name: string): number {
  return /^[1-9]\d{0,15}$/.test(name) ? Number(name) : 0;
}

function placeAt(past: PastStates, line: number, names: readonly string[]): Entry | undefined {
  const root = past.rootAt(line);
  return root === undefined ? undefined : placeIn(root, names);
}

/** Holds no state, only how to find it: whoever has walked here must not keep one alive. */
function nodeAt(past: PastStates, line: number, names: readonly string[]): FileNode | 'directory' | undefined {
  const place = placeAt(past, line, names);
  if (place === undefined) return undefined;
  return place.file === undefined ? 'directory' : viewAt(past, line, names);
}

function viewAt(past: PastStates, line: number, names: readonly string[]): ViewNode {
  return {
    kind: 'view',
    boundBytes: Number.MAX_SAFE_INTEGER,
    version: () => line,
    render(_, session) {
      const place = placeAt(past, line, names);
      const file = place?.file;
      assert(place !== undefined && file !== undefined, 'what is looked at was made before');
      if (file.kind === 'control') return file.log(place.params);
      assert(file.kind === 'view', 'the authority has control files and views');
      return file.render(place.params, session);
    },
  };
}
