// What assembling and relocating promise, for both instruction sets.

/** Why a source does not assemble; lines and columns count from 1, and point at the token. */
export interface AssemblyProblem {
  readonly line: number;
  readonly column: number;
  readonly token: string;
  readonly problem: string;
}

/** Bytes, and where each line's begin. */
export type Assembled =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array;
      /** Address of each label of the source. */
      readonly labels: ReadonlyMap<string, number>;
      /** Line of the source, offset of its first byte. */
      readonly lines: readonly { readonly line: number; readonly offset: number }[];
    }
  | { readonly ok: false; readonly problems: readonly AssemblyProblem[] };

/** Where the code will be, and what names outside it mean. */
export interface AssembleOptions {
  /** Address of the first byte. */
  readonly address: number;
  /** Address of a name that is no label of the source. */
  readonly addressOf?: (name: string) => number | undefined;
}

/** Code that was moved: instructions that named addresses relative to themselves still name the same ones. */
export interface Relocated {
  readonly bytes: Uint8Array;
  /** For each instruction: offset in the old code, offset in the new. */
  readonly map: readonly { readonly from: number; readonly to: number }[];
}
