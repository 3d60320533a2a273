// `/queen/session/ctl`: ends one session, or lets it finish what it has open. Only NineDoor knows of sessions: it looks
// whether there is one of that id before the line is submitted, and carries the line out when it is durable. A session that
// has ended meanwhile has ended.

import Type, { type Static } from 'typebox';
import { accept } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import type { Control, Decision, ParsedCommand } from '../../types.ts';
import { SESSION_CTL, type SessionsSlice } from './queries.ts';

const closed = { additionalProperties: false } as const;

const session = Type.String({
  pattern: '^[1-9][0-9]{0,15}$',
  description: 'Id, as in /proc/9p/session; new each boot.',
});

const sessionLine = Type.Union([
  Type.Object(
    {
      close: Type.Object(
        {
          session,
          reason: Type.Optional(
            Type.String({ minLength: 1, maxLength: 128, description: 'What its holder is told, where the door can.' }),
          ),
        },
        closed,
      ),
    },
    { ...closed, description: 'Ends a session at once, with its fids and follows. Its ticket stays good.' },
  ),
  Type.Object(
    { drain: Type.Object({ session }, closed) },
    {
      ...closed,
      description: 'The session opens nothing new and writes no control line; it ends when what it has open is closed.',
    },
  ),
]);

type SessionLine = Static<typeof sessionLine>;

const REASON_DEFAULT = 'closed by queen';

const control: Control<SessionsSlice, SessionLine> = {
  pattern: SESSION_CTL,
  summary: 'Ends one session, or lets it finish what it has open. To keep its holder out, revoke the ticket.',
  schema: sessionLine,
  writers: ['queen', 'system'],
  examples: ['{"close":{"session":"12","reason":"idle"}}', '{"drain":{"session":"12"}}'],
  decide: decideSession,
};

/** The control file. */
export const sessionCtl: Control<SessionsSlice, never> = control;

function decideSession(_slice: Readonly<SessionsSlice>, { value, who, seq }: ParsedCommand<SessionLine>): Decision {
  const by = logField(who.subject);
  if ('drain' in value) {
    const { session: id } = value.drain;
    return accept({
      effects: [{ kind: 'session.drain', session: id, entry: seq }],
      log: [`session draining sid=${id} by=${by}`],
      reply: { session: id },
    });
  }
  const { session: id, reason = REASON_DEFAULT } = value.close;
  return accept({
    effects: [{ kind: 'session.close', session: id, reason, entry: seq }],
    log: [`session closed sid=${id} by=${by} reason=${logField(reason)}`],
    reply: { session: id },
  });
}
