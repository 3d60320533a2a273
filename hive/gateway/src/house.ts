// What stands in a gateway before its doors open: the parts with their routes, and what they share.

import { randomBytes } from 'node:crypto';
import { countsOf, newTally, type Tally } from './counters.ts';
import type { HivePort } from './hive-port.ts';
import { Router } from './http/router.ts';
import type { OtlpTarget } from './metrics/otlp-exporter.ts';
import type { PageFiles } from './page/files.ts';
import { type GatewayPart, type MakePart, PARTS, type PartContext } from './parts.ts';
import { FairQueue } from './queues/fair-queue.ts';
import { StreamSlots } from './queues/stream-slots.ts';
import type { Route } from './route.ts';
import { SessionPool } from './sessions/session-pool.ts';
import type { GatewaySettings } from './settings.ts';
import { SignInCodes } from './signin/codes.ts';

/** A gateway without a listener. */
export interface House {
  /** Which start of a gateway this is: what is remembered of callers begins with it. */
  readonly instance: string;
  readonly settings: GatewaySettings;
  readonly made: readonly GatewayPart[];
  readonly router: Router;
  readonly sessions: SessionPool;
  readonly queue: FairQueue;
  readonly streams: StreamSlots;
  readonly tally: Tally;
  readonly signIns: SignInCodes;
}

/** What not every gateway has. */
export interface HouseExtras {
  readonly otlp?: OtlpTarget | undefined;
  readonly page?: PageFiles | undefined;
  readonly parts?: readonly MakePart[] | undefined;
}

/** Makes all parts. */
export function buildHouse(
  hive: HivePort,
  settings: GatewaySettings,
  { otlp, page, parts = PARTS }: HouseExtras = {},
): House {
  const made: GatewayPart[] = [];
  const { requestsMax, requestsPerTicket, controlQueueMax, telemetryQueueMax, queueWaitMs } = settings;
  const waitingMax = { control: controlQueueMax, telemetry: telemetryQueueMax };
  const queue = new FairQueue({
    runningMax: requestsMax,
    perTicket: requestsPerTicket,
    waitingMax,
    waitMs: queueWaitMs,
  });
  const { sessionsMax, sessionsPerTicket, sessionIdleMs, streamsMax, streamsPerTicket } = settings;
  const sessions = new SessionPool(hive, { max: sessionsMax, perTicket: sessionsPerTicket, idleMs: sessionIdleMs });
  const streams = new StreamSlots({ max: streamsMax, perTicket: streamsPerTicket });
  const tally = newTally();
  const signIns = new SignInCodes();
  const routes = (): readonly Route[] => made.flatMap((part) => part.routes);
  const counts = () => countsOf({ router, queue, sessions, streams, tally });
  const instance = randomBytes(8).toString('hex');
  // One value for all: what parts share hangs on it.
  const context: PartContext = { hive, instance, settings, routes, streams, counts, sessions, otlp, signIns, page };
  for (const make of parts) made.push(make(context));
  const router = new Router(routes());
  return { instance, settings, made, router, sessions, queue, streams, tally, signIns };
}

/** Ends what the parts have open, and turns away who waits. */
export async function closeParts({ made, queue }: House): Promise<void> {
  queue.close();
  await Promise.all(made.map((part) => part.close?.()));
}

/** Ends the parts and every session. */
export async function closeHouse(house: House): Promise<void> {
  await closeParts(house);
  await house.sessions.close();
}
