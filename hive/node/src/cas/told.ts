// What the store of updates and models tells, as lines of the hive's own in `/sys/cas`: the journal then says of every update that
// was taken, rejected or lost. After a crash the two are compared, and what the journal missed is told late.

import { CAS_PATH, knownModels, knownUpdates, type State } from '@cohesix/authority';
import { toHex } from '@cohesix/bytes';
import type { Cas, CasOptions, UpdateEvent, UpdateManifest } from '@cohesix/cas';
import { ok, type Result } from '@cohesix/wire';

/** What telling needs of the hive. */
interface TellingHive {
  readonly shown: () => State;
  readonly system: (path: string, line: string) => Promise<Result<void>>;
}

/** Lines of the store on their way into the journal, in their order. */
export class CasTold {
  #hive: TellingHive | undefined;
  #last: Promise<Result<void>> = Promise.resolve(ok(undefined));

  /** From now on lines are written; what the store told before is found by `compare`. */
  connect(hive: TellingHive): void {
    this.#hive = hive;
  }

  /** What the store is opened with. `cas` is asked once it is open. */
  callbacks(cas: () => Cas): Required<Pick<CasOptions, 'onQuarantine' | 'onRejected' | 'onUpdate' | 'onSealed'>> {
    return {
      onQuarantine: ({ expected, actual, bytes }) => {
        const epoch = cas().updates.epochNeeding(expected) ?? 'none';
        this.tell({ quarantined: { epoch, expected, actual, bytes } });
      },
      onRejected: (epoch, { reason }) => this.tell({ rejected: { epoch, reason } }),
      onUpdate: (event) => this.tell(lineOf(event)),
      onSealed: (model, { weightsBytes }) => this.tell({ sealed: { model, weights_bytes: weightsBytes } }),
    };
  }

  /** Answers when everything told so far is durable, with the refusal of the last line if it was refused. */
  readonly settled = (): Promise<Result<void>> => this.#last;

  /** Writes a line. */
  tell(line: object): void {
    if (this.#hive !== undefined) this.#last = this.#hive.system(CAS_PATH, JSON.stringify(line));
  }

  /** Tells what the journal does not know of the store, or knows otherwise. */
  compare({ updates, models }: Cas, state: State): void {
    const known = knownUpdates(state);
    for (const epoch of updates.epochs) {
      const manifest = updates.takenManifest(epoch);
      if (manifest === undefined) continue;
      const record = known.get(epoch);
      const isSame = record?.payloadSha256 === toHex(manifest.payloadSha256);
      if (!isSame) this.tell(acceptedLine(manifest));
      const isReady = updates.readyManifest(epoch) !== undefined;
      if (isReady !== (isSame && record?.isReady === true)) this.tell({ [isReady ? 'ready' : 'spoiled']: { epoch } });
    }
    for (const [epoch, { removedBy }] of known)
      if (updates.takenManifest(epoch) === undefined) this.tell(goneLine('update', epoch, removedBy));
    const sealed = knownModels(state);
    for (const name of models.names) {
      const model = models.sealed(name);
      if (model !== undefined && !sealed.has(name))
        this.tell({ sealed: { model: name, weights_bytes: model.weightsBytes } });
    }
    for (const [name, { removedBy }] of sealed)
      if (models.sealed(name) === undefined) this.tell(goneLine('model', name, removedBy));
  }
}

function goneLine(what: 'update' | 'model', name: string, removedBy: number | null): object {
  return { gone: { what, name, why: removedBy === null ? 'lost' : 'removed' } };
}

function lineOf(event: UpdateEvent): object {
  switch (event.kind) {
    case 'accepted':
      return acceptedLine(event.manifest);
    case 'ready':
      return { ready: { epoch: event.epoch } };
    case 'spoiled':
      return { spoiled: { epoch: event.epoch } };
    case 'dropped':
      return { gone: { what: 'update', name: event.epoch, why: 'rejected' } };
  }
}

function acceptedLine(manifest: UpdateManifest): object {
  const { epoch, delta, payloadBytes, chunks } = manifest;
  const payload_sha256 = toHex(manifest.payloadSha256);
  const base = delta?.baseEpoch ?? null;
  return { accepted: { epoch, base, payload_sha256, payload_bytes: payloadBytes, chunks: chunks.length } };
}
