// The only platform names a pure package may use. `tsconfig.pure.json` compiles those packages with no
// other ambient types, so that the compiler itself forbids I/O, timers and `process` there.

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferView | ArrayBuffer): string;
}

declare class AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
}
