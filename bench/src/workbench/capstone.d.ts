// What is used of @alexaltea/capstone-js 5.0.9, which has no types of its own.

declare module '@alexaltea/capstone-js' {
  /** A loaded library. */
  export interface Capstone {
    readonly ARCH_X86: number;
    readonly ARCH_ARM64: number;
    readonly MODE_64: number;
    readonly MODE_ARM: number;
    readonly Capstone: new (arch: number, mode: number) => CapstoneEngine;
  }

  /** A disassembler of one instruction set. */
  export interface CapstoneEngine {
    /** Stops before what is no instruction; throws where the first is none. */
    disasm(bytes: Uint8Array, address: number): readonly { readonly size: number }[];
    close(): void;
  }

  const exported: { readonly default: () => Promise<Capstone> };
  // biome-ignore lint/style/noDefaultExport: the package has nothing else
  export default exported;
}
