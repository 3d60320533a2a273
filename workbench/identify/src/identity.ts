// What a file is. A file can be several things at once (an APE is a shell script, a PE, one or more ELF and a Mach-O, and often
// ends in a ZIP); all of them are named, the one a system would take first comes first.

/** One thing a file is. */
export interface Identity {
  /** `elf`, `pe`, `macho`, `macho-fat`, `ape`, `wasm`, `zip`, `ar`, `coff`, `script`, `java-class`, `dex`, or libmagic's `other`. */
  readonly format: string;
  /** `ELF 64-bit LSB pie executable, x86-64`. Text of ours, but for `other`. */
  readonly text: string;
  readonly mime: string;
  /** Where it begins in the file, and how long it is where it says so. */
  readonly offset: number;
  readonly size?: number;
  /** `x86-64`, `aarch64`, …, where it has one. */
  readonly machines: readonly string[];
  /** Where it stands: the whole file, another reading of the same bytes, a part of it. */
  readonly place: 'whole' | 'polyglot' | 'embedded';
  /** 0 to 100. */
  readonly confidence: number;
}

/** A guess about how the file was made, and why. */
export interface Hint {
  readonly kind: 'compiler' | 'linker' | 'language' | 'packer' | 'signer' | 'libc';
  readonly text: string;
  /** What says so: `.comment`, `Rich header`, `UPX! at 0x1f0`. */
  readonly evidence: string;
  readonly confidence: number;
}

/** What is known of a file without running it. */
export interface Identification {
  readonly size: number;
  readonly identities: readonly Identity[];
  readonly hints: readonly Hint[];
  /** Shannon entropy in bits a byte, of the file and of windows over it. */
  readonly entropy: { readonly whole: number; readonly windowSize: number; readonly windows: Float32Array };
}
