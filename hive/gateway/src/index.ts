// @cohesix/gateway: the hive over HTTP. See README.md.

export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
export type { AttachAs, ControlDoc, FileDoc, GatewayDoor, HivePort } from './hive-port.ts';
export { GATEWAY_DEFAULTS, type GatewaySettings } from './settings.ts';
