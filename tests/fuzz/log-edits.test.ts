// Random edits of stored logs: a verifier with the keys, and for states that were signed once with a checkpoint it kept, finds
// every one of them.
//
// COHESIX_LOG_EDITS sets how many (default a few thousand, `npm run soak` a million). Edit number n has the seed
// COHESIX_FUZZ_SEED + n; a failure names it, and COHESIX_LOG_EDITS=1 with that seed makes the same edit again.

import { type LogTrust, verifyLog } from '@cohesix/journal';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Changes, type Edit, KINDS, makeEdit } from './log-edits.ts';
import { makeShapes, type Shape } from './log-shapes.ts';

const EDITS = Number(process.env.COHESIX_LOG_EDITS ?? 4000);
const SEED = Number(process.env.COHESIX_FUZZ_SEED ?? 20_261_121);
/** Of this many edits one is of a large log: those take ten times as long, and most of what can be wrong fits a small one. */
const LARGE_EVERY = 8;
const SMALL = 2;

function trustOf({ key, witness, held }: Shape, { needsHeld }: Pick<Edit, 'needsHeld'>): LogTrust {
  const verify = nodeTicketCrypto.ed25519Verify;
  return { key, witnesses: [witness], verify, ...(needsHeld ? { older: held } : {}) };
}

function apply({ disk, directory }: Shape, changes: Changes): void {
  for (const [path, bytes] of changes) {
    const full = `${directory}/${path}`;
    if (bytes === undefined) disk.remove(full);
    else disk.put(full, bytes);
  }
}

function restore(shape: Shape, changes: Changes): void {
  apply(shape, new Map([...changes.keys()].map((path) => [path, shape.files.get(path)])));
  shape.disk.log.length = 0;
}

/** Undefined when the edit was found; else what the verifier said. A log without its checkpoint is none. */
async function missed(shape: Shape, edit: Edit): Promise<string | undefined> {
  apply(shape, edit.changes);
  try {
    const report = await verifyLog(shape.disk, shape.directory, trustOf(shape, edit));
    if (report.ok) return report.value.ok ? JSON.stringify(report.value) : undefined;
    const isGone = report.refusal.code === 'not-found' && edit.changes.has('checkpoint');
    return isGone ? undefined : report.refusal.detail;
  } finally {
    restore(shape, edit.changes);
  }
}

describe(`edits of stored logs, seed ${SEED}`, () => {
  let shapes: readonly Shape[];
  beforeAll(async () => {
    shapes = await makeShapes();
  });

  /** As they are, all of them are good: to whoever has a memory, too. */
  async function areGood(): Promise<void> {
    for (const shape of shapes)
      for (const needsHeld of [false, true]) {
        const report = await verifyLog(shape.disk, shape.directory, trustOf(shape, { needsHeld }));
        expect(report, shape.name).toMatchObject({
          ok: true,
          value: { ok: true, size: shape.bodies.length, findings: [] },
        });
      }
  }

  test('the logs are good before', () => areGood());

  test(
    `${EDITS} of them are found`,
    async () => {
      const count = new Map<string, number>();
      for (let number = 0; number < EDITS; number++) {
        const seed = SEED + number;
        const isLarge = seed % LARGE_EVERY === 0;
        const shape = shapes[
          isLarge ? SMALL + ((seed / LARGE_EVERY) % (shapes.length - SMALL)) : seed % SMALL
        ] as Shape;
        const edit = await makeEdit(shape, seed);
        count.set(edit.kind, (count.get(edit.kind) ?? 0) + 1);
        const said = await missed(shape, edit);
        if (said !== undefined)
          expect.fail(`not found: seed ${seed}, ${shape.name}, ${edit.kind}: ${edit.what}: ${said}`);
      }
      if (EDITS >= 1000) expect([...count.keys()].sort()).toEqual(KINDS.map(([kind]) => kind).sort());
      await areGood();
    },
    60_000 + 20 * EDITS,
  );
});
