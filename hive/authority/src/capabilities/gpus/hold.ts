// A worker gets a part of a GPU: a lease of the GPU as a resource, decided by the leases room as any other, and a note here of
// whose it is. Also what is told when it is given and when it is over.

import { logField } from '../../kernel/text.ts';
import type { Acceptance, Effect, ParsedCommand, Rejection, State } from '../../types.ts';
import { decideGrant } from '../leases/grant.ts';
import { leasesSlice } from '../leases/record.ts';
import { gpusChange } from './changes.ts';
import { statusEffect } from './effects.ts';
import { type Device, type Holding, resourceOf } from './record.ts';

/** What is wanted of a GPU, for whom. */
export interface HoldWish {
  readonly worker: string;
  /** Id of the lease. */
  readonly lease: string;
  readonly memMb: number;
  readonly streams: number;
  readonly ttlS: number;
  readonly priority: number;
  readonly isOwn: boolean;
}

/** What a grant comes to. */
export interface HoldParts extends Required<Pick<Acceptance, 'changes' | 'effects' | 'log'>> {
  readonly holding: Holding;
  /** When the lease is over unless it is renewed, ms. */
  readonly expiresAt: number;
}

/** Gives a part of a GPU, or says why not, as a grant at `/queen/lease/ctl` would. */
export function holdParts(
  state: Readonly<State>,
  command: ParsedCommand,
  { device, wish }: { readonly device: Device; readonly wish: HoldWish },
): HoldParts | Rejection {
  const { host, info } = device;
  const { worker, lease, isOwn, memMb, streams, ttlS, priority } = wish;
  const value = {
    id: lease,
    subject: worker,
    resource: resourceOf({ host, gpu: info.id }),
    ttl_s: ttlS,
    priority,
    mem_mb: memMb,
    streams,
  };
  const granted = decideGrant(leasesSlice(state), { ...command, value }, state);
  if (granted.kind === 'refuse') return granted;
  const fence = Number(granted.reply?.fence);
  const holding: Holding = { lease, fence, worker, host, gpu: info.id, isOwn, ending: null };
  return {
    holding,
    expiresAt: Number(granted.reply?.expires_ms),
    changes: [...granted.changes, gpusChange({ kind: 'hold', holding })],
    effects: [statusEffect({ host, gpu: info.id }, command.seq, [leasedLine(holding, wish)])],
    log: granted.log ?? [],
  };
}

function leasedLine({ worker, fence }: Holding, { memMb, streams, ttlS, priority }: HoldWish): object {
  const detail = `mem_mb=${memMb} streams=${streams} ttl_s=${ttlS} priority=${priority}`;
  return { job: worker, state: 'LEASED', detail, worker, fence };
}

/** What is told of a holding that is over; `lines`: of its jobs, before. */
export function endedEffect(
  holding: Holding,
  { entry, reason, lines }: { readonly entry: number; readonly reason: string; readonly lines: readonly object[] },
): Effect {
  const { worker, fence, host, gpu } = holding;
  return statusEffect({ host, gpu }, entry, [
    ...lines,
    { job: worker, state: 'LEASE-ENDED', detail: reason, worker, fence },
  ]);
}

/** Its line in the log. */
export function endedHoldLine({ worker, host, gpu, fence }: Holding, reason: string): string {
  return `gpu lease ended worker=${worker} gpu=${host}/${gpu} fence=${fence} reason=${logField(reason)}`;
}
