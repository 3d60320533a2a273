// Named limits of everything a ticket may hold. Every decoder and every maker of tickets takes them as a parameter.
//
// The source system allows 8 scopes of 128 bytes in 224 characters (contracts-1, 3.5). Ours are larger: an agent that
// works for a few workers needs two or three files of each, and below long names 128 bytes are soon used up. A token
// still fits the console's line and an HTTP header, which is what `tokenLengthMax` is for.

/** Bounds on one ticket; what is over one is refused with `invalid-claims`. */
export interface TicketLimits {
  /** Longest token text, in characters (all of it ASCII). */
  readonly tokenLengthMax: number;
  /** Most restrictions after the root block. */
  readonly depthMax: number;
  /** Most scopes in one block. */
  readonly scopesMax: number;
  /** Longest scope path, in UTF-8 bytes. */
  readonly scopePathBytesMax: number;
  /** Longest effective subject (root subject and all suffixes), in UTF-8 bytes. */
  readonly subjectBytesMax: number;
}

/** The limits of a hive whose manifest says nothing else: the defaults of `[tickets]` in `@cohesix/manifest`. */
export const DEFAULT_TICKET_LIMITS: TicketLimits = {
  tokenLengthMax: 4096,
  depthMax: 8,
  scopesMax: 16,
  scopePathBytesMax: 255,
  subjectBytesMax: 255,
};

/** The bounds that a manifest sets, as its section `[tickets]` names them. */
export interface ManifestBounds {
  readonly token_max_bytes: number;
  readonly delegation_depth_max: number;
  readonly scopes_max: number;
  readonly scope_path_max_bytes: number;
}

/** The limits of a hive with these bounds in its manifest. */
export function limitsOfManifest(bounds: ManifestBounds): TicketLimits {
  return {
    ...DEFAULT_TICKET_LIMITS,
    tokenLengthMax: bounds.token_max_bytes,
    depthMax: bounds.delegation_depth_max,
    scopesMax: bounds.scopes_max,
    scopePathBytesMax: bounds.scope_path_max_bytes,
  };
}
