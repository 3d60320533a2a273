// What a gateway is made of: each part brings routes, and may take over connections that ask to be upgraded. To add a part:
// its folder, and one line here.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { fileRoutes } from './files/routes.ts';
import type { HivePort } from './hive-port.ts';
import type { Route } from './route.ts';
import type { GatewaySettings } from './settings.ts';

/** What parts work with. */
export interface PartContext {
  readonly hive: HivePort;
  readonly settings: GatewaySettings;
  /** Every route of the gateway: known once all parts are made, for the documents about them. */
  readonly routes: () => readonly Route[];
}

/** A part. */
export interface GatewayPart {
  readonly routes: readonly Route[];
  /** Protocol upgrades by path; the Host and the Origin have been checked. */
  readonly upgrades?: ReadonlyMap<string, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>;
  /** Ends what the part has open; settled when nothing is left. */
  readonly close?: () => Promise<void>;
}

/** The parts, in the order in which their routes are tried. */
export const PARTS: readonly ((context: PartContext) => GatewayPart)[] = [fileRoutes];
