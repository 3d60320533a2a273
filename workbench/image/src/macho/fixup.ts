// One place that the dynamic loader writes.

/** With a name it is bound to another image's, without it is moved with the image. */
export interface Fixup {
  readonly address: number;
  readonly bind?: Bind;
  readonly addend: number;
  /** Where a moved pointer points, less the base; -1 when it is not known. */
  readonly target: number;
  /** The pointer is signed when it is written (arm64e). */
  readonly isSigned: boolean;
}

/** What a place is bound to. Untrusted. */
export interface Bind {
  readonly name: string;
  /** Number of the library, from 1; 0 and below are special. */
  readonly library: number;
  readonly isWeak: boolean;
}
