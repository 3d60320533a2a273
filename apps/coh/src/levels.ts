// Levels of events, gravest first, as `/trace/ctl` names them; the hive has the last word.

export const LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug', 'trace'];
