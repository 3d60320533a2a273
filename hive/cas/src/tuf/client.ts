// The workflow with hands: fetches, keeps files, and answers what may be fetched. The network and the disk are arguments.

import { toHex } from '@cohesix/bytes';
import type { Refusal, Result } from '@cohesix/wire';
import { ok } from '@cohesix/wire';
import type { CasCrypto } from '../crypto-port.ts';
import type { RootMetadata, Target, TargetsMetadata } from './metadata.ts';
import { type TufProblem, tufProblem } from './problem.ts';
import {
  advance,
  beginUpdate,
  type FileChange,
  type TrustedFiles,
  type TufContext,
  type Wanted,
  wantedBy,
} from './workflow.ts';

/** Brings a file: its bytes, at most `sizeMax` + 1 of them so that a longer one is noticed; undefined when it is not there. */
export type TufFetch = (wanted: Wanted) => Promise<Result<Uint8Array | undefined>>;

/** Where trusted files are kept. */
export interface TufKeeper {
  load(): Promise<Result<TrustedFiles>>;
  /** Durable when it resolves. */
  apply(change: FileChange): Promise<Result<void>>;
}

/** What is trusted after an update. */
export interface Trusted {
  readonly root: RootMetadata;
  readonly targets: TargetsMetadata;
}

/** Why an update ended early: metadata that is refused, or a network or disk that failed (no `reason`). */
export interface TufFailure {
  readonly ok: false;
  readonly refusal: Refusal;
  readonly reason?: TufProblem['reason'];
}

/** Runs one update. Whatever was kept before it failed is right, and the next one begins there. */
export async function refresh(
  context: TufContext,
  { fetch, keeper }: { readonly fetch: TufFetch; readonly keeper: TufKeeper },
): Promise<{ readonly ok: true; readonly value: Trusted } | TufFailure> {
  const files = await keeper.load();
  if (!files.ok) return files;
  let update = beginUpdate(context, files.value);
  if ('reason' in update) return failure(update);
  for (let wanted = wantedBy(context, update); wanted !== undefined; wanted = wantedBy(context, update)) {
    const fetched = await fetch(wanted);
    if (!fetched.ok) return fetched;
    const step = advance(context, update, fetched.value);
    for (const change of step.changes) {
      const applied = await keeper.apply(change);
      if (!applied.ok) return applied;
    }
    if (step.problem !== undefined) return failure(step.problem);
    update = step.update;
  }
  const { root, targets } = update;
  if (targets === undefined) return failure(tufProblem('missing', 'There is no targets.json.'));
  return ok({ root, targets });
}

function failure({ reason, refusal }: TufProblem): TufFailure {
  return { ok: false, refusal, reason };
}

/** Where a target is fetched from, relative to the folder of targets (5.7.3). */
export function targetFileName(path: string, { sha256 }: Target, { isConsistentSnapshot }: RootMetadata): string {
  if (!isConsistentSnapshot) return path;
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}${sha256}.${path.slice(slash)}`;
}

/** What is wrong with a target that was fetched whole; undefined when it is the right one. */
export function targetProblem(
  crypto: Pick<CasCrypto, 'sha256'>,
  { path, target }: { readonly path: string; readonly target: Target },
  bytes: Uint8Array,
): TufProblem | undefined {
  if (bytes.length > target.length)
    return tufProblem('endless-data', `${path} has more than the ${target.length} bytes that targets.json says.`);
  if (bytes.length < target.length)
    return tufProblem('wrong-file', `${path} has ${bytes.length} bytes, not ${target.length}.`);
  const actual = toHex(crypto.sha256(bytes));
  if (actual === target.sha256) return undefined;
  return tufProblem('wrong-file', `${path} hashes to ${actual}, not ${target.sha256}.`);
}
