// The shape that documents are made of.

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;
