// Whose eyes these are, as the hive says: `/proc/self/session`.

import { useText } from '../../files/names.ts';

/** The subject of this session's ticket; undefined until it is known. */
export function useOwnSubject(): string | undefined {
  const text = useText('/proc/self/session');
  return text.kind === 'here' ? /(?:^|\s)subject=(\S+)/.exec(text.value)?.[1] : undefined;
}
