// How the policy reads lines of other files: for the conditions of rules and grants. Its own type, because the registry that can
// read them is made of the capabilities.

import type { Result } from '@cohesix/wire';

/** A line as the file at `path` reads it, or why it does not. A file that this hive lacks reads JSON, else one word. */
export type LineReader = (path: string, line: string) => Result<unknown>;
