// coh mcp: a hive for an AI agent, over stdin and stdout.

import type { Command } from 'commander';
import { type Runner, withHelp } from './define.ts';

/** Adds it. */
export function defineMcp(program: Command, run: Runner): void {
  withHelp(
    program
      .command('mcp')
      .summary('serve the hive to an AI agent over stdin and stdout')
      .description(
        'Speaks the Model Context Protocol (revisions 2026-07-28 and 2025-11-25) with your ticket: a tool for each control file it may write, its files as resources.',
      )
      .action(() => run(async (context) => (await import('../commands/mcp.ts')).mcp(context))),
    {
      notes: [
        'An agent program starts it: {"mcpServers": {"hive": {"command": "coh", "args": ["mcp", "--ticket", "FILE"]}}}.',
        'Give an agent a ticket of its own, as narrow as its task: coh ticket attenuate. Over HTTP the same is at /mcp.',
      ],
      examples: [
        ['coh mcp --ticket agent.ticket', 'the hive of the data directory'],
        ['coh mcp --to 9p://hive:5640 --ticket agent.ticket', 'a hive elsewhere'],
      ],
      json: 'JSON-RPC messages, a line each, as without it; a failure to begin as for every command',
    },
  );
}
