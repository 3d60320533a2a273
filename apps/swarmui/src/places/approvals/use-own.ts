// Whose eyes these are, as the hive says: `/proc/self/session`. It says the time too, and so is another text each time.

import { ok } from '@cohesix/wire';
import { type Reading, useReading } from '../../files/reads.ts';

const SUBJECT: Reading<string | undefined> = {
  name: 'own subject',
  read: async (client, path) => {
    const text = await client.read(path);
    return text.ok ? ok(/(?:^|\s)subject=(\S+)/.exec(new TextDecoder().decode(text.value))?.[1]) : text;
  },
  isSame: Object.is,
};

/** The subject of this session's ticket; undefined until it is known. */
export function useOwnSubject(): string | undefined {
  const own = useReading('/proc/self/session', SUBJECT);
  return own.kind === 'here' ? own.value : undefined;
}
