// Updates and models in a hive: the store opened with the manifest's bounds, its files, what the operator orders of it, and what it
// tells the journal. Bytes go from the doors to the store; only what became of them goes through the authority.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Effect } from '@cohesix/authority';
import { fromHex } from '@cohesix/bytes';
import { type Cas, type CasCrypto, type CasLimits, DEFAULT_CAS_LIMITS, openCas } from '@cohesix/cas';
import type { CasSection } from '@cohesix/manifest';
import { nodeTicketCrypto } from '@cohesix/ticket/node';
import { every } from '@cohesix/time';
import { ok, type Result, refuse } from '@cohesix/wire';
import type { DataHive, DataOptions, DataPart, OpenedStore } from '../data.ts';
import { casKeyFile, openCasKey } from './key.ts';
import { casNodes } from './nodes.ts';
import { CasTold } from './told.ts';

/** Between two collections; what nothing needs is removed by the second that finds it so. */
const COLLECT_MS = 600_000;

/** Opens the store under `cas/`, and makes the hive's key for updates. Refuses with what the disk refuses. */
export async function openCasPart({ manifest, host, directory }: DataOptions): Promise<Result<OpenedStore>> {
  const section = manifest.cas;
  if (!section.enable) return ok(() => ({ nodes: [] }));
  const own = await openCasKey(host.disk, casKeyFile(directory), host.randomBytes);
  if (!own.ok) return own;
  const listed = section.signing.keys.map((key) => fromHex(key) ?? new Uint8Array(0));
  const told = new CasTold();
  const thread = host.hashThread?.();
  const crypto: CasCrypto = {
    ...nodeTicketCrypto,
    sha256Stream: () => createHash('sha256'),
    ...(thread === undefined ? {} : { sha256Beside: () => thread.begin() }),
  };
  let cas: Cas | undefined;
  const opened = await openCas({
    disk: host.disk,
    directory: join(directory, 'cas'),
    crypto,
    limits: limitsOf(section),
    policy: {
      isDeltaEnabled: section.delta,
      isSignatureRequired: section.signing.required,
      verificationKeys: [own.value, ...listed],
    },
    ...told.callbacks(() => cas as Cas),
  });
  if (!opened.ok) return refuse(opened.refusal.code, `cas/: ${opened.refusal.detail}`);
  cas = opened.value;
  const store = cas;
  return ok((hive) => connectCas(store, told, hive));
}

function limitsOf(section: CasSection): CasLimits {
  return {
    ...DEFAULT_CAS_LIMITS,
    chunkBytes: section.chunk_bytes,
    chunksMax: section.chunks_max,
    updatesMax: section.updates_max,
    modelsMax: section.models_max,
    weightsBytesMax: section.bytes_max,
    storeBytesMax: section.bytes_max,
  };
}

function connectCas(cas: Cas, told: CasTold, hive: DataHive): DataPart {
  told.connect(hive);
  const orders = new CasOrders(cas, told, hive);
  return {
    nodes: casNodes({ cas, told: told.settled }, hive.manifest),
    executors: {
      'cas.remove': (effect) => orders.remove(effect),
      'cas.collect': () => orders.collect(true),
      'cas.verify': (effect) => orders.verify(effect),
    },
    begin: () => orders.begin(),
    end: () => orders.end(),
  };
}

/** What is done to the store by order or by itself. */
class CasOrders {
  readonly #cas: Cas;
  readonly #told: CasTold;
  readonly #hive: DataHive;
  /** Orders and verifications that run; the store is closed after them. */
  readonly #running = new Set<Promise<unknown>>();
  #cancel: () => void = () => undefined;
  #hasEnded = false;

  constructor(cas: Cas, told: CasTold, hive: DataHive) {
    this.#cas = cas;
    this.#told = told;
    this.#hive = hive;
  }

  /** Goes on where a crash cut off: verifies what came whole, and tells the journal what it missed. */
  begin(): void {
    this.#run(async () => {
      await this.#cas.updates.finishPending();
      this.#told.compare(this.#cas, this.#hive.shown());
    });
    this.#cancel = every(this.#hive.host.timers, COLLECT_MS, () => this.collect(false));
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#cancel();
    await Promise.allSettled(this.#running);
    await this.#told.settled();
    await this.#cas.updates.stop();
    await this.#cas.blobs.close();
  }

  remove({ what, name }: Effect): void {
    const [kind, named] = [what as 'update' | 'model', name as string];
    this.#run(async () => {
      const { updates, models } = this.#cas;
      const removed = await (kind === 'update' ? updates.remove(named) : models.remove(named));
      if (removed.ok) this.#told.tell({ gone: { what: kind, name: named, why: 'removed' } });
      else this.#told.tell({ kept: { what: kind, name: named, reason: removed.refusal.code } });
    });
  }

  collect(isForced: boolean): void {
    this.#run(async () => {
      const collected = await this.#cas.collect(isForced);
      if (!collected.ok)
        this.#hive.audit(`cas-store collection failed reason=${JSON.stringify(collected.refusal.detail)}`);
      else if (isForced || collected.value.blobs > 0) this.#told.tell({ collected: collected.value });
    });
  }

  verify({ name }: Effect): void {
    this.#run(async () => {
      const verified = await this.#cas.updates.verify(name as string);
      const outcome = verified.ok ? 'ok' : verified.refusal.code;
      this.#told.tell({ verified: { epoch: name, outcome } });
    });
  }

  #run(work: () => Promise<void>): void {
    if (this.#hasEnded) return;
    const running = work();
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }
}
