// Bounds of MCP. What the gateway has a setting for is taken from there.

import type { GatewaySettings } from '../settings.ts';

/** All bounds of an MCP server. */
export interface McpLimits {
  /** Bytes of one message; the source system took 8192 (contracts-2, 7.1). */
  readonly messageBytesMax: number;
  /** Tool calls of one ticket at a time; as there. */
  readonly callsMax: number;
  /** Longest a call may take, ms; then it is reported as unknown. */
  readonly deadlineMs: number;
  /** Bytes of a resource in one answer. */
  readonly resourceBytesMax: number;
  /** Resources in one page of a list. */
  readonly pageMax: number;
  /** Sessions of the hive that are asked through MCP at a time. */
  readonly placesMax: number;
  /** Sessions of older clients with one ticket, and how long one is kept idle, ms. */
  readonly sessionsMax: number;
  readonly idleMs: number;
  /** Messages that wait in a stream for a reader who does not read; then the stream is ended. */
  readonly waitingMax: number;
  /** Files that one ticket is told of when they change. */
  readonly watchesMax: number;
  /** How often a file that cannot be followed is looked at, ms. */
  readonly pollMs: number;
  /** How often the list of tools is made again while somebody wants to know of changes, ms. */
  readonly toolsPollMs: number;
  /** Least time between two messages about one file, ms. */
  readonly quietMs: number;
  /** Calls that wait for an approval at a time, per ticket; how long one waits, and is remembered, ms. */
  readonly tasksMax: number;
  readonly taskMs: number;
}

/** The bounds in a gateway with these settings. */
export function mcpLimits(settings: GatewaySettings): McpLimits {
  return {
    messageBytesMax: settings.bodyBytesMax,
    callsMax: 16,
    deadlineMs: settings.deadlineMs,
    resourceBytesMax: Math.min(settings.answerBytesMax, 262_144),
    pageMax: 100,
    placesMax: settings.sessionsMax,
    sessionsMax: settings.sessionsPerTicket,
    idleMs: 10 * settings.sessionIdleMs,
    waitingMax: 256,
    watchesMax: 64,
    pollMs: 500,
    toolsPollMs: 5000,
    quietMs: 100,
    tasksMax: 32,
    taskMs: 3_600_000,
  };
}
