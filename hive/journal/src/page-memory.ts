// Memory that begins at a page, which a file can be written from and read into past the page cache (open(2), O_DIRECT). What
// JavaScript allocates begins 16 bytes behind a page; a WebAssembly memory begins at one. Such memories cost much address space, so
// they are taken in slabs. Other threads can be given views of them.

/** The part of the WebAssembly API that is needed here; it is not among Node's types. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
};

const PAGE_BYTES = 4096;
/** The unit of WebAssembly memories (core specification 4.2.8). */
const WASM_PAGE_BYTES = 65_536;
const SLAB_BYTES: number = 16 * 1024 * 1024;

interface Slab {
  readonly buffer: SharedArrayBuffer;
  taken: number;
}

/** Hands out memory that begins at a page and tells it apart from other memory. A slab goes when nobody holds a view of it. */
export class PageMemory {
  readonly #slabs = new WeakSet<ArrayBufferLike>();
  #slab: Slab | undefined;

  /** `bytes` of zeros that begin at a page. */
  take(bytes: number): Uint8Array {
    const size = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    if (this.#slab === undefined || this.#slab.taken + size > this.#slab.buffer.byteLength)
      this.#slab = this.#newSlab(size);
    const view = new Uint8Array(this.#slab.buffer, this.#slab.taken, bytes);
    this.#slab.taken += size;
    return view;
  }

  /** Whether `bytes` can go to or come from `position` of a file past the page cache: memory, place and length in whole pages. */
  isWhole(bytes: Uint8Array, position: number): boolean {
    const inPages = (bytes.byteOffset | bytes.length | position) % PAGE_BYTES === 0;
    return inPages && bytes.length > 0 && this.#slabs.has(bytes.buffer);
  }

  #newSlab(bytes: number): Slab {
    const pages = Math.ceil(Math.max(bytes, SLAB_BYTES) / WASM_PAGE_BYTES);
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#slabs.add(buffer);
    return { buffer, taken: 0 };
  }
}
