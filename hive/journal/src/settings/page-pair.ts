// Two pages of one file, A and B: small content that is replaced as a whole and survives a power cut at any moment. The page with
// the higher generation holds; the other one is written next, synced and read back before it counts. So the page that holds is
// never written to, and a cut leaves what was or what was to be. All integers are little-endian.
//
// page:  magic[4] version[1] zero[3] generation[8] size[4] crc[4] content[size], zeros up to a whole sector
//
// `crc` is CRC-32C over everything else up to the end of the content.

import { assert } from '@cohesix/check';
import crc32c from 'crc-32/crc32c.js';
import { type DiskFile, writeAll } from '../disk.ts';

/** Bytes of a page before its content. */
export const PAGE_HEADER_SIZE = 24;

const MAGIC = Buffer.from('CHXP', 'latin1');
const VERSION = 1;
const GENERATION_AT = 8;
const SIZE_AT = 16;
const CRC_AT = 20;
/** What is written is a multiple of this: the largest sector in use, so that no sector is half ours. */
const SECTOR_BYTES = 4096;

/** Which of the two pages. */
export type PageName = 'A' | 'B';

/** A page that checks. */
export interface Page {
  readonly name: PageName;
  readonly generation: number;
  readonly content: Uint8Array;
}

/** What stands in the place of a page: `blank`, only zeros or nothing; `damaged`, something that does not check. */
export type PageFinding = Page | 'blank' | 'damaged';

/** Reads one page; `bytes` are those in its place, perhaps fewer than a page has. */
export function readPage(name: PageName, bytes: Buffer): PageFinding {
  if (bytes.every((byte) => byte === 0)) return 'blank';
  if (bytes.length < PAGE_HEADER_SIZE || !bytes.subarray(0, 4).equals(MAGIC) || bytes[4] !== VERSION) return 'damaged';
  const end = PAGE_HEADER_SIZE + bytes.readUInt32LE(SIZE_AT);
  const generation = Number(bytes.readBigUInt64LE(GENERATION_AT));
  if (end > bytes.length || !Number.isSafeInteger(generation)) return 'damaged';
  if (pageCrc(bytes.subarray(0, end)) !== bytes.readUInt32LE(CRC_AT)) return 'damaged';
  return { name, generation, content: Uint8Array.from(bytes.subarray(PAGE_HEADER_SIZE, end)) };
}

/** The bytes of a page, whole sectors. */
export function encodePage(generation: number, content: Uint8Array): Buffer {
  const end = PAGE_HEADER_SIZE + content.length;
  const page = Buffer.alloc(Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES);
  page.set(MAGIC, 0);
  page.writeUInt8(VERSION, 4);
  page.writeBigUInt64LE(BigInt(generation), GENERATION_AT);
  page.writeUInt32LE(content.length, SIZE_AT);
  page.set(content, PAGE_HEADER_SIZE);
  page.writeUInt32LE(pageCrc(page.subarray(0, end)), CRC_AT);
  return page;
}

function pageCrc(bytes: Uint8Array): number {
  return crc32c.buf(bytes.subarray(CRC_AT + 4), crc32c.buf(bytes.subarray(0, CRC_AT), 0)) >>> 0;
}

/** The pair at the beginning of a file. Its functions reject with what the disk rejects with. */
export class PagePair {
  readonly #file: DiskFile;
  readonly #pageBytes: number;
  #active: Page | undefined;
  /** Pages that hold something which does not check, as found. */
  readonly damaged: readonly PageName[];

  private constructor(file: DiskFile, pageBytes: number, found: readonly [PageName, PageFinding][]) {
    this.#file = file;
    this.#pageBytes = pageBytes;
    this.damaged = found.flatMap(([name, page]) => (page === 'damaged' ? [name] : []));
    const pages = found.flatMap(([, page]) => (typeof page === 'string' ? [] : [page]));
    this.#active = pages.sort((left, right) => right.generation - left.generation)[0];
  }

  /** Reads both pages of a file; each has `pageBytes`, a multiple of 4,096. */
  static async read(file: DiskFile, pageBytes: number): Promise<PagePair> {
    assert(pageBytes % SECTOR_BYTES === 0, 'a page is whole sectors');
    const found: [PageName, PageFinding][] = [];
    for (const [index, name] of (['A', 'B'] as const).entries()) {
      const bytes = await readUpTo(file, pageBytes, index * pageBytes);
      found.push([name, readPage(name, bytes)]);
    }
    return new PagePair(file, pageBytes, found);
  }

  /** The page that holds; undefined when none was ever written, or none checks. */
  get active(): Page | undefined {
    return this.#active;
  }

  /** Longest content, bytes. */
  get contentBytesMax(): number {
    return this.#pageBytes - PAGE_HEADER_SIZE;
  }

  /**
   * Replaces the content, durably. One call at a time. When it rejects, the content before holds in this process, and the one
   * or the other for the next.
   */
  async write(content: Uint8Array): Promise<void> {
    assert(content.length <= this.contentBytesMax, 'the content fits into a page');
    const name: PageName = this.#active?.name === 'A' ? 'B' : 'A';
    const generation = (this.#active?.generation ?? 0) + 1;
    const page = encodePage(generation, content);
    const at = name === 'A' ? 0 : this.#pageBytes;
    await writeAll(this.#file, [page], at);
    await this.#file.datasync();
    // Seldom more than the page cache says, but a write that went elsewhere or was cut short shows here.
    if (!(await readUpTo(this.#file, page.length, at)).equals(page))
      throw Object.assign(new Error('EIO: a page was read back differently'), { code: 'EIO' });
    this.#active = { name, generation, content: Uint8Array.from(content) };
  }
}

/** At most `count` bytes from `position` on; fewer only at the end of the file. */
export async function readUpTo(file: DiskFile, count: number, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count);
  let done = 0;
  for (let got = -1; got !== 0 && done < count; done += got)
    got = await file.read(bytes.subarray(done), position + done);
  return bytes.subarray(0, done);
}
