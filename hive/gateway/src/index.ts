// @cohesix/gateway: the hive over HTTP. See README.md.

export { openApiOf } from './describe.ts';
export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
export type { AttachAs, ControlDoc, FileDoc, GatewayDoor, HivePort, SessionEnd } from './hive-port.ts';
export { mcpPart } from './mcp/routes.ts';
export type { McpService, McpSession } from './mcp/service.ts';
export { type McpStdioOptions, serveMcpStdio } from './mcp/stdio.ts';
export { metricsReference } from './metrics/reference.ts';
export { GATEWAY_DEFAULTS, type GatewaySettings } from './settings.ts';
