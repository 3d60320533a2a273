// `coh mcp`: the Model Context Protocol over stdin and stdout, with the session of any door. Stdout is the protocol's alone.

import type { Readable, Writable } from 'node:stream';
import { refusal } from '@cohesix/wire';
import type { Context } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { DONE, withHive } from '../session.ts';

/** Serves until the agent closes stdin or the hive ends the session. Exit status: why there was no session, else 0. */
export async function mcp(context: Context): Promise<number> {
  if (context.globals.ticket === '-') {
    return fail(
      context,
      failureOf('cannot serve', refusal('invalid-payload', 'Stdin is the agent’s; name a file with --ticket.')),
    );
  }
  const [{ serveMcpStdio }, { everyDoc }] = await Promise.all([
    import('@cohesix/gateway'),
    import('../gateway/documents.ts'),
  ]);
  return withHive(
    context,
    async (client) => {
      const { stdin, stdout } = context.io;
      // What this hive has of all that is found by looking: a file that is not there gives no tool.
      await serveMcpStdio({ client, ...everyDoc(), stdin: stdin as Readable, stdout: stdout as unknown as Writable });
      return DONE;
    },
    { needsRole: true },
  );
}
