// coh gateway: its words and options.

import type { Command } from 'commander';
import { type Runner, withHelp } from './define.ts';

/** Where the source's gateway listens (contracts-2, 8.3). */
const LISTEN = '127.0.0.1:8080';

/** Adds it. */
export function defineGateway(program: Command, run: Runner): void {
  withHelp(
    program
      .command('gateway')
      .summary('serve HTTP in front of a hive that runs elsewhere')
      .description(
        'Serves REST, WebSocket, MCP and metrics for the hive behind --to, until Ctrl-C. Every caller brings a ticket of its own; the gateway has none for them.',
      )
      .option('--listen <host:port>', 'address of the HTTP door; port 0 takes any', LISTEN)
      .option('--allow-remote', 'let --listen be an address that other machines reach')
      .option(
        '--manifest <file>',
        'hive.toml whose [gateway] holds here; default: what the hive shows in /proc/manifest',
      )
      .action((flags: import('../commands/gateway.ts').GatewayFlags) =>
        run(async (context) => (await import('../commands/gateway.ts')).gateway(context, flags)),
      ),
    {
      notes: [
        'The hive is reached over 9P. While it is away callers are told so; when it is back their next request finds it. Nothing is sent to it twice.',
        'A hive that runs on this machine has an HTTP door of its own: coh up --listen-http.',
      ],
      examples: [
        ['coh gateway --to unix:/srv/hive/run/9p.sock', 'in front of a hive of this machine'],
        ['coh gateway --to 9p://hive.example:5640 --listen 127.0.0.1:0 --json', 'any free port, told in one JSON line'],
      ],
      json: '{"ready": true, "http", "to", "pid", "manifest": "file"|"hive"|"default"}',
    },
  );
}
