// What a gateway is made of: each part brings routes, and may take over connections that ask to be upgraded. To add a part:
// its folder, and one line here.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { auditRoutes } from './audit/routes.ts';
import type { GatewayCounts } from './counters.ts';
import { documentRoutes } from './documents/routes.ts';
import { fileRoutes } from './files/routes.ts';
import type { HivePort } from './hive-port.ts';
import { mcpRoutes } from './mcp/routes.ts';
import { metaRoutes } from './meta/routes.ts';
import type { OtlpTarget } from './metrics/otlp-exporter.ts';
import { metricsPart } from './metrics/part.ts';
import type { PageFiles } from './page/files.ts';
import { pageRoutes } from './page/part.ts';
import type { StreamSlots } from './queues/stream-slots.ts';
import type { Route } from './route.ts';
import { sessionRoutes } from './sessions/routes.ts';
import type { SessionPool } from './sessions/session-pool.ts';
import type { GatewaySettings } from './settings.ts';
import type { SignInCodes } from './signin/codes.ts';
import { signInRoutes } from './signin/routes.ts';
import { websocketPart } from './websocket/part.ts';

/** What parts work with. */
export interface PartContext {
  readonly hive: HivePort;
  readonly settings: GatewaySettings;
  /** Which start of a gateway this is: what is remembered of callers begins with it. */
  readonly instance: string;
  /** Every route of the gateway: known once all parts are made, for the documents about them. */
  readonly routes: () => readonly Route[];
  /** Places for what stays open. Event replies take theirs by themselves; a part that takes over a connection asks. */
  readonly streams: StreamSlots;
  /** Sessions of callers; routes get theirs without asking. */
  readonly sessions: SessionPool;
  /** What was counted until now. */
  readonly counts: () => GatewayCounts;
  /** A collector that metrics are exported to. */
  readonly otlp?: OtlpTarget | undefined;
  /** Codes that sign pages in. */
  readonly signIns: SignInCodes;
  /** The page at `/`, when it is built. */
  readonly page?: PageFiles | undefined;
}

/** A part. */
export interface GatewayPart {
  readonly routes: readonly Route[];
  /** Protocol upgrades by path; the Host and the Origin have been checked. */
  readonly upgrades?: ReadonlyMap<string, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>;
  /** Ends what the part has open; settled when nothing is left. */
  readonly close?: () => Promise<void>;
}

/** Makes a part. */
export type MakePart = (context: PartContext) => GatewayPart;

/** The parts, in the order in which their routes are tried. */
export const PARTS: readonly MakePart[] = [
  websocketPart,
  auditRoutes,
  fileRoutes,
  sessionRoutes,
  documentRoutes,
  metaRoutes,
  metricsPart,
  mcpRoutes,
  signInRoutes,
  pageRoutes,
];
